package session

import (
	"context"

	"pureftpd/internal/ftp"
	"pureftpd/internal/record"
	"syscall"
)

// dele deletes a file or a symbolic link; directories are for RMD.
func (s *Session) dele(_ context.Context, name string) (ftp.Reply, error) {
	if s.cfg.KeepAllFiles && !s.trusted {
		return ftp.Reply{}, refuseFor(ftp.CodeUnavailable, "Cannot delete "+name, syscall.EPERM)
	}
	if err := s.checkName(name, writing); err != nil {
		return ftp.Reply{}, err
	}
	facts, err := s.root.Facts(s.path(name), false)
	if err == nil && !facts.IsRegular() && !facts.IsSymlink() {
		err = syscall.EINVAL
	}
	if err == nil {
		err = s.root.Unlink(s.path(name))
	}
	if err != nil {
		return ftp.Reply{}, refuseFor(ftp.CodeUnavailable, "Cannot delete "+name, err)
	}
	s.log.Write(record.Notice, record.AppendDeleted(nil, s.logPath(name)))
	return ftp.Say(ftp.CodeFileOK, "Deleted "+name), nil
}

// rnfr is the first half of a rename (RFC 959, 4.1.3).
func (s *Session) rnfr(_ context.Context, name string) (ftp.Reply, error) {
	if s.cfg.NoRename {
		return ftp.Reply{}, refuse(ftp.CodeUnavailable, nil, "Renaming is not allowed here")
	}
	if err := s.checkName(name, writing); err != nil {
		return ftp.Reply{}, err
	}
	if _, err := s.root.Facts(s.path(name), false); err != nil {
		return ftp.Reply{}, refuseFor(ftp.CodeUnavailable, "Cannot rename "+name, err)
	}
	again := s.rename != ""
	s.rename, s.renameAs = s.path(name), name
	if again {
		return ftp.Say(ftp.CodePending, "The earlier RNFR is forgotten", "Send RNTO with the new name"), nil
	}
	return ftp.Say(ftp.CodePending, "Send RNTO with the new name"), nil
}

// rnto is the second half of a rename (RFC 959, 4.1.3).
func (s *Session) rnto(_ context.Context, name string) (ftp.Reply, error) {
	if s.rename == "" {
		return ftp.Reply{}, refuse(ftp.CodeBadSequence, nil, "Send RNFR first")
	}
	to := ftp.Simplify(name)
	if err := s.checkName(to, writing); err != nil {
		return ftp.Reply{}, err
	}
	from := s.rename
	s.rename = ""
	if err := s.root.Rename(from, s.path(to)); err != nil {
		s.logf(record.Error, "Rename failed: %s", reason(err))
		return ftp.Reply{}, refuseFor(ftp.CodeLocalError, "Cannot rename", err)
	}
	s.log.Write(record.Notice, record.AppendRenamed(nil, s.renameAs, to))
	return ftp.Say(ftp.CodeFileOK, "Renamed"), nil
}
