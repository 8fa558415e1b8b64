package session

import (
	"strings"

	"pureftpd/internal/ftp"
)

// access says what a command wants of a name: the rules for dot files differ.
type access uint8

const (
	reading access = iota // RETR, CWD
	writing               // everything that changes something
)

// checkName refuses the pathnames that no command may touch: with control characters or backslashes, dot files where the
// administrator hides them (-x, -X, and -z for anonymous users), and the server's own files where there is a quota.
func (s *Session) checkName(name string, a access) error {
	if name == "." || name == ".." {
		return nil
	}
	if !ftp.CleanName(name) || !s.dotsAllowed(a) && ftp.HasDotComponent(name) || s.allotment != nil && bookkeeping(name) {
		return refuse(ftp.CodeBadName, nil, "This name may not be used: "+name)
	}
	return nil
}

// dotsAllowed reports whether dot files may be accessed in this way.
func (s *Session) dotsAllowed(a access) bool {
	switch {
	case s.trusted:
		return true
	case a == writing:
		return !s.account.Anonymous && !s.cfg.NoDotWrite && !s.cfg.NoDotRead
	case s.account.Anonymous:
		return s.cfg.AnonReadDots && !s.cfg.NoDotRead
	}
	return !s.cfg.NoDotRead
}

// path makes a pathname of the client absolute inside the root. One that a virtual chroot forbids is left as it is: whatever
// is done with it fails.
func (s *Session) path(name string) string {
	path, err := s.root.Join(s.cwd, name)
	if err != nil {
		return ftp.Join(s.cwd, name)
	}
	return path
}

// logPath is a pathname as the log shows it: the root, a slash where the jail ends, then what the client named.
func (s *Session) logPath(name string) string { return s.prefix + ftp.Join(s.cwd, name) }

// expandTilde resolves "~" and "~user" at the start of CWD's argument.
func (s *Session) expandTilde(name string) string {
	if name == "" {
		name = "~"
	}
	if name[0] != '~' {
		return name
	}
	user, rest, _ := strings.Cut(name[1:], "/")
	switch {
	case user == "" && s.jailed:
		return "/" + rest
	case user == "":
		return ftp.Join(s.home, rest)
	case s.jailed || s.account.Anonymous || !s.account.SystemNames:
		return name
	}
	home, ok := s.parts.Names.HomeOf(user)
	if !ok {
		return name
	}
	return ftp.Join(home, rest)
}
