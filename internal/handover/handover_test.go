package handover

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pureftpd/internal/server"
	"pureftpd/internal/transfer"
)

// TestOnePortServesThreeGenerations has a single passive port serve sessions of three processes at once.
func TestOnePortServesThreeGenerations(t *testing.T) {
	cfg := span(t, 1)
	a := founder(t, cfg)
	before := a.reserve("127.0.0.1", nil) // and no connection yet
	b := a.succeed(cfg)
	accepts(t, before, dial(t, "127.0.0.1", before.Port()))
	ofA, ofB := a.works("127.0.0.1", before), b.works("127.0.0.2", nil)
	c := b.succeed(cfg)
	ofC := c.works("127.0.0.3", nil)
	for range 5 {
		ofA, ofB, ofC = a.works("127.0.0.1", ofA), b.works("127.0.0.2", ofB), c.works("127.0.0.3", ofC)
	}
	if got := c.passive.Stats(); got.Listeners != 1 || got.Leases != 3 {
		t.Errorf("the newest has %+v; want one port and three leases", got)
	}
	if got := a.passive.Stats(); got.Listeners != 0 || got.Leases != 1 {
		t.Errorf("the oldest has %+v; want no port and its own lease", got)
	}
	ofA.Release()
	ofB.Release()
	eventually(t, "the pairs are given back", func() bool { return c.passive.Stats().Leases == 1 })
}

// TestClientInAllGenerations has sessions of one address in three processes take turns on one port: a connection is never the
// wrong session's.
func TestClientInAllGenerations(t *testing.T) {
	cfg := span(t, 1)
	a := founder(t, cfg)
	first := a.reserve("127.0.0.1", nil)
	b := a.succeed(cfg)
	accepts(t, first, dial(t, "127.0.0.1", first.Port()))
	second := b.works("127.0.0.1", nil) // takes the idle pair over
	if _, err := first.Accept(t.Context()); !errors.Is(err, transfer.ErrLost) {
		t.Errorf("Accept() of the older's lease = %v; want %v", err, transfer.ErrLost)
	}
	c := b.succeed(cfg)
	second.Release()
	third := c.works("127.0.0.1", nil)
	again := a.works("127.0.0.1", first)
	if _, err := third.Accept(t.Context()); !errors.Is(err, transfer.ErrLost) {
		t.Errorf("Accept() of the newest's lease = %v; want %v", err, transfer.ErrLost)
	}
	again.Release()
	b.works("127.0.0.1", nil)
}

// TestWaitingLeaseIsSafe keeps the pair of an older's session that waits for its client.
func TestWaitingLeaseIsSafe(t *testing.T) {
	cfg := span(t, 1)
	cfg.Hold, cfg.Wait = time.Millisecond, 300*time.Millisecond
	a := founder(t, cfg)
	b := a.succeed(cfg)
	l := a.reserve("127.0.0.1", nil)
	var wg sync.WaitGroup
	defer wg.Wait()
	begun := make(chan struct{})
	wg.Go(func() {
		close(begun)
		c, err := l.Accept(t.Context())
		if err != nil {
			t.Errorf("Accept() = %v", err)
			return
		}
		c.Close()
	})
	<-begun
	time.Sleep(50 * time.Millisecond) // until it is told
	_, err := b.passive.Reserve(t.Context(), transfer.Request{Local: loopback, Client: loopback})
	if !errors.Is(err, transfer.ErrNoPort) {
		t.Errorf("Reserve() of the younger = %v; want %v", err, transfer.ErrNoPort)
	}
	dial(t, "127.0.0.1", l.Port())
}

// TestConnectionFromAnywhere has a port for one lease of an older process alone.
func TestConnectionFromAnywhere(t *testing.T) {
	cfg := span(t, 2)
	a := founder(t, cfg)
	b := a.succeed(cfg)
	any, err := a.passive.Reserve(t.Context(), transfer.Request{Local: loopback, Client: loopback, Any: true})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		l := b.reserve("127.0.0.1", nil)
		if l.Port() == any.Port() {
			t.Fatal("the port of a lease from everywhere was given to another")
		}
		l.Release()
	}
	accepts(t, any, dial(t, "127.0.0.9", any.Port()))
}

// TestWhatHadComeStays hands over while a connection is parked and another waits in the kernel.
func TestWhatHadComeStays(t *testing.T) {
	cfg := span(t, 2)
	a := founder(t, cfg)
	l := a.reserve("127.0.0.1", nil)
	first := dial(t, "127.0.0.1", l.Port())
	second := dial(t, "127.0.0.1", l.Port())
	a.succeed(cfg)
	accepts(t, l, first)
	accepts(t, l, second)
}

// TestStorm lets sessions of all generations reserve and connect while hand-overs go on.
func TestStorm(t *testing.T) {
	const generations, rounds = 6, 30
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	cfg := span(t, 2)
	cfg.Wait = patience
	g := founder(t, cfg)
	var wg sync.WaitGroup
	defer wg.Wait()
	for n := range generations {
		from := netip.AddrFrom4([4]byte{127, 0, 1, byte(n + 1)}).String()
		mine := g
		wg.Go(func() {
			var l *transfer.Lease
			for range rounds {
				var err error
				l, err = mine.passive.Reserve(ctx, transfer.Request{
					Local: loopback, Client: netip.MustParseAddr(from), Previous: l,
				})
				if err != nil {
					t.Errorf("Reserve() = %v", err)
					return
				}
				c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).Dial("tcp", netip.AddrPortFrom(loopback, l.Port()).String())
				if err != nil {
					t.Errorf("Dial() = %v", err)
					return
				}
				data, err := l.Accept(ctx)
				if err != nil || data.Peer().String() != c.LocalAddr().String() {
					t.Errorf("Accept() = %v, %v; want the connection from %v", data, err, c.LocalAddr())
					return
				}
				data.Close()
				c.Close()
			}
		})
		if n < generations-1 {
			g = g.succeed(cfg)
		}
	}
}

