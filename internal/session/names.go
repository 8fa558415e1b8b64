package session

import (
	"path"
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
// administrator hides them (-x, -X, their exceptions, and -z for anonymous users), and the server's own files where there is a quota.
func (s *Session) checkName(name string, a access) error {
	if name == "." || name == ".." {
		return nil
	}
	if !ftp.CleanName(name) || !s.dotsAllowed(name, a) || s.allotment != nil && bookkeeping(name) {
		return refuse(ftp.CodeBadName, nil, "This name may not be used: "+name)
	}
	return nil
}

// dotsAllowed reports whether all dot files in a pathname may be accessed in this way. What anonymous users may never do has
// no exceptions.
func (s *Session) dotsAllowed(name string, a access) bool {
	never := s.account.Anonymous && (a == writing || !s.cfg.AnonReadDots)
	ruled := s.cfg.NoDotRead || a == writing && s.cfg.NoDotWrite
	if s.trusted || !never && !ruled {
		return true
	}
	for dot := range ftp.DotComponents(name) {
		if never || !s.excepted(dot) {
			return false
		}
	}
	return true
}

// excepted reports whether -x and -X let the user use a dot file all the same.
func (s *Session) excepted(dot string) bool {
	for _, e := range s.cfg.DotExceptions {
		if e.User != "" && e.User != s.account.Name {
			continue
		}
		if ok, err := path.Match(e.Pattern, dot); ok && err == nil { // a pattern that cannot be read lets nothing through
			return true
		}
	}
	return false
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
