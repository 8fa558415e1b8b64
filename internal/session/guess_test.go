package session

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pureftpd/internal/auth"
	"pureftpd/internal/ban"
)

// TestGuessed goes through the causes of failed logins: those of a guess count against the address.
func TestGuessed(t *testing.T) {
	counts := map[auth.Cause]bool{auth.WrongPassword: true, auth.Locked: true, auth.Forbidden: true}
	for _, cause := range []auth.Cause{
		auth.WrongPassword, auth.Locked, auth.Expired, auth.PasswordExpired, auth.Shell, auth.Address, auth.Hours, auth.Forbidden, auth.RootID,
		auth.LowUID, auth.Failures, auth.Sessions, auth.Home, auth.BadRecord,
	} {
		if err := error(&auth.Refusal{Cause: cause}); guessed(err) != counts[cause] {
			t.Errorf("%s counts: %v", cause, guessed(err))
		}
	}
	for _, test := range []struct {
		err  error
		want bool
	}{
		{fmt.Errorf("puredb: %w", auth.ErrUnknown), true},
		{errors.Join(auth.ErrUnknown, auth.ErrDamaged), false},
		{auth.ErrDown, false},
		{auth.ErrBroken, false},
	} {
		if guessed(test.err) != test.want {
			t.Errorf("%v counts: %v", test.err, !test.want)
		}
	}
}

// TestPauseOfAnAddress: a new session of an address begins where the last one left off, and no pause is longer than that of a session.
func TestPauseOfAnAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct{ failed, here, least int }{{1, 0, 1}, {1, 3, 3}, {4, 3, 4}, {1, 100, 6}} {
			s := &Session{Handler: &Handler{cfg: Config{FailurePause: 3 * time.Second}}, failed: test.failed, failedHere: test.here}
			began, least := time.Now(), time.Duration(test.least)*3*time.Second
			s.failurePause(t.Context())
			if d := time.Since(began); d < least || d >= least+3*time.Second {
				t.Errorf("after %d failures of the session and %d of the address: %v; want at least %v", test.failed, test.here, d, least)
			}
		}
	})
}

// TestDrainBreaksOffAPause: whoever has failed holds no server up that ends.
func TestDrainBreaksOffAPause(t *testing.T) {
	l := newLab(t, func(c *Config) { c.FailurePause = time.Hour })
	c := l.connect(t)
	c.do("USER ann", "331")
	c.send("PASS x")
	l.journal.expect(t, "login of [ann] refused: wrong password")
	c.session.Drain()
	c.want("530")
	c.want("421")
	again := l.connect(t)
	again.do("USER ann", "331")
	again.session.Drain() // before there is anything to break off
	again.want("421")
}

// TestBannedMeanwhile: sessions without a login end, those with one go on.
func TestBannedMeanwhile(t *testing.T) {
	l := newLab(t, nil)
	bans := ban.New(ban.Config{Failures: 2, Within: time.Minute, Time: time.Hour}, func(string) {})
	l.handler.parts.Bans = bans
	inside, before, asked := l.connect(t), l.connect(t), l.connect(t)
	inside.do("USER ann", "331")
	inside.do("PASS secret", "230")
	asked.do("USER ann", "331")
	guesser := l.connect(t)
	guesser.do("USER ann", "331")
	guesser.do("PASS x", "530")
	guesser.do("USER ann", "331")
	if reply := guesser.do("PASS y", "421"); !strings.Contains(reply, "Your address is banned here until 2") {
		t.Errorf("the last guess: %q", reply)
	}
	before.do("USER ftp", "421")
	asked.do("PASS secret", "421")
	inside.do("NOOP", "200")
	if s := bans.Stats(); s.Failures != 2 || s.Made != 1 || s.Unseen != 1 {
		t.Errorf("Stats = %+v", s)
	}
	bans.Lift(netip.MustParsePrefix("127.0.0.1/32"))
	again := l.connect(t)
	again.do("USER ann", "331")
	again.do("PASS secret", "230")
}

// TestLoginsNotLookedAt: what the table of bans refuses is no fault of a backend, and what ends with the session has no outcome.
func TestLoginsNotLookedAt(t *testing.T) {
	l := newLab(t, nil)
	bans := ban.New(ban.Config{PerMinute: 1}, func(string) {})
	l.handler.parts.Bans = bans
	tally := l.handler.tally
	check := func(when string, outcomes map[string]int64, limits map[Limit]int64) {
		t.Helper()
		tally.Logins(func(source, outcome string, n int64) {
			if want := outcomes[outcome]; source == NoSource && n != want || source != NoSource && n != 0 {
				t.Errorf("%s: %d logins of %s are %s; want %d of %s", when, n, source, outcome, want, NoSource)
			}
		})
		tally.Limits(func(limit Limit, n int64) {
			if n != limits[limit] {
				t.Errorf("%s: %s was met %d times; want %d", when, limit, n, limits[limit])
			}
		})
	}
	c := l.connect(t)
	c.do("USER ann", "331")
	c.do("PASS x", "530")
	c.do("USER ann", "331")
	c.do("PASS secret", "530")
	outcomes := map[string]int64{string(auth.WrongPassword): 1, string(auth.Failures): 1}
	check("one too many", outcomes, map[Limit]int64{LimitLoginRate: 1})

	c.do("USER ann", "331")
	if err := bans.Order(netip.MustParsePrefix("127.0.0.1/32"), time.Now().Add(time.Hour), ""); err != nil {
		t.Fatal(err)
	}
	c.do("PASS secret", "421")
	check("banned meanwhile", outcomes, map[Limit]int64{LimitLoginRate: 1})

	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	s := l.handler.Open(near)
	s.log = s.parts.Log.Session(s.peer.Addr())
	if reply, err := s.loginFailed(t.Context(), ban.ErrBusy); err != nil || reply.Code != 421 || !s.ending {
		t.Errorf("whose turn does not come reads %+v, %v; ending: %v", reply, err, s.ending)
	}
	check("no turn", outcomes, map[Limit]int64{LimitLoginRate: 1, LimitTurns: 1})
	if got := bans.Stats(); got.Unseen != 2 || got.ByOrder != 1 || got.Banned != 1 {
		t.Errorf("Stats = %+v", got)
	}
}
