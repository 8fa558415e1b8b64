package session

import (
	"context"
	"errors"
	"time"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/ban"
	"pureftpd/internal/ftp"
	"pureftpd/internal/record"
)

// authenticate asks whose password it is, when it is this client's turn among those of its address.
func (s *Session) authenticate(ctx context.Context, c auth.Credentials) (account.Account, error) {
	attempt, err := s.parts.Bans.Begin(ctx, s.peer.Addr(), c.User)
	if errors.Is(err, ban.ErrTooMany) {
		return account.Account{}, auth.Refuse(auth.Failures, "not looked at", err)
	}
	if err != nil {
		return account.Account{}, err
	}
	defer attempt.Release()
	a, err := s.ask(ctx, c)
	s.failedHere = 0
	switch {
	case err == nil:
		attempt.Succeed()
	case guessed(err):
		s.failedHere = attempt.Fail()
	}
	return a, err
}

// guessed reports whether a login has failed as a wrong guess does. Where an account's own rules stand against it, the hour or a
// date, or where it could not be judged, nothing was guessed.
func guessed(err error) bool {
	if errors.Is(err, auth.ErrDamaged) {
		return false // the user may be in what cannot be read
	}
	switch auth.CauseOf(err) {
	case auth.UnknownUser, auth.WrongPassword,
		auth.Locked,    // as the accounts of the system are, whose names everybody knows
		auth.Forbidden: // as programs call a wrong password
		return true
	}
	return false
}

// heldBack ends the session of a client whose turn does not come.
func (s *Session) heldBack(cause error) (ftp.Reply, bool) {
	if kept, ok := errors.AsType[*ban.Kept](cause); ok {
		return s.banned(kept.Until), true
	}
	if !errors.Is(cause, ban.ErrBusy) {
		return ftp.Reply{}, false
	}
	s.ending = true
	s.tally.limit(LimitTurns)
	s.logf(record.Info, "login of [%s] not tried: %v", s.user, cause)
	return ftp.Say(ftp.CodeNotAvailable, "Other logins from your address wait already, try again later"), true
}

// keptOut ends the session of a client that is not logged in and whose address was banned meanwhile.
func (s *Session) keptOut() (ftp.Reply, bool) {
	until, out := s.parts.Bans.Banned(s.peer.Addr())
	if !out {
		return ftp.Reply{}, false
	}
	return s.banned(until), true
}

func (s *Session) banned(until time.Time) ftp.Reply {
	s.ending = true
	return ftp.Say(ftp.CodeNotAvailable, BannedText(until))
}

// BannedText tells a client that its address is banned.
func BannedText(until time.Time) string {
	return "Your address is banned here until " + until.UTC().Format("2006-01-02 15:04:05") + " UTC"
}
