package session

import (
	"strings"
	"time"

	"pureftpd/internal/auth"
	"pureftpd/internal/ftp"
	"pureftpd/internal/record"
)

// about is what JSON lines say of a file: the root of the session and the path below it, apart.
func (s *Session) about(event record.Event, name string) record.Detail {
	return record.Detail{Event: event, Root: s.logRoot(), Path: ftp.Join(s.cwd, name)}
}

// logRoot is the directory that the client sees as "/", as the log names it.
func (s *Session) logRoot() string {
	if s.prefix == "/" {
		return s.prefix
	}
	return strings.TrimSuffix(s.prefix, "/")
}

// logMoved logs an upload or a download.
func (s *Session) logMoved(event record.Event, name string, n int64, elapsed time.Duration) {
	d := s.about(event, name)
	d.Moved, d.Bytes, d.Elapsed = true, n, elapsed
	if event == record.Upload {
		s.log.WriteEvent(record.Notice, record.AppendUploaded(nil, s.logPath(name), n, elapsed), d)
	} else {
		s.log.WriteEvent(record.Notice, record.AppendDownloaded(nil, s.logPath(name), n, elapsed), d)
	}
}

// logBroken logs why a transfer did not reach its end.
func (s *Session) logBroken(level record.Level, name, cause string) {
	d := s.about(record.TransferBroken, name)
	d.Cause = cause
	s.log.WriteEvent(level, append(append([]byte(s.logPath(name)), ": "...), cause...), d)
}

// logFailed logs what could not be done with a file, in the words that log readers know, and why.
func (s *Session) logFailed(what, name string, err error) {
	d := s.about(record.Failed, name)
	d.Cause = reason(err)
	s.log.WriteEvent(record.Error, []byte(what+": "+d.Cause), d)
}

func (s *Session) logRestart(name string, offset int64) {
	d := s.about(record.Restart, name)
	d.Bytes = offset
	s.log.WriteEvent(record.Notice, record.AppendRestart(nil, offset), d)
}

// logRenamed logs a rename: the text has the names as the client wrote them, the fields have paths below the root.
func (s *Session) logRenamed(from, target, to string) {
	d := record.Detail{Event: record.Rename, Root: s.logRoot(), Path: from, To: target}
	s.log.WriteEvent(record.Notice, record.AppendRenamed(nil, s.renameAs, to), d)
}

func (s *Session) logLogin(text []byte, name string) {
	s.log.WriteEvent(record.Info, text, record.Detail{Event: record.Login, Login: name})
}

func (s *Session) logLowUID(name string) {
	s.log.WriteEvent(record.Warning, record.AppendLowUID(nil, name, s.cfg.MinUID), record.Detail{Event: record.LoginRefused, Login: name, Cause: string(auth.LowUID)})
}

func (s *Session) logLogout() {
	s.log.WriteEvent(record.Info, []byte(record.Logout), record.Detail{Event: record.SessionEnd})
}

func (s *Session) logTimeout(text string) {
	s.log.WriteEvent(record.Info, []byte(text), record.Detail{Event: record.SessionTimeout})
}
