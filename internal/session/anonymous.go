package session

import (
	"context"
	"errors"
	"os"
	"path"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/ftp"
	"pureftpd/internal/record"
)

var errUnsafeAnonymous = errors.New("the anonymous account must exist and be neither uid 0 nor gid 0")

// loginAnonymous logs an anonymous client in, without a password.
func (s *Session) loginAnonymous(ctx context.Context) (ftp.Reply, error) {
	if !s.takePlace("ftp", s.cfg.AnonMaxSessions) {
		return s.tooManySessions("ftp", AnonymousSource, s.cfg.AnonMaxSessions), nil
	}
	a, err := s.anonymousAccount()
	if err != nil {
		s.ending = true
		s.tally.refused(AnonymousSource, auth.BadRecord)
		s.log.WriteString(record.Error, record.NoAnonymousSetup)
		s.logf(record.Error, "the account ftp: %v", err)
		return ftp.Say(ftp.CodeNotAvailable, "Anonymous logins are not set up here"), nil
	}
	host := s.virtualHost()
	if host != "" {
		a.Home = host + "/./"
	}
	if err := s.enterAnonymous(a, host); err != nil {
		s.tally.refused(AnonymousSource, auth.Home)
		return s.noHome(a.Home, err), nil
	}
	s.tally.loggedIn(AnonymousSource)
	if host != "" {
		s.logLogin(record.AppendVirtualHostLogin(nil, s.local.Addr().String()), a.Name)
	} else {
		s.logLogin([]byte(record.AnonymousLogin), a.Name)
	}
	s.account = &a
	s.log.SetUser(a.Name)
	s.ratio = s.ratioOf(a)
	s.join(a)
	lines := append(s.bandwidthLine(), "Welcome, anonymous user")
	lines = append(lines, s.notice(ctx, bannerName)...)
	return ftp.Say(s.anonymousCode(), lines...), nil
}

func (s *Session) anonymousAccount() (account.Account, error) {
	a, err := s.cfg.AnonymousAccount()
	if err != nil {
		return account.Account{}, err
	}
	if a.UID == 0 || a.GID == 0 {
		return account.Account{}, errUnsafeAnonymous
	}
	a.Name, a.Anonymous = "ftp", true
	return a, nil
}

// virtualHost is the directory that serves anonymous users at this local address, or "".
func (s *Session) virtualHost() string {
	if !s.local.IsValid() {
		return ""
	}
	for _, dir := range s.cfg.VirtualHostDirs {
		host := path.Join(dir, s.local.Addr().String())
		if st, err := os.Stat(host); err == nil && st.IsDir() {
			return host
		}
	}
	return ""
}

// enterAnonymous makes the anonymous home, or the virtual host's directory, the root. An anonymous user is always jailed.
func (s *Session) enterAnonymous(a account.Account, host string) error {
	root, start, jailed := account.SplitHome(a.Home)
	if !jailed {
		root, start = a.Home, "/"
	}
	if err := s.openRoot(a, root, start); err != nil {
		return err
	}
	s.jailed = true
	if host != "" {
		s.prefix, s.virtualHosted = s.local.Addr().String()+":/", true
	}
	return nil
}
