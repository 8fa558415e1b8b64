package transfer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestLeaseServesSeveralConnections(t *testing.T) {
	p := newPassive(t, Config{})
	l := reserve(t, p, nil)
	for i := range 3 {
		client := dialFrom(t, loopback, l.Port())
		c, err := l.Accept(t.Context())
		if err != nil {
			t.Fatalf("Accept() %d = %v", i, err)
		}
		if got, want := c.Peer().String(), client.LocalAddr().String(); got != want {
			t.Errorf("Peer() = %s; want %s", got, want)
		}
		c.Close()
	}
	l.Release()
	l.Release()
	if _, err := l.Accept(t.Context()); !errors.Is(err, ErrReleased) {
		t.Errorf("Accept() after Release = %v; want ErrReleased", err)
	}
	if got := p.Stats().Leases; got != 0 {
		t.Errorf("Leases = %d; want 0", got)
	}
}

func TestArrivedNeverWaits(t *testing.T) {
	l := reserve(t, newPassive(t, Config{}), nil)
	if c, ok := l.Arrived(); ok || c != nil {
		t.Fatalf("Arrived() before the client = %v, %v; want nil, false", c, ok)
	}
	dialFrom(t, loopback, l.Port())
	var c *Conn
	eventually(t, "the connection has arrived", func() (ok bool) {
		c, ok = l.Arrived()
		return ok
	})
	c.Close()
	l.Release()
	if c, ok := l.Arrived(); ok || c != nil {
		t.Errorf("Arrived() after Release = %v, %v; want nil, false", c, ok)
	}
}

func TestAcceptWaitsForTheClient(t *testing.T) {
	l := reserve(t, newPassive(t, Config{}), nil)
	done := make(chan error, 1)
	go func() {
		c, err := l.Accept(t.Context())
		if err == nil {
			err = c.Close()
		}
		done <- err
	}()
	eventually(t, "Accept waits", func() bool {
		l.p.mu.Lock()
		defer l.p.mu.Unlock()
		return l.waiting
	})
	dialFrom(t, loopback, l.Port())
	if err := <-done; err != nil {
		t.Errorf("Accept() = %v", err)
	}
}

func TestAcceptEndsWithContextAndClose(t *testing.T) {
	p := newPassive(t, Config{})
	l := reserve(t, p, nil)
	why := errors.New("idle")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := l.Accept(ctx); !errors.Is(err, why) {
		t.Errorf("Accept() = %v; want the cause of the context", err)
	}
	other, err := NewPassive(Config{})
	if err != nil {
		t.Fatal(err)
	}
	l = reserve(t, other, nil)
	if err := other.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
	if _, err := l.Accept(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept() after Close = %v; want net.ErrClosed", err)
	}
	_, err = other.Reserve(t.Context(), Request{Local: loopback, Client: loopback})
	if !errors.Is(err, net.ErrClosed) {
		t.Errorf("Reserve() after Close = %v; want net.ErrClosed", err)
	}
	l.Release()
}

func TestRenewKeepsThePairAndDropsLateArrivals(t *testing.T) {
	p := newPassive(t, Config{})
	l := reserve(t, p, nil)
	late := dialFrom(t, loopback, l.Port())
	l.port.drain()
	if again := reserve(t, p, l); again != l {
		t.Fatalf("Reserve(Previous) = port %d; want the same lease, port %d", again.Port(), l.Port())
	}
	if !closed(late) {
		t.Error("the connection for the earlier command was not closed")
	}
	req := Request{Local: loopback, Client: loopback, Any: true, Previous: l}
	other, err := p.Reserve(t.Context(), req)
	if err != nil || other == l {
		t.Fatalf("Reserve(Any, Previous) = %v, %v; want another lease", other, err)
	}
	if _, err := l.Accept(t.Context()); !errors.Is(err, ErrReleased) {
		t.Errorf("previous lease = %v; want ErrReleased", err)
	}
}

func TestStrangersAreRefused(t *testing.T) {
	p := newPassive(t, Config{})
	l := reserve(t, p, nil)
	stranger := dialFrom(t, netip.MustParseAddr("127.0.0.9"), l.Port())
	if !closed(stranger) {
		t.Error("a connection from another address was not closed")
	}
	if got := p.Stats().Refused; got != 1 {
		t.Errorf("Refused = %d; want 1", got)
	}
	l.Release()
	if !closed(dialFrom(t, loopback, l.Port())) {
		t.Error("a connection after Release was not closed")
	}
}

