package session

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/ftp"
	"pureftpd/internal/record"
	"pureftpd/internal/tlsconf"
)

// userVerb notes who wants to log in, or logs an anonymous client in at once (RFC 959, 4.1.1).
func (s *Session) userVerb(ctx context.Context, name string) (ftp.Reply, error) {
	switch {
	case s.account != nil && s.account.Anonymous:
		return ftp.Say(s.anonymousCode(), "Anonymous user is logged in already"), nil
	case s.account != nil:
		return ftp.Say(ftp.CodeNotLoggedIn, "You are logged in already; reconnect to be somebody else"), nil
	}
	if s.level() >= TLSLogins && !s.control.secured() {
		return ftp.Say(ftp.CodeNotAvailable, "Names and passwords cross protected by TLS only here", "Send AUTH TLS first"), nil
	}
	if reply, out := s.keptOut(); out {
		return reply, nil
	}
	if len(name) > maxNameLength {
		name = name[:maxNameLength]
	}
	switch {
	case s.anonymousOnly() || s.isAnonymousName(name):
		return s.loginAnonymous(ctx)
	case name == "" && s.cfg.BrokenClients:
		return ftp.Say(ftp.CodeNeedPassword, "Send an empty password"), nil
	case name == "":
		s.log.WriteString(record.Debug, record.PrivateSystem)
		s.ending = true
		return ftp.Say(ftp.CodeNotLoggedIn, "This is a private system: no anonymous login"), nil
	}
	s.user = name
	if a, ok := s.certified(ctx, name); ok {
		return s.logIn(ctx, a, ftp.CodeLoggedInSecure)
	}
	return ftp.Say(ftp.CodeNeedPassword, "Send the password of "+name), nil
}

// credentials are what a user and the connection show of themselves, but for a password or certificate.
func (s *Session) credentials(user string) auth.Credentials {
	c := auth.Credentials{User: user, Local: s.local, Remote: s.peer}
	if s.control.secured() {
		c.TLS, c.ServerName = true, s.tls.ServerName()
	}
	return c
}

// certified is the account that the client's certificate lets in without a password (RFC 4217, 10). What stands against it is
// for the log; the client may still know the password.
func (s *Session) certified(ctx context.Context, name string) (account.Account, bool) {
	if !s.cfg.CertifiedLogin || !s.control.secured() || !tlsconf.ClientIs(s.control.tls.ConnectionState(), name) {
		return account.Account{}, false
	}
	c := s.credentials(name)
	c.Certified = true
	a, err := s.authenticate(ctx, c)
	if err == nil && a.UID < s.cfg.MinUID {
		s.logLowUID(name)
		return account.Account{}, false
	}
	if err != nil {
		s.logf(record.Info, "TLS: the certificate of [%s] does not let in: %v", name, err)
		return account.Account{}, false
	}
	s.logf(record.Info, "TLS: the client certificate stands for [%s]", name)
	return a, true
}

// ask asks who that is, and how long that takes.
func (s *Session) ask(ctx context.Context, c auth.Credentials) (account.Account, error) {
	begun := time.Now()
	a, err := s.parts.Auth.Authenticate(ctx, c)
	if err == nil || ctx.Err() == nil {
		s.tally.asked(time.Since(begun), err)
	}
	return a, err
}

// anonymousOnly reports whether this session may only be anonymous: under -e, and under -V at any other address.
func (s *Session) anonymousOnly() bool {
	return s.cfg.AnonymousOnly || s.cfg.TrustedIP.IsValid() && s.local.Addr() != s.cfg.TrustedIP
}

func (s *Session) isAnonymousName(name string) bool {
	return !s.cfg.NoAnonymous && (name == "" || strings.EqualFold(name, "ftp") || strings.EqualFold(name, "anonymous"))
}

// anonymousCode is 230, or under -b 331 for clients that insist on sending a password.
func (s *Session) anonymousCode() int {
	if s.cfg.BrokenClients {
		return ftp.CodeNeedPassword
	}
	return ftp.CodeLoggedIn
}

