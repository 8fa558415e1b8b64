package session

import (
	"context"

	"syscall"

	"pureftpd/internal/ftp"
	"pureftpd/internal/quota"
	"pureftpd/internal/record"
)

// dele deletes a file or a symbolic link; directories are for RMD.
func (s *Session) dele(_ context.Context, name string) (ftp.Reply, error) {
	if s.cfg.KeepAllFiles && !s.trusted {
		return ftp.Reply{}, refuseFor(ftp.CodeUnavailable, "Cannot delete "+name, syscall.EPERM)
	}
	if err := s.checkName(name, writing); err != nil {
		return ftp.Reply{}, err
	}
	file := s.path(name)
	err := s.book(file, quota.Delta{}, func(quota.Usage) (quota.Delta, error) { return s.unlink(file) })
	if refusal := s.quotaRefusal(name, err); refusal != nil {
		return ftp.Reply{}, refusal
	}
	if refusal := s.foreign("delete", name, err); refusal != nil {
		return ftp.Reply{}, refusal
	}
	if err != nil {
		return ftp.Reply{}, refuseFor(ftp.CodeUnavailable, "Cannot delete "+name, err)
	}
	s.log.WriteEvent(record.Notice, record.AppendDeleted(nil, s.logPath(name)), s.about(record.Delete, name))
	return s.withUsage(ftp.Say(ftp.CodeFileOK, "Deleted "+name)), nil
}

// unlink deletes a file or symbolic link and says what it counted.
func (s *Session) unlink(file string) (quota.Delta, error) {
	facts, err := s.root.Facts(file, false)
	if err == nil && !facts.IsRegular() && !facts.IsSymlink() {
		err = syscall.EINVAL
	}
	if err != nil {
		return quota.Delta{}, err
	}
	if s.allotment == nil {
		return quota.Delta{}, s.root.Unlink(file)
	}
	release, err := s.free(file, &facts)
	defer release()
	if err != nil {
		return quota.Delta{}, err
	}
	counted := s.worth(file, &facts)
	if err := s.root.Unlink(file); err != nil {
		return quota.Delta{}, err
	}
	return minus(counted), nil
}

// rnfr is the first half of a rename (RFC 959, 4.1.3).
func (s *Session) rnfr(_ context.Context, name string) (ftp.Reply, error) {
	if s.cfg.NoRename {
		return ftp.Reply{}, refuse(ftp.CodeUnavailable, nil, "Renaming is not allowed here")
	}
	if err := s.checkName(name, writing); err != nil {
		return ftp.Reply{}, err
	}
	_, err := s.root.Facts(s.path(name), false)
	if err == nil {
		err = s.root.MayChange(s.path(name))
	}
	if refusal := s.foreign("rename", name, err); refusal != nil {
		return ftp.Reply{}, refusal
	}
	if err != nil {
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
	target := s.path(to)
	if s.counted(from) != s.counted(target) {
		return ftp.Reply{}, refuse(ftp.CodeBadName, errBorder, "Shared directories do not count against your quota: nothing can be moved in or out")
	}
	err := s.book(target, quota.Delta{}, func(quota.Usage) (quota.Delta, error) { return s.move(from, target) })
	if refusal := s.quotaRefusal(to, err); refusal != nil {
		return ftp.Reply{}, refusal
	}
	if refusal := s.foreign("replace", to, err); refusal != nil {
		return ftp.Reply{}, refusal
	}
	if err != nil {
		s.logFailed("Rename/move failure", to, err)
		return ftp.Reply{}, refuseFor(ftp.CodeLocalError, "Cannot rename", err)
	}
	s.logRenamed(from, target, to)
	return ftp.Say(ftp.CodeFileOK, "Renamed"), nil
}

// move renames a file and says what the one that it replaced, if any, counted.
func (s *Session) move(from, to string) (quota.Delta, error) {
	if s.allotment == nil {
		return quota.Delta{}, s.root.Rename(from, to)
	}
	old, err := s.root.Facts(to, false)
	if err != nil { // rename(2) says why, if it matters
		return quota.Delta{}, s.root.Rename(from, to)
	}
	source, err := s.root.Facts(from, false)
	if err != nil {
		return quota.Delta{}, err
	}
	if source.Dev == old.Dev && source.Ino == old.Ino {
		return quota.Delta{}, s.root.Rename(from, to) // two names of one file: rename(2) leaves both
	}
	release, err := s.free(to, &old)
	defer release()
	if err != nil {
		return quota.Delta{}, err
	}
	counted := s.worth(to, &old)
	if err := s.root.Rename(from, to); err != nil {
		return quota.Delta{}, err
	}
	return minus(counted), nil
}