func TestAnyHasThePortAlone(t *testing.T) {
	p := newPassive(t, Config{Spread: 1, MaxListeners: 1, Rest: 20 * time.Millisecond})
	any, err := p.Reserve(t.Context(), Request{Local: loopback, Client: loopback, Any: true})
	if err != nil {
		t.Fatal(err)
	}
	dialFrom(t, netip.MustParseAddr("127.0.0.9"), any.Port())
	c, err := any.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	req := Request{Local: loopback, Client: netip.MustParseAddr("127.0.0.8")}
	if _, err := p.Reserve(ctx, req); !errors.Is(err, ErrNoPort) {
		t.Errorf("Reserve() beside an Any lease = %v; want ErrNoPort", err)
	}
	any.Release()
	ordinary, err := p.Reserve(t.Context(), req)
	if err != nil {
		t.Fatalf("Reserve() after its rest = %v", err)
	}
	if got := ordinary.Port(); got != any.Port() {
		t.Errorf("port = %d; want %d", got, any.Port())
	}
}

func TestAnyTakesOverIdleLeases(t *testing.T) {
	p := newPassive(t, Config{MaxListeners: 1, Rest: time.Millisecond, Hold: time.Millisecond})
	first := reserve(t, p, nil)
	eight := netip.MustParseAddr("127.0.0.8")
	second, err := p.Reserve(t.Context(), Request{Local: loopback, Client: eight})
	if err != nil {
		t.Fatal(err)
	}
	any := Request{Local: loopback, Client: loopback, Any: true}
	if _, err := p.Reserve(t.Context(), any); err != nil {
		t.Fatal(err)
	}
	for _, l := range []*Lease{first, second} {
		if _, err := l.Accept(t.Context()); !errors.Is(err, ErrLost) {
			t.Errorf("Accept() = %v; want ErrLost", err)
		}
	}
	if got := p.Stats(); got.TakenOver != 2 || got.Leases != 1 {
		t.Errorf("Stats() = %+v; want 2 taken over, 1 lease", got)
	}
}

func TestPairRestsBeforeAnotherSession(t *testing.T) {
	const rest = 60 * time.Millisecond
	p := newPassive(t, Config{MaxListeners: 1, Rest: rest})
	reserve(t, p, nil).Release()
	began := time.Now()
	reserve(t, p, nil)
	if waited := time.Since(began); waited < rest-5*time.Millisecond {
		t.Errorf("another session got the pair after %v; want %v", waited, rest)
	}
}

func TestIdleLeaseIsTakenOver(t *testing.T) {
	p := newPassive(t, Config{MaxListeners: 1, Rest: time.Millisecond, Hold: time.Hour})
	old := reserve(t, p, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err := p.Reserve(ctx, Request{Local: loopback, Client: loopback})
	if !errors.Is(err, ErrNoPort) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Reserve() while the first waits for its client = %v; want ErrNoPort", err)
	}
	dialFrom(t, loopback, old.Port())
	c, err := old.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	young := reserve(t, p, nil)
	if _, err := old.Accept(t.Context()); !errors.Is(err, ErrLost) {
		t.Errorf("Accept() of the old lease = %v; want ErrLost", err)
	}
	old.Release() // must not free what is not its own
	dialFrom(t, loopback, young.Port())
	if c, err = young.Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func TestWaitIsBounded(t *testing.T) {
	p := newPassive(t, Config{MaxListeners: 1, Wait: 5 * time.Millisecond})
	reserve(t, p, nil)
	_, err := p.Reserve(t.Context(), Request{Local: loopback, Client: loopback})
	if !errors.Is(err, ErrNoPort) {
		t.Errorf("Reserve() = %v; want ErrNoPort", err)
	}
	if got := p.Stats().Waiting; got != 0 {
		t.Errorf("Waiting = %d; want 0", got)
	}
}

// takenRange returns a range of two ports of which the first belongs to somebody else.
func takenRange(t *testing.T) (first uint16, blocker net.Listener) {
	t.Helper()
	for first := uint16(24100); first < 24200; first += 2 {
		one, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first))
		if err != nil {
			continue
		}
		two, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+1))
		if err == nil {
			two.Close()
			t.Cleanup(func() { one.Close() })
			return first, one
		}
		one.Close()
	}
	t.Fatal("no two free ports between 24100 and 24200")
	return 0, nil
}

func TestTakenPortIsSkippedAndReported(t *testing.T) {
	first, _ := takenRange(t)
	var reports []error
	report := func(err error) { reports = append(reports, err) }
	p := newPassive(t, Config{First: first, Last: first + 1, Report: report})
	for _, client := range []string{"127.0.0.1", "127.0.0.2", "127.0.0.3"} {
		l, err := p.Reserve(t.Context(), Request{Local: loopback, Client: netip.MustParseAddr(client)})
		if err != nil || l.Port() != first+1 {
			t.Fatalf("Reserve() = %v, %v; want port %d", l, err, first+1)
		}
	}
	if len(reports) != 1 || !errors.Is(reports[0], unix.EADDRINUSE) {
		t.Errorf("reports = %v; want one EADDRINUSE", reports)
	}
}

