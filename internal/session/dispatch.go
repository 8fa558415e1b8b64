package session

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"pureftpd/internal/ftp"
	"pureftpd/internal/record"
)

// command answers one line. What the handler returns is the one final reply.
func (s *Session) command(ctx context.Context, line []byte) {
	name, rawArg, err := ftp.ParseCommand(line)
	if err != nil {
		s.answer(verb{}, ftp.Say(ftp.CodeSyntax, "That is no command: a verb comes first, then one blank"))
		return
	}
	if len(name) == 0 {
		return // an empty line: some clients send CR NUL or a second CR LF
	}
	v, known := s.verbs[string(name)]
	arg := string(rawArg)
	s.trace(name, arg, v.secret)
	s.commandSeen(name, arg, v.secret)
	if !known {
		s.answer(v, s.unknown(string(name)))
		return
	}
	s.countDummies(v.needs)
	if s.overdue() {
		s.tally.command(v.row, ftp.CodeNotAvailable)
		return
	}
	reply, err := s.perform(ctx, v, arg)
	if err != nil {
		reply = s.replyFor(err)
	}
	if reply.Code >= 400 && s.expelled() {
		s.tally.command(v.row, ftp.CodeNotAvailable)
		return // 421 is the answer to what the kick has broken
	}
	s.answer(v, s.withMessages(reply))
	if len(s.out) > maxPending {
		_ = s.flush() // its failure ends the session at the next read
	}
	if then := s.then; then != nil {
		s.then = nil
		if s.flush() == nil {
			then()
		}
	}
}

// answer says the final reply to a command, and counts it.
func (s *Session) answer(v verb, reply ftp.Reply) {
	s.tally.command(v.row, reply.Code)
	s.say(reply)
}

// perform checks what the row asks for and runs its handler.
func (s *Session) perform(ctx context.Context, v verb, arg string) (ftp.Reply, error) {
	if v.needs&login != 0 {
		if s.account == nil {
			return ftp.Say(ftp.CodeNotLoggedIn, "Log in first: USER, then PASS"), nil
		}
		if err := s.rootAlive(); err != nil {
			s.ending = true
			return ftp.Say(ftp.CodeNotAvailable, "Your directory is gone, this session ends"), nil
		}
	}
	if v.needs&protected != 0 && !s.private && s.level() == TLSData {
		return ftp.Say(ftp.CodeProtection, "Data must be private here: send PROT P first"), nil
	}
	if v.needs&argument != 0 && arg == "" {
		return ftp.Say(ftp.CodeSyntaxArg, "An argument is missing: "+v.syntax), nil
	}
	if v.needs&realUser != 0 && s.account.Anonymous {
		return ftp.Say(ftp.CodeUnavailable, "Anonymous users may not do that"), nil
	}
	return v.run(s, ctx, arg)
}

// rootAlive notices, within a second, that the session's root was deleted or moved away.
func (s *Session) rootAlive() error {
	now := time.Now()
	if now.Sub(s.checked) < aliveInterval {
		return nil
	}
	s.checked = now
	err := s.root.Alive()
	if err != nil {
		s.logf(record.Error, "root of the session is gone: %v", err)
	}
	return err
}

// unknown answers a verb that is not in the table. An HTTP client has been led here by someone, so it is sent away.
func (s *Session) unknown(name string) ftp.Reply {
	switch name {
	case "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PRI", "PUT", "TRACE": // PRI begins HTTP/2
		s.logf(record.Info, "HTTP command: [%s]", strings.ToLower(name))
		s.ending = true
		return ftp.Say(ftp.CodeSyntax, "This is an FTP server, not a web server")
	case "ADAT": // known to precede a login (RFC 2228, 3)
		return ftp.Say(ftp.CodeSyntax, "AUTH TLS needs no data of its own")
	}
	if s.account == nil {
		return ftp.Say(ftp.CodeNotLoggedIn, "Log in first: USER, then PASS")
	}
	return ftp.Say(ftp.CodeSyntax, "Unknown command; HELP lists the known ones")
}

// countDummies starts the clock of dummy commands, or stops it.
func (s *Session) countDummies(n needs) {
	switch {
	case n&neutral != 0:
	case n&dummy == 0:
		s.dummies = time.Time{}
	case s.dummies.IsZero():
		s.dummies = time.Now()
	}
}

// trace writes the command to the log under -d, as the original does.
func (s *Session) trace(name []byte, arg string, secret bool) {
	if s.cfg.Verbosity > 0 {
		s.log.WriteEvent(record.Debug, record.AppendCommand(nil, string(name), arg, secret),
			record.Detail{Event: record.Command, Verb: strings.ToLower(string(name))})
	}
}

// traceReply writes the lines of a reply to the log under -d -d.
func (s *Session) traceReply(lines []byte) {
	for line := range bytes.Lines(lines) {
		s.log.WriteEvent(record.Debug, bytes.TrimRight(line, "\r\n"), record.Detail{Event: record.Reply})
	}
}

// logf writes a line to the log.
func (s *Session) logf(level record.Level, format string, args ...any) {
	s.log.WriteString(level, fmt.Sprintf(format, args...))
}
