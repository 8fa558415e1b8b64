package ban

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A lab is a table and what it has told the log.
type lab struct {
	*Table
	t     testing.TB
	lines []string
}

func newLab(t testing.TB, c Config) *lab {
	l := &lab{t: t}
	l.Table = New(c, func(line string) { l.lines = append(l.lines, line) })
	return l
}

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }

func network(text string) netip.Prefix { return netip.MustParsePrefix(text) }

// guess is a login to a name that fails, if it may begin.
func (l *lab) guess(from, name string) (recent int, err error) {
	l.t.Helper()
	a, err := l.Begin(l.t.Context(), addr(from), name)
	if err != nil {
		return 0, err
	}
	return a.Fail(), nil
}

// guesses are logins that fail, all of which must begin.
func (l *lab) guesses(n int, from string) {
	l.t.Helper()
	for i := range n {
		if _, err := l.guess(from, "joe"); err != nil {
			l.t.Fatalf("guess %d of %s: %v", i+1, from, err)
		}
	}
}

// login is one that succeeds.
func (l *lab) login(from, name string) {
	l.t.Helper()
	a, err := l.Begin(l.t.Context(), addr(from), name)
	if err != nil {
		l.t.Fatalf("login of %s from %s: %v", name, from, err)
	}
	a.Succeed()
}

func (l *lab) out(from string) bool {
	_, out := l.Banned(addr(from))
	return out
}

// usual are settings that make few guesses do.
var usual = Config{Failures: 4, Within: 10 * time.Minute, Time: time.Minute, Exempt: []netip.Prefix{network("127.0.0.0/8")}}

func TestBanAndItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, usual)
		l.guesses(3, "192.0.2.1")
		if l.out("192.0.2.1") || len(l.lines) > 0 {
			t.Fatal("banned too early")
		}
		began := time.Now()
		l.guesses(1, "::ffff:192.0.2.1")
		until, out := l.KeepOut(addr("192.0.2.1"))
		if !out || until.Sub(began) != time.Minute || l.out("192.0.2.2") {
			t.Errorf("after four guesses: %v, out %v", until, out)
		}
		if len(l.lines) != 1 || !strings.HasPrefix(l.lines[0], "Banned 192.0.2.1 until "+until.Format("2006-01-02 15:04:05 -0700")+
			` (1 minute): 4 failed logins within 10 minutes; "pure-ftpctl unban 192.0.2.1" lifts it`) {
			t.Errorf("the log says %q", l.lines)
		}
		if _, err := l.guess("192.0.2.1", "joe"); err == nil || err.Error() != (&Kept{until}).Error() {
			t.Errorf("a guess while banned: %v", err)
		}
		time.Sleep(time.Minute - time.Nanosecond)
		if !l.out("192.0.2.1") {
			t.Error("let in too early")
		}
		time.Sleep(time.Nanosecond)
		if l.out("192.0.2.1") || len(l.All()) > 0 {
			t.Error("the ban does not end")
		}
		s := l.Stats()
		if s.Made != 1 || s.Failures != 4 || s.Refused != 1 || s.Unseen != 1 || s.Banned != 0 {
			t.Errorf("Stats = %+v", s)
		}
	})
}

// TestOldFailuresDoNotCount has three of four within the time, again and again.
func TestOldFailuresDoNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, usual)
		for range 20 {
			l.guesses(3, "192.0.2.1")
			time.Sleep(10 * time.Minute)
		}
		l.guesses(3, "192.0.2.1")
		time.Sleep(10*time.Minute - time.Nanosecond)
		l.guesses(1, "192.0.2.1")
		if !l.out("192.0.2.1") {
			t.Error("four guesses within the time do not ban")
		}
	})
}

func TestRepeatedBansAreLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := usual
		c.Time = 5 * time.Hour
		l := newLab(t, c)
		for i, want := range []time.Duration{5 * time.Hour, 10 * time.Hour, 20 * time.Hour, 24 * time.Hour, 24 * time.Hour} {
			l.guesses(4, "192.0.2.1")
			b := l.All()[0]
			if got := b.Until.Sub(b.Since); got != want || b.Times != i+1 {
				t.Errorf("ban %d is for %v, told as the %dth", i+1, got, b.Times)
			}
			time.Sleep(want)
		}
		time.Sleep(remembered)
		l.guesses(4, "192.0.2.1")
		if b := l.All()[0]; b.Times != 1 {
			t.Errorf("a day later it is the %dth", b.Times)
		}
	})
}

// TestSuccessTakesBackItsOwnFailures: an account of one's own buys no guesses at others.
func TestSuccessTakesBackItsOwnFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, usual)
		for range 10 {
			l.guesses(3, "192.0.2.1") // of joe's
			l.login("192.0.2.1", "joe")
		}
		if s := l.Stats(); s.Watched != 0 {
			t.Errorf("after the right password: %+v", s)
		}
		for range 3 {
			l.guesses(1, "192.0.2.1")
			l.login("192.0.2.1", "mallory")
		}
		l.guesses(1, "192.0.2.1")
		if !l.out("192.0.2.1") {
			t.Error("mallory's logins pay for guesses at joe's password")
		}
	})
}

func TestReleaseCountsNothing(t *testing.T) {
	l := newLab(t, usual)
	for range 20 {
		a, err := l.Begin(t.Context(), addr("192.0.2.1"), "joe")
		if err != nil {
			t.Fatal(err)
		}
		a.Release()
		a.Release()
		if a.Fail() != 0 {
			t.Error("an attempt ends twice")
		}
	}
	if s := l.Stats(); s != (Stats{}) {
		t.Errorf("Stats = %+v; want nothing", s)
	}
}

func TestAddresses(t *testing.T) {
	for _, test := range []struct {
		name       string
		guess, ask string
		out        bool
	}{
		{"a host of the same /64", "2001:db8::1", "2001:db8::ffff:0:0:1", true},
		{"the next /64", "2001:db8::1", "2001:db8:0:1::1", false},
		{"with an interface", "fe80::1%eth0", "fe80::2", true},
		{"IPv4 in IPv6 notation", "::ffff:192.0.2.1", "192.0.2.1", true},
		{"the neighbour of one", "::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
		{"this machine", "127.0.0.1", "127.0.0.1", false},
		{"this machine in IPv6 notation", "::ffff:127.0.0.9", "127.0.0.9", false},
	} {
		l := newLab(t, usual)
		l.guesses(4, test.guess)
		if l.out(test.ask) != test.out {
			t.Errorf("%s: out %v; want %v", test.name, !test.out, test.out)
		}
	}
	l := newLab(t, usual)
	for range 10 { // a client on a pipe
		a, err := l.Begin(t.Context(), netip.Addr{}, "joe")
		if err != nil || a.Fail() != 0 {
			t.Fatalf("without an address: %v", err)
		}
	}
	if _, out := l.Banned(netip.Addr{}); out {
		t.Error("who has no address is banned")
	}
}

func TestOrders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, Config{}) // without bans for failures
		hour := time.Now().Add(time.Hour)
		for _, text := range []string{"192.0.2.0/24", "127.0.0.1", "2001:db8::1", "2001:db8:1::1/128"} {
			n, err := ParseNetwork(text)
			if err == nil {
				err = l.Order(n, hour, "guests")
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for text, want := range map[string]bool{
			"192.0.2.9": true, "::ffff:192.0.2.9": true, "192.0.3.1": false, "127.0.0.1": true, "127.0.0.2": false,
			"2001:db8::ff": true, "2001:db8:1::1": true, "2001:db8:1::2": false,
		} {
			if l.out(text) != want {
				t.Errorf("%s is out: %v; want %v", text, !want, want)
			}
		}
		if err := l.Order(network("192.0.2.0/24"), hour.Add(time.Hour), "longer"); err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, b := range l.All() {
			told = append(told, fmt.Sprint(Text(b.Network), " ", time.Until(b.Until), " ", b.Reason, " ", b.Ordered))
		}
		want := []string{"127.0.0.1 1h0m0s guests true", "192.0.2.0/24 2h0m0s longer true", "2001:db8::/64 1h0m0s guests true",
			"2001:db8:1::1/128 1h0m0s guests true"}
		if !slices.Equal(told, want) {
			t.Errorf("All = %q; want %q", told, want)
		}
		if lifted, part := l.Lift(network("192.0.2.7/32")); lifted || !slices.Equal(part, []netip.Prefix{network("192.0.2.0/24")}) {
			t.Errorf("Lift of a part: %v, %v", lifted, part)
		}
		if lifted, part := l.Lift(network("192.0.2.0/24")); !lifted || part != nil || l.out("192.0.2.9") {
			t.Errorf("Lift: %v, %v", lifted, part)
		}
		if lifted, _ := l.Lift(network("192.0.2.0/24")); lifted {
			t.Error("lifted twice")
		}
		time.Sleep(time.Hour)
		if l.out("127.0.0.1") || l.Stats().Banned != 0 {
			t.Error("an order does not end")
		}
	})
}