func TestNoPortAtAllFailsAtOnce(t *testing.T) {
	first, _ := takenRange(t)
	p := newPassive(t, Config{First: first, Last: first, Wait: time.Hour})
	_, err := p.Reserve(t.Context(), Request{Local: loopback, Client: loopback})
	if !errors.Is(err, ErrNoPort) || !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("Reserve() = %v; want ErrNoPort and EADDRINUSE", err)
	}
	p = newPassive(t, Config{Wait: time.Hour})
	_, err = p.Reserve(t.Context(), Request{Local: netip.MustParseAddr("192.0.2.1"), Client: loopback})
	if !errors.Is(err, ErrNoPort) || !errors.Is(err, unix.EADDRNOTAVAIL) {
		t.Errorf("Reserve(foreign address) = %v; want ErrNoPort and EADDRNOTAVAIL", err)
	}
}

func TestSparePortGivesWay(t *testing.T) {
	p := newPassive(t, Config{MaxListeners: 2, Spread: 2, Rest: time.Millisecond})
	reserve(t, p, nil)
	two := netip.MustParseAddr("127.0.0.2")
	other, err := p.Reserve(t.Context(), Request{Local: loopback, Client: two})
	if err != nil {
		t.Fatal(err)
	}
	other.Release()
	second := netip.MustParseAddr("127.0.0.77")
	if _, err := p.Reserve(t.Context(), Request{Local: second, Client: loopback}); err != nil {
		t.Errorf("Reserve() for another local address = %v", err)
	}
	if got := p.Stats().Listeners; got != 2 {
		t.Errorf("Listeners = %d; want 2", got)
	}
}

func TestMappedAndSixAddresses(t *testing.T) {
	p := newPassive(t, Config{Spread: 1})
	mapped := netip.AddrFrom16(loopback.As16())
	l, err := p.Reserve(t.Context(), Request{Local: mapped, Client: mapped})
	if err != nil {
		t.Fatal(err)
	}
	dialFrom(t, loopback, l.Port())
	c, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	six := netip.IPv6Loopback()
	if l, err = p.Reserve(t.Context(), Request{Local: six, Client: six}); err != nil {
		t.Fatal(err)
	}
	client, err := net.Dial("tcp", netip.AddrPortFrom(six, l.Port()).String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if c, err = l.Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := c.Peer().Addr(); got != six {
		t.Errorf("Peer() = %v; want %v", got, six)
	}
	c.Close()
}

func TestConnectionsInheritTheirOptions(t *testing.T) {
	c, _ := connected(t)
	for _, test := range []struct {
		name                string
		level, option, want int
	}{
		{"TCP_NODELAY", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
		{"IP_TOS", unix.IPPROTO_IP, unix.IP_TOS, throughput},
	} {
		got, err := unix.GetsockoptInt(c.fd, test.level, test.option)
		if err != nil || got != test.want {
			t.Errorf("%s = %d, %v; want %d", test.name, got, err, test.want)
		}
	}
	for _, test := range []struct{ command, want int }{
		{unix.F_GETFD, unix.FD_CLOEXEC}, {unix.F_GETFL, unix.O_NONBLOCK},
	} {
		flags, err := unix.FcntlInt(uintptr(c.fd), test.command, 0)
		if err != nil || flags&test.want == 0 {
			t.Errorf("fcntl(%d) = %#x, %v; want %#x set", test.command, flags, err, test.want)
		}
	}
}

// TestDescriptorExhaustion lets accept run out of descriptors. The connection must come through when
// there are some again, and until then the port must go to nobody else.
func TestDescriptorExhaustion(t *testing.T) {
	p := newPassive(t, Config{Spread: 1, MaxListeners: 1, Wait: 20 * time.Millisecond})
	l := reserve(t, p, nil)
	client, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(client)
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
			t.Error(err)
		}
	}()
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	to := &unix.SockaddrInet4{Port: int(l.Port()), Addr: loopback.As4()}
	if err := unix.Connect(client, to); err != nil {
		t.Fatal(err)
	}
	eventually(t, "accept is stuck", l.port.stuck.Load)
	_, err = p.Reserve(t.Context(), Request{Local: loopback, Client: netip.MustParseAddr("127.0.0.2")})
	if !errors.Is(err, ErrNoPort) {
		t.Errorf("Reserve() on a stuck port = %v; want ErrNoPort", err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	eventually(t, "accept works again", func() bool { return !l.port.stuck.Load() })
}
