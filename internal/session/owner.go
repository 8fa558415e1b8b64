package session

import (
	"errors"
	"fmt"

	"pureftpd/internal/account"
	"pureftpd/internal/ftp"
	"pureftpd/internal/record"
	"pureftpd/internal/rootfs"
)

// ownership says whose files the user may change: with KeepOthersFiles only his own, unless he is trusted. What he makes is
// marked with his login then, as virtual users may share a uid.
func (s *Session) ownership(a account.Account) *rootfs.Ownership {
	if !s.cfg.KeepOthersFiles {
		return nil
	}
	return &rootfs.Ownership{Login: a.Name, Exempt: s.trusted, Unmarked: func(path string) {
		s.logf(record.Warning, "%s: this file system keeps no extended attributes: users who share a uid can change each other's files on it",
			s.prefix+path)
	}}
}

// foreign makes a refusal of an error that says that a file is somebody else's, or returns nil if that is not the reason.
// Whose it is, is for the log alone.
func (s *Session) foreign(deed, name string, err error) error {
	e, ok := errors.AsType[*rootfs.ForeignError](err)
	if !ok {
		return nil
	}
	s.logf(record.Info, "Cannot %s %s: it belongs to %s", deed, s.logPath(name), s.ownerName(e))
	return refuse(ftp.CodeUnavailable, err, "Cannot "+deed+" "+name+": it belongs to somebody else")
}

// ownerName is the owner of a file, for the log.
func (s *Session) ownerName(e *rootfs.ForeignError) string {
	if e.Login != "" {
		return "[" + e.Login + "]"
	}
	if user, _, err := s.parts.Names.Names(); err == nil && user(e.UID) != "" {
		return fmt.Sprintf("%s (uid %d)", user(e.UID), e.UID)
	}
	return fmt.Sprintf("uid %d", e.UID)
}