func TestOrdersThatAreRefused(t *testing.T) {
	l := newLab(t, usual)
	hour := time.Now().Add(time.Hour)
	for text, want := range map[string]string{
		"example.org": "no address", "0.0.0.0/0": "everybody", "::/0": "everybody", "10.0.0.1/8": "write 10.0.0.0/8",
		"::ffff:10.0.0.0/104": "as an IPv4 network", "fe80::1%eth0": "interface", "": "no address",
	} {
		if n, err := ParseNetwork(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseNetwork(%q) = %v, %v; want %q", text, n, err, want)
		}
	}
	for _, reason := range []string{"a\nb", "\x1b[2J", "\x7f", strings.Repeat("x", maxReason+1)} {
		if err := l.Order(network("10.0.0.0/8"), hour, reason); err != ErrReason {
			t.Errorf("Order with the reason %q: %v", reason, err)
		}
	}
	if err := l.Order(network("10.0.0.0/8"), time.Now(), ""); err != ErrPast {
		t.Errorf("Order of what is over: %v", err)
	}
	for i := range MaxOrders {
		if err := l.Order(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 32), hour, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Order(network("192.0.2.1/32"), hour, ""); err != ErrFull {
		t.Errorf("one order too many: %v", err)
	}
	if err := l.Order(network("10.0.0.1/32"), hour.Add(1), ""); err != nil {
		t.Errorf("an order that is there already: %v", err)
	}
}

// TestLiftForgives: one more failure does not ban again, and the next ban is the first.
func TestLiftForgives(t *testing.T) {
	l := newLab(t, usual)
	l.guesses(4, "192.0.2.1")
	if lifted, _ := l.Lift(network("192.0.2.1/32")); !lifted {
		t.Fatal("not lifted")
	}
	l.guesses(3, "192.0.2.1")
	if l.out("192.0.2.1") {
		t.Error("banned for what was forgiven")
	}
	l.guesses(1, "192.0.2.1")
	if b := l.All(); len(b) != 1 || b[0].Times != 1 {
		t.Errorf("All = %+v", b)
	}
}

// TestFloodLiftsNoBan fills the list: it does not push bans out, and whoever finds no room is held back all the same.
func TestFloodLiftsNoBan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, usual)
		l.mostBans = 5
		for i := range 8 {
			l.guesses(4, fmt.Sprintf("10.0.0.%d", i))
		}
		for i := range 8 {
			a := fmt.Sprintf("10.0.0.%d", i)
			if l.out(a) != (i < 5) {
				t.Errorf("%s: out %v", a, l.out(a))
			}
			if _, err := l.guess(a, "joe"); err == nil || i >= 5 && err != ErrTooMany {
				t.Errorf("a guess of %s: %v", a, err)
			}
		}
		if s := l.Stats(); s.Unlisted != 3 || s.Banned != 5 || len(l.lines) != 6 {
			t.Errorf("%+v, and %d lines", s, len(l.lines))
		}
		time.Sleep(usual.Within)
		if l.guesses(4, "10.0.0.7"); !l.out("10.0.0.7") {
			t.Error("there is room again, and no ban")
		}
	})
}

