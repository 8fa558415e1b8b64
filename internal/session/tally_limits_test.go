package session

import (
	"crypto/tls"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pureftpd/internal/pace"
	"pureftpd/internal/tlsconf"
)

// counted are the values of a Tally that are not zero.
func (t *Tally) counted() map[string]int64 {
	all := make(map[string]int64)
	add := func(n int64, words ...any) {
		if n != 0 {
			all[strings.TrimSpace(fmt.Sprintln(words...))] = n
		}
	}
	t.Limits(func(l Limit, n int64) { add(n, "limit", l) })
	t.Transfers(func(d Direction, o Outcome, n int64) { add(n, d, o) })
	t.Logins(func(source, outcome string, n int64) { add(n, "login", source, outcome) })
	t.Handshakes(func(connection, version string, resumed bool, n int64) { add(n, "tls", connection, version, resumed) })
	t.FailedHandshakes(func(connection string, unresumed bool, n int64) { add(n, "no tls", connection, unresumed) })
	active, passive := t.Unopened()
	add(active, "active")
	add(passive, "passive")
	return all
}

// expect compares some of them once the sessions have counted.
func (l *lab) expectCounted(t *testing.T, want map[string]int64) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		got, wrong := l.handler.tally.counted(), ""
		for name, n := range want {
			if got[name] != n {
				wrong += fmt.Sprintf("%s: %d; want %d\n", name, got[name], n)
			}
		}
		for name := range got {
			if _, ok := want[name]; !ok && !strings.HasPrefix(name, "login ") {
				wrong += fmt.Sprintf("%s: %d; want none\n", name, got[name])
			}
		}
		if wrong == "" {
			return
		}
		if time.Now().After(end) {
			t.Fatal(wrong)
		}
	}
}

// TestNoLimitIsSilent meets the limits of a session one after the other.
func TestNoLimitIsSilent(t *testing.T) {
	l := newLab(t, func(c *Config) {
		c.MaxFiles, c.MaxDepth, c.UserMaxSessions, c.MaxDiskUsage = 3, 1, 1, 1e-9
		c.MaxLoad, c.LoadAverage = 1, func() (float64, error) { return 2, nil }
		c.PassiveWait = 50 * time.Millisecond
	})
	for i := range 5 {
		l.write(t, fmt.Sprint("f", i), "content")
	}
	if err := os.MkdirAll(filepath.Join(l.home, "a/b/c/d"), 0o755); err != nil {
		t.Fatal(err)
	}
	c := l.login(t)
	c.do("TYPE I", "200")
	listing := func(command string) {
		t.Helper()
		data := c.passive()
		c.send(command)
		c.want("150")
		if _, err := io.ReadAll(data); err != nil {
			t.Fatal(err)
		}
		c.want("226")
	}
	listing("LIST")
	listing("LIST -R a")
	c.do("EPSV", "229")
	c.do("STOR new", "552")
	c.do("EPSV", "229")
	c.do("LIST", "425") // nobody connects

	second := l.connect(t)
	second.do("USER ann", "331")
	second.do("PASS secret", "421")
	guest := l.connect(t)
	guest.do("USER ftp", "230")
	guest.do("EPSV", "229")
	guest.do("RETR f1", "550")
	long := l.connect(t)
	long.send(strings.Repeat("x", 5000))
	long.want("421")
	for range maxFailedLogins {
		stranger := l.connect(t)
		stranger.do("USER bob", "331")
		stranger.do("PASS wrong", "530")
		stranger.conn.Close()
	}
	guesser := l.connect(t)
	for range maxFailedLogins + 1 {
		guesser.do("USER bob", "331")
		guesser.do("PASS wrong", "530")
	}
	l.expectCounted(t, map[string]int64{
		"limit listing-entries": 1, "limit listing-depth": 1, "limit disk-usage": 1, "limit sessions-per-account": 1, "limit load": 1,
		"limit command-length": 1, "limit failed-logins": 1, "listing completed": 2, "passive": 1,
		"login none unknown-user": 11, "login none sessions": 1, "login none ok": 1, "login anonymous ok": 1,
	})
}

// TestRatioIsCounted refuses a download to one who has uploaded nothing.
func TestRatioIsCounted(t *testing.T) {
	l := newLab(t, func(c *Config) { c.AnonRatio = pace.Ratio{Upload: 1, Download: 1} })
	l.write(t, "f", "content")
	c := l.connect(t)
	c.do("USER ftp", "230")
	c.do("RETR f", "550")
	l.expectCounted(t, map[string]int64{"limit ratio": 1})
}

// TestIdleTimeIsCounted lets a session time out.
func TestIdleTimeIsCounted(t *testing.T) {
	l := newLab(t, func(c *Config) { c.Idle = 50 * time.Millisecond })
	l.connect(t).want("421")
	l.expectCounted(t, map[string]int64{"limit idle-time": 1})
}

// TestEndsOfTransfersAreCounted ends downloads in several ways.
func TestEndsOfTransfersAreCounted(t *testing.T) {
	l := newLab(t, nil)
	if err := os.Truncate(l.file(t, "endless"), 1<<40); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		end  func(*client, io.Closer)
		want string
	}{
		{func(c *client, _ io.Closer) { c.send("ABOR"); c.want("426"); c.want("226") }, "download aborted"},
		{func(c *client, data io.Closer) { data.Close(); c.want("426") }, "download broken"},
		{func(c *client, _ io.Closer) { c.session.Kick(); c.want("421") }, "download kicked"},
		{func(c *client, _ io.Closer) { c.conn.Close() }, "download disconnected"},
	} {
		before := l.handler.tally.counted()[test.want]
		c := l.login(t)
		c.do("TYPE I", "200")
		data := c.passive()
		c.do("RETR endless", "150")
		test.end(c, data)
		for end := time.Now().Add(10 * time.Second); l.handler.tally.counted()[test.want] != before+1; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s is not counted: %v", test.want, l.handler.tally.counted())
			}
		}
	}
	l.expectCounted(t, map[string]int64{"download aborted": 1, "download broken": 1, "download kicked": 1, "download disconnected": 1})
}

// file makes an empty file in the home.
func (l *lab) file(t *testing.T, name string) string {
	t.Helper()
	l.write(t, name, "")
	return filepath.Join(l.home, name)
}

// TestHandshakesAreCounted has data connections that resume and one that does not, which is refused and leaves no transfer behind.
func TestHandshakesAreCounted(t *testing.T) {
	l := newTLSLab(t, func(c *Config) { c.DataBinding = tlsconf.BindRequire })
	l.write(t, "f", "content")
	c := l.loginTLS(t, tls.VersionTLS13)
	data, _ := c.private("RETR f")
	if got, err := io.ReadAll(data); err != nil || string(got) != "content" {
		t.Fatalf("%q, %v", got, err)
	}
	c.want("226")
	raw := c.passive()
	c.do("RETR f", "150")
	other := tls.Client(raw, &tls.Config{InsecureSkipVerify: true})
	_, _ = io.ReadAll(other) // the server ends it
	c.want("425")
	if got := c.session.Snapshot(); got.State != Idle {
		t.Errorf("after a handshake that failed the session shows %+v", got)
	}
	l.expectCounted(t, map[string]int64{
		"tls control 1.3 false": 1, "tls data 1.3 true": 1, "no tls data true": 1, "download completed": 1,
	})
}