// TestYoungerDies has the older open its ports itself again.
func TestYoungerDies(t *testing.T) {
	cfg := span(t, 1)
	a := founder(t, cfg)
	b := a.succeed(cfg)
	there := a.reserve("127.0.0.1", nil)
	came := a.reserve("127.0.0.2", nil)
	client := dial(t, "127.0.0.2", came.Port())
	eventually(t, "the connection is passed on", func() bool { return b.passive.Stats().Leases == 2 && arrived(t, came, client) })
	b.kill()
	eventually(t, "the lease is lost", func() bool {
		_, err := there.Accept(t.Context())
		return errors.Is(err, transfer.ErrLost)
	})
	for range 3 {
		there = a.works("127.0.0.1", there)
	}
}

// arrived takes the connection and leaves no other.
func arrived(t *testing.T, l *transfer.Lease, client net.Conn) bool {
	c, ok := l.Arrived()
	if ok {
		if c.Peer().String() != client.LocalAddr().String() {
			t.Errorf("the connection comes from %v; want %v", c.Peer(), client.LocalAddr())
		}
		c.Close()
	}
	return ok
}

// TestOlderEnds gives the pairs and places of its sessions back.
func TestOlderEnds(t *testing.T) {
	cfg := span(t, 1)
	a := founder(t, cfg)
	for range 3 {
		a.server.Arrived(loopback) // of a process before it
	}
	a.reserve("127.0.0.1", nil)
	b := a.succeed(cfg)
	if got := b.admission.Sessions(); got != 3 {
		t.Errorf("%d sessions are counted; want the 3 of the older", got)
	}
	a.server.Left(loopback)
	eventually(t, "the place is given back", func() bool { return b.admission.Sessions() == 2 })
	c := b.succeed(cfg)
	if got := c.admission.Sessions(); got != 2 {
		t.Errorf("%d sessions are counted by the third; want 2", got)
	}
	a.kill()
	select {
	case <-b.taker.Ended():
	case <-time.After(patience):
		t.Fatal("the younger does not notice the end of the older")
	}
	eventually(t, "all places are given back", func() bool { return c.admission.Sessions() == 0 })
	eventually(t, "the pair is given back", func() bool { return c.passive.Stats().Leases == 0 })
	c.works("127.0.0.1", nil)
}

// TestNothingComesOfIt ends hand-overs before the younger is ready: the older goes on, and can be asked again.
func TestNothingComesOfIt(t *testing.T) {
	cfg := span(t, 1)
	a := founder(t, cfg)
	l := a.reserve("127.0.0.1", nil)
	for _, end := range []func(*Taker){
		func(y *Taker) { y.Refuse("it does not like it") },
		func(y *Taker) { y.Sockets.Close(); y.link.close() },                      // it dies
		func(y *Taker) { y.link.send(message{Kind: "nonsense"}); y.link.flush() }, // it is another program
		func(y *Taker) { // it dies in the middle
			y.link.send(message{Kind: ready, PID: 1, Share: true})
			for {
				m, fd, err := y.link.receive()
				if fd >= 0 {
					syscall.Close(fd)
				}
				if err != nil {
					t.Error(err)
				}
				if err != nil || m.Kind == yours {
					break
				}
			}
		},
	} {
		y, err := a.offered()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.offered(); !errors.Is(err, ErrBusy) {
			t.Errorf("a second process is offered the sockets: %v; want %v", err, ErrBusy)
		}
		end(y)
		y.Sockets.Close()
		y.link.close()
		eventually(t, "the older can be asked again", func() bool {
			a.giver.mu.Lock()
			defer a.giver.mu.Unlock()
			return !a.giver.busy
		})
		accepts(t, l, dial(t, "127.0.0.1", l.Port()))
		l = a.works("127.0.0.1", l)
	}
	a.mu.Lock()
	got := strings.Join(a.log, "\n")
	a.mu.Unlock()
	if !strings.Contains(got, "it does not like it") {
		t.Errorf("the log says %q; want the reason in it", got)
	}
	b := a.succeed(cfg)
	l = a.works("127.0.0.1", l)
	if _, err := a.offered(); !errors.Is(err, server.ErrEnding) {
		t.Errorf("a server that was taken over offers its sockets: %v; want %v", err, server.ErrEnding)
	}
	b.works("127.0.0.2", nil)
	l.Release()
}

// TestOlderDiesFirst has the younger begin when the older ends before it has said anything: nobody else has the sockets.
func TestOlderDiesFirst(t *testing.T) {
	cfg := span(t, 1)
	a := founder(t, cfg)
	y, err := a.offered()
	if err != nil {
		t.Fatal(err)
	}
	a.kill()
	b := newGeneration(t, cfg)
	b.taker = y
	listeners := y.Sockets.Rest()
	if err := y.Begin(b.server, b.passive); err != nil {
		t.Fatalf("Begin() = %v", err)
	}
	b.serve(listeners)
	if len(listeners) != 1 {
		t.Fatalf("%d sockets have come; want 1", len(listeners))
	}
	b.works("127.0.0.1", nil)
}

// TestOtherRange leaves each process its own ports where the ranges differ.
func TestOtherRange(t *testing.T) {
	cfg := span(t, 1)
	a := founder(t, cfg)
	l := a.works("127.0.0.1", nil)
	b := a.succeed(transfer.Config{})
	a.works("127.0.0.1", l)
	if other := b.works("127.0.0.1", nil); other.Port() == l.Port() {
		t.Error("both use one port")
	}
}