// TestFloodForgetsTheHarmless fills what is watched: who has failed most is remembered.
func TestFloodForgetsTheHarmless(t *testing.T) {
	l := newLab(t, usual)
	l.mostWatched = 50
	l.guesses(3, "192.0.2.1")
	under, err := l.Begin(t.Context(), addr("192.0.2.2"), "joe")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		l.guesses(1, fmt.Sprintf("10.0.%d.%d", i>>8, i&255))
	}
	if n := l.Stats().Watched; n > 50 {
		t.Errorf("%d addresses are watched; want 50 at most", n)
	}
	if l.guesses(1, "192.0.2.1"); !l.out("192.0.2.1") {
		t.Error("a flood made the table forget who failed most")
	}
	if under.Fail() != 1 {
		t.Error("an attempt under way was forgotten")
	}
}

// TestBounds has a table at its bounds, of what it is shipped with.
func TestBounds(t *testing.T) {
	l := newLab(t, Config{Failures: 2, Within: time.Hour, Time: time.Hour})
	for i := range MaxBans + 100 {
		l.guesses(2, fmt.Sprintf("10.%d.%d.1", i>>8, i&255))
	}
	for i := range MaxWatched + 100 {
		l.guesses(1, fmt.Sprintf("11.%d.%d.1", i>>8, i&255))
	}
	if s := l.Stats(); s.Banned != MaxBans || s.Watched > MaxWatched {
		t.Errorf("Stats = %+v; want %d bans and %d addresses at most", s, MaxBans, MaxWatched)
	}
}

func TestConfigureKeepsBans(t *testing.T) {
	l := newLab(t, usual)
	l.guesses(4, "192.0.2.1")
	l.guesses(2, "192.0.2.2")
	c := usual
	c.Failures, c.Exempt = 3, []netip.Prefix{network("192.0.2.3/32")}
	l.Configure(c)
	if l.guesses(1, "192.0.2.2"); !l.out("192.0.2.1") || !l.out("192.0.2.2") {
		t.Error("new settings lift a ban, or do not count")
	}
	if l.guesses(9, "192.0.2.3"); l.out("192.0.2.3") {
		t.Error("an exempt address is banned")
	}
	if l.guesses(3, "127.0.0.1"); !l.out("127.0.0.1") {
		t.Error("what is exempt no more is not banned")
	}
	l.Configure(Config{})
	if l.guesses(50, "192.0.2.9"); l.out("192.0.2.9") || !l.out("192.0.2.1") {
		t.Error("switched off: an address is banned, or let in")
	}
}

func TestRestore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := newLab(t, usual)
		one.guesses(4, "192.0.2.1")
		if err := one.Order(network("10.0.0.0/8"), time.Now().Add(time.Hour), "x"); err != nil {
			t.Fatal(err)
		}
		two := newLab(t, usual)
		over := Ban{Network: network("192.0.2.9/32"), Until: time.Now()}
		two.Restore(append(one.All(), over, Ban{Until: time.Now().Add(time.Hour)}))
		if got, want := fmt.Sprint(two.All()), fmt.Sprint(one.All()); got != want || !two.out("192.0.2.1") {
			t.Errorf("restored %s; want %s", got, want)
		}
		time.Sleep(time.Minute)
		two.guesses(4, "192.0.2.1")
		if b := two.All()[1]; b.Times != 2 {
			t.Errorf("after the hand-over: %+v; want the second time", b)
		}
	})
}
