//go:build privileged

package faults

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// testSlowClients lets many clients send a byte now and then. Their sessions end by the idle rule, which bounds a line to
// twice the idle time, and others are served meanwhile.
func testSlowClients(t *testing.T, l *lab) {
	const (
		crowd = 150
		idle  = 2 * time.Second
	)
	s := l.start(t, folder(t)+"/home", "-c", "400", "-f", "none")
	before := descriptors(s.pid)
	var slow sync.WaitGroup
	defer slow.Wait()
	for i := range crowd {
		slow.Go(func() {
			lasted, err := s.dawdle(fmt.Sprintf("127.0.0.%d", i%50+2), int(idle/time.Second))
			if err != nil || lasted < idle || lasted > 4*idle+patience/2 {
				t.Errorf("slow client %d: its session lasted %v, %v; want a 421 between %v and twice that", i, lasted, err, idle)
			}
		})
	}
	for end := time.Now().Add(2 * idle); time.Now().Before(end); {
		begun := time.Now()
		s.visit(t)
		if took := time.Since(begun); took > patience/2 {
			t.Errorf("a client among slow ones was served in %v", took)
		}
	}
	slow.Wait()
	settles(t, s.pid, before+portsOfServer+20)
}

// visit is a short session.
func (s *site) visit(t *testing.T) {
	t.Helper()
	in := s.login(t)
	in.alive(t)
	in.conn.Close()
}

// dawdle logs in, asks for a short idle time, and sends one long command a byte at a time until the session is over.
func (s *site) dawdle(from string, idle int) (lasted time.Duration, err error) {
	c, err := s.enter(from)
	if err != nil {
		return 0, err
	}
	defer c.conn.Close()
	if err := c.want(200, fmt.Sprintf("SITE IDLE %d", idle)); err != nil {
		return 0, err
	}
	begun := time.Now()
	over := make(chan struct{})
	var typing sync.WaitGroup
	defer typing.Wait()
	defer close(over)
	typing.Go(func() {
		tick := time.NewTicker(300 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_, _ = io.WriteString(c.conn, "N") // in the end nobody reads it
			case <-over:
				return
			}
		}
	})
	r, err := c.read()
	if err == nil && r.code != 421 {
		err = fmt.Errorf("answered %q", r)
	}
	return time.Since(begun), err
}

// testDeafClients lets clients send commands without end and read no reply. The server must stop to read them, keep nothing
// for them, and end them in time.
func testDeafClients(t *testing.T, l *lab) {
	const (
		crowd     = 20
		mostBytes = 96 << 20          // of memory, all told
		longest   = 150 * time.Second // of a session that cannot write: two minutes, and what a busy machine adds
	)
	s := l.start(t, folder(t)+"/home", "-c", "400", "-f", "none")
	before := descriptors(s.pid)
	var deaf sync.WaitGroup
	defer deaf.Wait()
	var slowest atomic.Int64 // how long the longest session lasted
	for range crowd {
		c := s.login(t)
		deaf.Go(func() {
			begun := time.Now()
			commands := []byte(strings.Repeat("HELP\r\nFEAT\r\nSTAT .\r\n", 1000))
			if err := c.conn.SetWriteDeadline(begun.Add(longest + patience)); err != nil {
				t.Error(err)
			}
			for err := error(nil); err == nil; {
				_, err = c.conn.Write(commands)
			}
			took := int64(time.Since(begun))
			for old := slowest.Load(); took > old && !slowest.CompareAndSwap(old, took); {
				old = slowest.Load()
			}
		})
	}
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		begun := time.Now()
		s.visit(t)
		if took := time.Since(begun); took > patience/2 {
			t.Errorf("a client among deaf ones was served in %v", took)
		}
		if got := resident(t, s.pid); got > mostBytes {
			t.Errorf("the server takes %d bytes for %d deaf clients", got, crowd)
		}
	}
	deaf.Wait()
	if took := time.Duration(slowest.Load()); took > longest {
		t.Errorf("sessions whose clients read nothing lasted %v, want at most %v", took, longest)
	}
	settles(t, s.pid, before+portsOfServer+100)
}

// testNobodyComes opens passive ports and leaves them.
func testNobodyComes(t *testing.T, l *lab) {
	s := l.start(t, folder(t)+"/home", "-p", "30130:30130")
	content := pattern(100_000, 13)
	write(t, s.path("file"), content)
	in := s.login(t)
	if _, err := in.epsv(); err != nil {
		t.Fatal(err)
	}
	var others sync.WaitGroup
	defer others.Wait()
	over := make(chan struct{})
	others.Go(func() { // the port serves other addresses meanwhile
		c, err := s.enter("127.0.0.2")
		if err != nil {
			t.Error(err)
			return
		}
		defer c.conn.Close()
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if err := c.fetch("file", content); err != nil {
					t.Errorf("beside a session that waits: %v", err)
				}
			case <-over:
				return
			}
		}
	})
	begun := time.Now()
	in.expect(t, 425, "STOR never")
	close(over)
	if took := time.Since(begun); took > replyLimit {
		t.Errorf("the 425 took %v", took)
	}
	s.expectLog(t, "nobody connected to passive port 30130")
	if err := in.fetch("file", content); err != nil {
		t.Error(err)
	}
	for _, name := range names(t, s.home) {
		if name == "never" {
			t.Error("an upload without a data connection has made a file")
		}
	}
	in.alive(t)
}

// testStrangers connects to passive ports from addresses that are nobody's.
func testStrangers(t *testing.T, l *lab) {
	s := l.start(t, folder(t)+"/home")
	content := pattern(50_000, 14)
	write(t, s.path("file"), content)
	in := s.login(t)
	for round := range 20 {
		port, err := in.epsv()
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			stranger, err := dialData(fmt.Sprintf("127.0.0.%d", 100+i), port)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(stranger, "let me in") // the server may have closed already
			if round%2 == 0 {
				defer stranger.Close()
				continue
			}
			if got, err := io.ReadAll(stranger); len(got) > 0 || timedOut(err) {
				t.Errorf("a stranger got %d bytes, %v; want an end at once", len(got), err)
			}
			stranger.Close()
		}
		data, err := dialData("127.0.0.1", port)
		if err != nil {
			t.Fatal(err)
		}
		in.expect(t, 150, "RETR file")
		got, err := io.ReadAll(data)
		if err != nil || string(got) != string(content) {
			t.Errorf("the rightful client got %d bytes, %v; want %d", len(got), err, len(content))
		}
		data.Close()
		in.expect(t, 226, "")
	}
	in.alive(t)
}

// timedOut reports whether an error is one of a deadline.
func timedOut(err error) bool {
	n, ok := errors.AsType[net.Error](err)
	return ok && n.Timeout()
}