// pass checks the password (RFC 959, 4.1.1).
func (s *Session) pass(ctx context.Context, password string) (ftp.Reply, error) {
	switch {
	case s.account != nil && s.account.Anonymous:
		return ftp.Say(ftp.CodeLoggedIn, "No password is needed"), nil
	case s.account != nil:
		return ftp.Say(ftp.CodeNotLoggedIn, "You are logged in already"), nil
	case s.user == "":
		return ftp.Say(ftp.CodeNotLoggedIn, "Who are you? Send USER first"), nil
	case len(password) > maxPasswordLength:
		return ftp.Say(ftp.CodeNotLoggedIn, "This password is too long"), nil
	}
	ctx, done := s.interruptible(ctx)
	defer done()
	c := s.credentials(s.user)
	c.Password = auth.Secret(password)
	a, err := s.authenticate(ctx, c)
	if err != nil {
		return s.loginFailed(ctx, err)
	}
	if a.UID < s.cfg.MinUID {
		return s.uidTooLow(ctx, a)
	}
	return s.logIn(ctx, a, ftp.CodeLoggedIn)
}

// loginFailed answers after a pause that grows with every failure. Why the login failed is for the log alone.
func (s *Session) loginFailed(ctx context.Context, cause error) (ftp.Reply, error) {
	if errors.Is(cause, auth.ErrBroken) {
		s.ending = true
		s.tally.refused(auth.SourceOf(cause), auth.CauseOf(cause))
		s.logf(record.Error, "%v", cause)
		return ftp.Say(ftp.CodeNotAvailable, "Logins are not possible now: ask the administrator to read the log"), nil
	}
	if ctx.Err() != nil {
		return ftp.Reply{}, refuse(ftp.CodeNotAvailable, cause, "The server is shutting down")
	}
	if reply, out := s.heldBack(cause); out {
		return reply, nil
	}
	s.tally.refused(auth.SourceOf(cause), auth.CauseOf(cause))
	if refusal, ok := errors.AsType[*auth.Refusal](cause); ok {
		s.logRefusal(refusal.Reason, auth.CauseOf(cause))
	} else if errors.Is(cause, auth.ErrUnknown) && !errors.Is(cause, auth.ErrDamaged) {
		s.logRefusal(oneLine(cause), auth.CauseOf(cause))
	} else {
		s.log.WriteEvent(record.Error, fmt.Appendf(nil, "login of [%s]: %s [%s]", s.user, oneLine(cause), auth.CauseOf(cause)),
			record.Detail{Event: record.LoginRefused, Login: s.user, Cause: string(auth.CauseOf(cause))})
	}
	s.failed++
	s.failurePause(ctx)
	if s.failed > maxFailedLogins {
		s.tally.limit(LimitLogins)
		s.log.WriteEvent(record.Error, []byte(record.TooManyFailures), record.Detail{Event: record.LoginLocked, Login: s.user})
		s.ending = true
	} else if auth.CauseOf(cause) != auth.BackendDown { // else a directory that is down would have fail2ban shut its users out
		s.log.WriteEvent(record.Warning, record.AppendAuthFailed(nil, s.user), record.Detail{Event: record.LoginFailed, Login: s.user})
	}
	if reply, out := s.keptOut(); out {
		return reply, nil
	}
	return ftp.Say(ftp.CodeNotLoggedIn, "Login failed"), nil
}

// logRefusal logs why a login is refused: in words, and as one that programs find.
func (s *Session) logRefusal(reason string, cause auth.Cause) {
	s.log.WriteEvent(record.Info, fmt.Appendf(nil, "login of [%s] refused: %s [%s]", s.user, reason, cause),
		record.Detail{Event: record.LoginRefused, Login: s.user, Cause: string(cause)})
}

// oneLine is the text of an error, of which each backend that was asked has a line.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// uidTooLow answers a right password of an account that -u keeps out.
func (s *Session) uidTooLow(ctx context.Context, a account.Account) (ftp.Reply, error) {
	s.tally.refused(a.Source, auth.LowUID)
	s.logRefusal(fmt.Sprintf("uid %d is below %d", a.UID, s.cfg.MinUID), auth.LowUID)
	s.logLowUID(s.user)
	s.failurePause(ctx)
	if s.failed >= maxFailedLogins {
		s.tally.limit(LimitLogins)
		s.ending = true
		return ftp.Say(ftp.CodeNotLoggedIn, "Login failed"), nil
	}
	return ftp.Say(ftp.CodeNotLoggedIn, "This account may not log in here"), nil
}

// failurePause waits up to one unit at random and one more for each failure so far, of the session or, if they are more and up to as
// many as a session may have, of the address.
func (s *Session) failurePause(ctx context.Context) {
	unit := s.cfg.FailurePause
	if unit > 0 {
		pause(ctx, rand.N(unit)+time.Duration(max(s.failed, min(s.failedHere, maxFailedLogins+1)))*unit)
	}
}

