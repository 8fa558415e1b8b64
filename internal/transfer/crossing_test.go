package transfer

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// TestSessionsAreNeverCrossed runs a thousand sessions on a few ports. Each data connection carries
// its session's number; no session may ever read another's, whatever the others leave behind.
func TestSessionsAreNeverCrossed(t *testing.T) {
	p := newPassive(t, Config{Spread: 4, MaxListeners: 4, Rest: 5 * time.Millisecond, Wait: time.Minute})
	var sessions sync.WaitGroup
	for id := range 1000 {
		client := netip.AddrFrom4([4]byte{127, 0, 0, byte(1 + id%8)})
		sessions.Go(func() { crossing(t, p, uint32(id), client) })
	}
	sessions.Wait()
	s := p.Stats()
	if s.Leases != 0 || s.Waiting != 0 || s.Listeners != 4 {
		t.Errorf("Stats() = %+v; want no lease, nobody waiting, 4 ports", s)
	}
	t.Logf("%+v", s)
}

// crossing is one session: commands, each with its own passive reply, some of them abandoned.
func crossing(t *testing.T, p *Passive, id uint32, client netip.Addr) {
	rng := rand.New(rand.NewPCG(uint64(id), 1))
	var l *Lease
	defer func() {
		if l != nil {
			l.Release()
		}
	}()
	for range 3 {
		var err error
		l, err = p.Reserve(t.Context(), Request{Local: loopback, Client: client, Previous: l})
		if err != nil {
			t.Errorf("session %d: %v", id, err)
			return
		}
		what := rng.IntN(4)
		if what == 0 {
			continue // the client never connects
		}
		from := net.TCPAddrFromAddrPort(netip.AddrPortFrom(client, 0))
		to := net.TCPAddrFromAddrPort(netip.AddrPortFrom(loopback, l.Port()))
		conn, err := net.DialTCP("tcp", from, to)
		if err != nil {
			t.Errorf("session %d: %v", id, err)
			return
		}
		defer conn.Close()
		if _, err := fmt.Fprintf(conn, "%08x", id); err != nil {
			continue // refused, when the next command came first
		}
		if what == 1 {
			return // the session ends between connection and command
		}
		if err := ownConnection(t, l, id); err != nil {
			t.Errorf("session %d: %v", id, err)
			return
		}
	}
}

// ownConnection takes the data connection and checks whose it is.
func ownConnection(t *testing.T, l *Lease, id uint32) error {
	c, err := l.Accept(t.Context())
	if err != nil {
		return err
	}
	defer c.Close()
	got := make([]byte, 8)
	if _, err := io.ReadFull(c, got); err != nil {
		return err
	}
	if want := fmt.Sprintf("%08x", id); string(got) != want {
		return fmt.Errorf("crossed: read the connection of session %s", got)
	}
	return nil
}
