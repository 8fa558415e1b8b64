package session

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"pureftpd/internal/pace"
)

// eventually waits for what another goroutine is about to do.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s did not happen", what)
		}
	}
}

func TestSnapshot(t *testing.T) {
	l := newLab(t, nil)
	first := l.connect(t)
	snap := first.session.Snapshot()
	if snap.Number <= aboveProcesses || snap.Account != "" || snap.State != Idle || snap.Peer.String() != first.conn.LocalAddr().String() ||
		snap.Local.String() != first.conn.RemoteAddr().String() || snap.Host != "127.0.0.1" || time.Since(snap.Began) > time.Minute {
		t.Errorf("before the login: %+v", snap)
	}
	second := l.login(t)
	if snap := second.session.Snapshot(); snap.Account != "ann" || snap.Anonymous || time.Since(snap.Heard) > time.Minute {
		t.Errorf("after the login: %+v", snap)
	}
	if list := l.handler.Sessions(); len(list) != 2 || list[0] != second.session || list[1] != first.session {
		t.Errorf("Sessions() = %v; want the later one first", list)
	}
	if l.handler.Find(first.session.Number()) != first.session || l.handler.Find(1) != nil {
		t.Error("Find does not tell a session from none")
	}
	first.do("QUIT", "221")
	eventually(t, "the end of the session", func() bool { return len(l.handler.Sessions()) == 1 })
	if c := l.handler.Counters(); c.Sessions != 2 || c.Open != 1 || c.Logins != 1 {
		t.Errorf("Counters() = %+v; want 2 sessions, 1 of them open, 1 login", c)
	}
}

func TestSnapshotOfTransfers(t *testing.T) {
	l := newLab(t, nil)
	c := l.login(t)
	c.do("TYPE I", "200")
	data := c.passive()
	c.do("STOR up", "150")
	if _, err := io.WriteString(data, "12345"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the upload", func() bool { return c.session.Snapshot().Position == 5 })
	if snap := c.session.Snapshot(); snap.State != Uploading || snap.File != "up" || snap.Total != 0 || time.Since(snap.TransferBegan) > time.Minute {
		t.Errorf("during an upload: %+v", snap)
	}
	if n := l.handler.Counters(); n.Uploading != 1 || n.Received != 5 || n.Uploads != 0 {
		t.Errorf("during an upload: %+v", n)
	}
	data.Close()
	c.want("226")

	l.write(t, "down", strings.Repeat("x", 20<<20))
	c.do("REST 1000", "350")
	data = c.passive()
	c.do("RETR ./down", "150")
	eventually(t, "the download", func() bool { return c.session.Snapshot().Position > 1000 })
	if snap := c.session.Snapshot(); snap.State != Downloading || snap.File != "./down" || snap.Total != 20<<20 || snap.Offset != 1000 {
		t.Errorf("during a download: %+v", snap)
	}
	if _, err := io.Copy(io.Discard, data); err != nil {
		t.Fatal(err)
	}
	c.want("226")
	if snap := c.session.Snapshot(); snap.State != Idle || snap.File != "" {
		t.Errorf("after the transfers: %+v", snap)
	}
	if n := l.handler.Counters(); n.Uploads != 1 || n.Downloads != 1 || n.Sent != 20<<20-1000 || n.Received != 5 || n.Downloading != 0 {
		t.Errorf("after the transfers: %+v", n)
	}
}

func TestKick(t *testing.T) {
	l := newLab(t, func(c *Config) { c.FailurePause = time.Minute })
	for _, state := range []struct {
		name    string
		prepare func(c *client)
	}{
		{"idle", func(*client) {}},
		{"waiting for data", func(c *client) {
			c.do("EPSV", "229")
			c.send("RETR f")
			time.Sleep(3 * watchDelay) // the wait is watched
		}},
		{"after a wrong password", func(c *client) {
			c.do("QUIT", "221")
			*c = *l.connect(c.t)
			c.do("USER ann", "331")
			c.send("PASS wrong")
			time.Sleep(20 * time.Millisecond) // the pause has begun
		}},
		{"downloading", func(c *client) {
			c.passive()
			c.do("RETR f", "150")
		}},
		{"uploading", func(c *client) {
			c.passive()
			c.do("STOR g", "150")
		}},
	} {
		t.Run(state.name, func(t *testing.T) {
			l.write(t, "f", strings.Repeat("x", 20<<20))
			c := l.login(t)
			state.prepare(c)
			begun := time.Now()
			c.session.Kick()
			rest, err := io.ReadAll(c.in)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSpace(string(rest)), "\r\n")
			if len(lines) != 1 || lines[0] != "421 The administrator has ended this session" {
				t.Errorf("a kicked client reads %q; want one 421", rest)
			}
			if d := time.Since(begun); d > 3*time.Second {
				t.Errorf("it took %v", d)
			}
		})
	}
	eventually(t, "the end of all sessions", func() bool { return len(l.handler.Sessions()) == 0 })
}

// A client that sends command after command is ended between two of them.
func TestKickBeforeWaitingCommands(t *testing.T) {
	l := newLab(t, nil)
	c := l.login(t)
	c.passive()
	c.do("STOR g", "150")
	c.send("NOOP", "NOOP", "NOOP")
	time.Sleep(3 * watchDelay)
	c.session.Kick()
	if rest, err := io.ReadAll(c.in); err != nil || strings.Contains(string(rest), "200 ") {
		t.Errorf("commands are answered after the kick: %q, %v", rest, err)
	}
}

