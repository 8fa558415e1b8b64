package server

import (
	"bufio"
	"context"
	"net"
	"strings"
	"testing"

	"pureftpd/internal/record"
)

// TestRefusalsAreCounted turns clients away for both limits.
func TestRefusalsAreCounted(t *testing.T) {
	a := NewAdmission(3, 1, nil)
	log := record.Open(record.Config{Output: record.None})
	defer log.Close()
	s := New(nil, a, log) // no client is let in, so none is handled
	defer s.tidier.stop()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	refuse := func(want string) {
		t.Helper()
		conn, err := net.Dial("tcp4", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		served, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		s.admit(context.Background(), served, l)
		if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.HasPrefix(line, want) {
			t.Errorf("%q, %v; want %q", line, err, want)
		}
	}
	a.enter(address(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}))
	refuse("421 Your address has 1 sessions")
	refuse("421 Your address has 1 sessions")
	a.enter(address(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}))
	a.enter(address(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 2)}))
	refuse("421 All 3 places are taken")
	if got, want := a.Stats(), (Stats{Sessions: 3, Most: 3, Full: 1, Crowded: 2}); got != want {
		t.Errorf("Stats = %+v; want %+v", got, want)
	}
}
