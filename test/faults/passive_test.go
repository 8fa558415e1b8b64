//go:build privileged

package faults

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
)

// testPassivePorts lets many clients share few ports.
func testPassivePorts(t *testing.T, l *lab) {
	for _, test := range []struct {
		name      string
		ports     string
		clients   int
		addresses int
	}{
		{"one port", "30100:30100", 60, 60},
		{"four ports", "30110:30113", 90, 30},
		{"one port, in turn", "30120:30120", 12, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := l.start(t, folder(t)+"/home", "-p", test.ports, "-c", "200")
			s.share(t, test.clients, test.addresses)
		})
	}
	t.Run("busy port", func(t *testing.T) { testBusyPort(t, l) })
}

// share lets clients move files of their own at once. Nobody must get another's.
func (s *site) share(t *testing.T, clients, addresses int) {
	t.Helper()
	const (
		rounds = 6
		size   = 150_000
	)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range clients {
		name, content := fmt.Sprintf("up%d", i), pattern(size+i, uint32(i)+100)
		write(t, s.path(fmt.Sprintf("down%d", i)), content)
		from := fmt.Sprintf("127.0.3.%d", i%addresses+1)
		all.Go(func() {
			<-start
			c, err := s.enter(from)
			if err != nil {
				t.Errorf("client %d: %v", i, err)
				return
			}
			defer c.conn.Close()
			for range rounds {
				err := errors.Join(c.fetch(fmt.Sprintf("down%d", i), content), c.store(name, content), c.fetch(name, content))
				if err != nil {
					t.Errorf("client %d: %v", i, err)
					return
				}
			}
		})
	}
	close(start)
	all.Wait()
	for i := range clients {
		holds(t, s.path(fmt.Sprintf("up%d", i)), pattern(size+i, uint32(i)+100))
	}
}

// testBusyPort takes two ports of the range away. They are passed over, and the log says so.
func testBusyPort(t *testing.T, l *lab) {
	var taken []int
	for _, port := range []int{30141, 30142} {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		taken = append(taken, port)
	}
	s := l.start(t, folder(t)+"/home", "-p", "30140:30143", "-c", "200")
	// Sessions of one address need a port each: the server has to try them all.
	first, second := s.login(t), s.login(t)
	for _, c := range []*client{first, second} {
		port, err := c.epsv()
		if err != nil || port == taken[0] || port == taken[1] {
			t.Errorf("the server offers port %d, %v; want one that is free", port, err)
		}
	}
	first.conn.Close()
	second.conn.Close()
	s.share(t, 40, 20)
	for _, port := range taken {
		s.expectLog(t, fmt.Sprintf("127.0.0.1:%d", port))
	}
}

// testRefusedTransfers refuses a transfer whose data connection has come, again and again. The connection of the next one
// must not be mixed up with it.
func testRefusedTransfers(t *testing.T, l *lab) {
	s := l.start(t, folder(t)+"/home")
	content := pattern(100_000, 16)
	write(t, s.path("file"), content)
	in := s.login(t)
	for n := range 300 {
		if _, r, err := in.get("RETR missing"); err != nil || r.code != 550 {
			t.Fatalf("RETR missing: %q, %v", r, err)
		}
		if err := in.store("new", content); err != nil {
			t.Fatalf("after %d refused transfers: %v", n+1, err)
		}
		holds(t, s.path("new"), content)
		if t.Failed() {
			t.Fatalf("after %d refused transfers an upload that was answered 226 is not what was sent", n+1)
		}
		if _, r, err := in.get("MLSD missing"); err != nil || r.code != 550 {
			t.Fatalf("MLSD missing: %q, %v", r, err)
		}
		if err := in.fetch("file", content); err != nil {
			t.Fatalf("after %d refused listings: %v", n+1, err)
		}
	}
}