func TestMessage(t *testing.T) {
	c := newLab(t, nil).login(t)
	if err := c.session.Message("The server stops at six.\nSave your work.\n"); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"PWD", "SYST", "EPSV", "SIZE nosuch", "FEAT", "MLST", "STAT"} {
		c.send(line)
		if r := c.reply(); strings.Contains(r, "six") {
			t.Errorf("%s: %q; programs read that reply", line, r)
		}
	}
	want := "200-Message from the administrator:\r\n200-The server stops at six.\r\n200-Save your work.\r\n200 Still here\r\n"
	if got := c.do("NOOP", "200"); got != want {
		t.Errorf("NOOP: %q; want %q", got, want)
	}
	if got := c.do("NOOP", "200"); got != "200 Still here\r\n" {
		t.Errorf("the second NOOP: %q; want no message", got)
	}
}

func TestMessageBounds(t *testing.T) {
	c := newLab(t, nil).login(t)
	for _, text := range []string{"", "\n", "a\rb", "a\x1b[2J", "\x7f", "\u009b2J", "a\xff", strings.Repeat("x", maxMessage+1)} {
		if err := c.session.Message(text); !errors.Is(err, ErrMessage) {
			t.Errorf("Message(%.20q) = %v; want it refused", text, err)
		}
	}
	for range maxMessages {
		if err := c.session.Message(strings.Repeat("é", maxMessage/2)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.session.Message("one more"); !errors.Is(err, ErrMessages) {
		t.Errorf("message %d: %v; want it refused", maxMessages+1, err)
	}
}

func TestTrace(t *testing.T) {
	l := newLab(t, nil)
	c := l.connect(t)
	trace, err := c.session.Trace()
	if err != nil {
		t.Fatal(err)
	}
	c.do("USER ann", "331")
	c.do("PASS secret", "230")
	c.do("PWD", "257")
	c.do("QUIT", "221")
	<-trace.Ended
	var got []string
	for len(trace.Lines) > 0 {
		line := <-trace.Lines
		from := "C "
		if line.Server {
			from = "S "
		}
		got = append(got, from+line.Text)
	}
	all := strings.Join(got, "\n")
	for _, want := range []string{"C USER ann\nS 331 ", "\nC PASS ***\nS 230", "\nC PWD\nS 257 ", "\nC QUIT\nS 221-"} {
		if !strings.Contains(all, want) {
			t.Errorf("the trace lacks %q:\n%s", want, all)
		}
	}
	if strings.Contains(all, "secret") {
		t.Errorf("the trace holds the password:\n%s", all)
	}
	trace.Stop()
	late, err := c.session.Trace()
	if err != nil {
		t.Fatal(err)
	}
	<-late.Ended // a session that is over has nothing to wait for
}

func TestTraceBounds(t *testing.T) {
	c := newLab(t, nil).login(t)
	var traces []*Trace
	for range maxTraces {
		trace, err := c.session.Trace()
		if err != nil {
			t.Fatal(err)
		}
		traces = append(traces, trace)
	}
	if _, err := c.session.Trace(); !errors.Is(err, ErrTraced) {
		t.Errorf("trace %d: %v; want it refused", maxTraces+1, err)
	}
	traces[0].Stop()
	if _, err := c.session.Trace(); err != nil {
		t.Errorf("after one was stopped: %v", err)
	}
	for range maxTraceLines { // two lines each
		c.do("NOOP", "200")
	}
	for range maxTraceLines {
		if line := <-traces[1].Lines; line.Lost != 0 {
			t.Fatalf("%+v; want the beginning whole", line)
		}
	}
	c.do("NOOP", "200")
	if line := <-traces[1].Lines; line.Text != "NOOP" || line.Lost != maxTraceLines {
		t.Errorf("after the gap: %+v; want NOOP and %d lost lines", line, maxTraceLines)
	}
}

func TestSetRatesShows(t *testing.T) {
	l := newLab(t, nil)
	c := l.connect(t)
	if c.session.SetRates(pace.Rates{Upload: 1}) {
		t.Error("SetRates works before the login")
	}
	c.do("USER ann", "331")
	c.do("PASS secret", "230")
	want := pace.Rates{Upload: 1000, Download: 2000}
	if !c.session.SetRates(want) || c.session.Snapshot().Own != want {
		t.Errorf("rates %+v; want %+v", c.session.Snapshot().Own, want)
	}
	if _, set := l.handler.Total(); set {
		t.Error("the server's rates are set before SetTotal")
	}
	l.handler.SetTotal(want)
	if got, set := l.handler.Total(); !set || got != want {
		t.Errorf("Total() = %+v, %v; want %+v", got, set, want)
	}
}

// A kick must not wait for a client that reads nothing.
func TestKickOfADeafClient(t *testing.T) {
	l := newLab(t, nil)
	here, there := net.Pipe() // has no buffer at all
	s := l.handler.Open(there)
	done := make(chan struct{})
	go func() { defer close(done); s.Serve(context.Background()) }()
	eventually(t, "the session", func() bool { return len(l.handler.Sessions()) == 1 })
	time.Sleep(10 * time.Millisecond) // the greeting is being written
	begun := time.Now()
	s.Kick()
	select {
	case <-done:
	case <-time.After(kickPatience + 5*time.Second):
		t.Fatal("the session goes on")
	}
	if d := time.Since(begun); d > kickPatience+2*time.Second {
		t.Errorf("it took %v", d)
	}
	here.Close()
}
