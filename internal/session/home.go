package session

import (
	"pureftpd/internal/account"
	"pureftpd/internal/rootfs"
	"strings"
)

// enterHome makes a real user's root and working directory. restricted reports that the home itself became the root because
// of -A, -a or a quota, and not because it holds "/./".
func (s *Session) enterHome(a account.Account) (restricted bool, err error) {
	root, start, jailed := account.SplitHome(a.Home)
	limits, hasQuota := s.quotaOf(a)
	if !jailed && !s.trusted && (s.cfg.Jail != JailNone || hasQuota) {
		root, start, restricted = a.Home, "/", true
	}
	if err := s.openRoot(a, root, start); err != nil {
		return false, err
	}
	s.jailed = jailed || restricted
	if hasQuota {
		s.allot(limits)
	}
	return restricted, nil
}

// openRoot opens the directory that becomes the session's root, and enters start inside it. Missing directories are made under -j.
func (s *Session) openRoot(a account.Account, root, start string) error {
	if s.cfg.CreateHome && !a.Anonymous {
		mode, mark := 0o777&^s.cfg.DirMask, ""
		if s.cfg.KeepOthersFiles {
			mode, mark = mode|0o600, a.Name
		}
		if err := s.parts.Roots.CreateHome(ftpHome(root, start), who(a), mode, mark); err != nil {
			return err
		}
	}
	opened, err := s.parts.Roots.Open(rootfs.Options{
		Path: root, Who: who(a), Virtual: s.cfg.VirtualChroot, Owner: s.ownership(a),
	})
	if err != nil {
		return err
	}
	cwd, err := opened.Enter(start)
	if err != nil {
		opened.Close()
		return err
	}
	s.root, s.cwd, s.home = opened, cwd, cwd
	s.prefix = strings.TrimRight(root, "/") + "/"
	return nil
}

// ftpHome is the whole path of a start directory inside a root.
func ftpHome(root, start string) string { return strings.TrimRight(root, "/") + start }