// pause waits, but not past the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// acct answers ACCT: no account is needed beside the user name (RFC 959, 5.4).
func (s *Session) acct(context.Context, string) (ftp.Reply, error) {
	return ftp.Say(ftp.CodeSuperfluous, "No account is needed here"), nil
}

// logIn gives a real user his identity, root and working directory. The code is that of success.
func (s *Session) logIn(ctx context.Context, a account.Account, code int) (ftp.Reply, error) {
	limit := s.cfg.UserMaxSessions
	if a.Limits.MaxSessions.Set {
		limit = a.Limits.MaxSessions.N
	}
	if !s.takePlace(a.Name, limit) {
		return s.tooManySessions(a.Name, a.Source, limit), nil
	}
	s.trusted = a.UID == 0 || s.cfg.Jail == JailUntrusted && hasGroup(a, s.cfg.TrustedGID)
	restricted, err := s.enterHome(a)
	if err != nil {
		s.tally.refused(a.Source, auth.Home)
		s.logRefusal("its home cannot be entered", auth.Home)
		return s.noHome(a.Home, err), nil
	}
	s.tally.loggedIn(a.Source)
	s.logLogin(record.AppendLogin(nil, a.Name), a.Name)
	s.account = &a
	s.log.SetUser(a.Name)
	s.user = ""
	if a.LegacyHash != "" {
		s.logf(record.Info, "the password hash of [%s] is of an old kind (%s) and ought to be made anew; logins with such since the start: %d",
			a.Name, a.LegacyHash, s.parts.Registry.legacy.Add(1))
	}
	s.ratio = s.ratioOf(a)
	s.join(a)
	welcome := s.welcome(ctx, restricted)
	welcome.Code = code
	return welcome, nil
}

// takePlace counts the session among those of the account.
func (s *Session) takePlace(name string, limit uint64) bool {
	release, ok := s.parts.Admission.Login(strings.ToLower(name), limit)
	if ok {
		s.release = release
	}
	return ok
}

func (s *Session) tooManySessions(name, source string, limit uint64) ftp.Reply {
	s.ending = true
	s.tally.limit(LimitSessions)
	s.tally.refused(source, auth.Sessions)
	s.log.WriteEvent(record.Warning,
		fmt.Appendf(nil, "login of [%s] refused: the account has as many sessions as it may have (%d) [%s]", name, limit, auth.Sessions),
		record.Detail{Event: record.LoginRefused, Login: name, Cause: string(auth.Sessions)})
	return ftp.Say(ftp.CodeNotAvailable, fmt.Sprintf("This account has as many sessions as it may have (%d), try again later", limit))
}

// noHome ends a session whose directory cannot be entered.
func (s *Session) noHome(home string, err error) ftp.Reply {
	s.ending = true
	s.logf(record.Error, "enter %s: %v", home, err)
	return ftp.Say(ftp.CodeNotAvailable, "Unable to enter your directory "+home+": "+reason(err))
}

func hasGroup(a account.Account, gid uint32) bool {
	if a.GID == gid {
		return true
	}
	for _, g := range a.Groups {
		if g == gid {
			return true
		}
	}
	return false
}

// welcome is the reply to a successful login, with what the user should know.
func (s *Session) welcome(ctx context.Context, restricted bool) ftp.Reply {
	lines := s.bandwidthLine()
	if s.cfg.FXP != FXPNone {
		lines = append(lines, "You may move files to a third party (FXP)")
	}
	lines = append(lines, s.ratioLine()...)
	where := "Welcome. You are in " + s.cwd
	if restricted {
		where = "Welcome. You are in " + s.cwd + ", the top of what you may see (restricted)"
	}
	lines = append(lines, where)
	lines = append(lines, s.notice(ctx, bannerName)...)
	return ftp.Say(ftp.CodeLoggedIn, append(lines, s.usageLines()...)...)
}

// quit says goodbye and how much was moved, in kilobytes rounded up.
func (s *Session) quit(context.Context, string) (ftp.Reply, error) {
	s.ending = true
	s.logLogout()
	return ftp.Say(ftp.CodeClosing,
		fmt.Sprintf("Uploaded in this session: %d kbytes, downloaded: %d kbytes", kilobytes(s.received), kilobytes(s.sent)),
		"Goodbye"), nil
}

func kilobytes(n int64) int64 { return (n + 1023) / 1024 }
