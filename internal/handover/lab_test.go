package handover

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pureftpd/internal/server"
	"pureftpd/internal/transfer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

var loopback = netip.MustParseAddr("127.0.0.1")

// A generation is a process as far as a hand-over goes: they are all in one here, with real sockets between them.
type generation struct {
	t         testing.TB
	admission *server.Admission
	server    *server.Server
	passive   *transfer.Passive
	giver     *Giver
	taker     *Taker // nil for the first
	stop      context.CancelFunc
	served    chan error
	killed    sync.Once

	mu  sync.Mutex
	log []string
}

func newGeneration(t testing.TB, cfg transfer.Config) *generation {
	t.Helper()
	passive, err := transfer.NewPassive(cfg)
	if err != nil {
		t.Fatal(err)
	}
	g := &generation{t: t, admission: server.NewAdmission(0, 0, nil), passive: passive, served: make(chan error, 1)}
	g.server = server.New(nil, g.admission, nil)
	g.giver = &Giver{Server: g.server, Passive: func() *transfer.Passive { return passive }, Given: func(int) {}, Log: func(text string) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.log = append(g.log, text)
	}}
	return g
}

// serve listens until the end of the test, or kill.
func (g *generation) serve(listeners []net.Listener) {
	ctx, stop := context.WithCancel(context.Background())
	g.stop = stop
	go func() { g.served <- g.server.Serve(ctx, ctx, listeners) }()
	g.t.Cleanup(g.kill)
	eventually(g.t, "the server listens", func() bool {
		files, err := g.server.Sockets()
		for _, f := range files {
			f.Close()
		}
		return err == nil
	})
}

// kill ends it as the end of a process does.
func (g *generation) kill() {
	g.killed.Do(func() {
		g.stop()
		if err := <-g.served; err != nil {
			g.t.Errorf("Serve() = %v", err)
		}
		g.giver.Close()
		if g.taker != nil {
			g.taker.Close()
		}
		if err := g.passive.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			g.t.Errorf("Close() = %v", err)
		}
	})
}

// founder is the first generation.
func founder(t testing.TB, cfg transfer.Config) *generation {
	t.Helper()
	listeners, err := server.Listen(t.Context(), server.Bind{Host: "127.0.0.1", Port: "0", IPv4: true})
	if err != nil {
		t.Fatal(err)
	}
	g := newGeneration(t, cfg)
	g.serve(listeners)
	return g
}

// offered is a Taker that has got the sockets of a generation.
func (g *generation) offered() (*Taker, error) {
	g.t.Helper()
	path := g.t.TempDir() + "/s"
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		g.t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		g.t.Fatal(err)
	}
	if err := g.giver.Give(l.AcceptUnix); err != nil {
		conn.Close()
		return nil, err
	}
	return Take(conn)
}

// succeed makes the next generation, with the same range of ports.
func (g *generation) succeed(cfg transfer.Config) *generation {
	g.t.Helper()
	t, err := g.offered()
	if err != nil {
		g.t.Fatal(err)
	}
	next := newGeneration(g.t, cfg)
	next.taker = t
	listeners := t.Sockets.Rest()
	if err := t.Begin(next.server, next.passive); err != nil {
		g.t.Fatal(err)
	}
	next.serve(listeners)
	eventually(g.t, "the older has given", func() bool { return g.giver.Successor() == os.Getpid() })
	return next
}

// eventually waits for a condition that another goroutine brings about.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("timed out waiting until %s", what)
		}
	}
}

// reserve leases a pair for a client.
func (g *generation) reserve(client string, previous *transfer.Lease) *transfer.Lease {
	g.t.Helper()
	l, err := g.passive.Reserve(g.t.Context(), transfer.Request{
		Local: loopback, Client: netip.MustParseAddr(client), Previous: previous,
	})
	if err != nil {
		g.t.Fatalf("Reserve(%s) = %v", client, err)
	}
	return l
}

// dial connects to a passive port.
func dial(t testing.TB, from string, port uint16) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: patience}
	c, err := d.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// accepts checks that a lease gets exactly this connection, on which a byte passes.
func accepts(t testing.TB, l *transfer.Lease, client net.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := l.Accept(ctx)
	if err != nil {
		t.Fatalf("Accept() = %v", err)
	}
	defer c.Close()
	if got, want := c.Peer().String(), client.LocalAddr().String(); got != want {
		t.Fatalf("the connection comes from %s; want %s", got, want)
	}
	if _, err := c.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := client.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if n, err := client.Read(make([]byte, 2)); n != 1 || err != nil {
		t.Fatalf("the client read %d bytes, %v; want 1", n, err)
	}
}

// works leases a pair, connects and accepts.
func (g *generation) works(client string, previous *transfer.Lease) *transfer.Lease {
	g.t.Helper()
	l := g.reserve(client, previous)
	accepts(g.t, l, dial(g.t, client, l.Port()))
	return l
}

// span is a range of n free ports.
func span(t testing.TB, n uint16) transfer.Config {
	t.Helper()
	for first := uint16(24300); first < 24800; first += n {
		free := true
		for i := range n {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+i))
			if err != nil {
				free = false
				break
			}
			l.Close()
		}
		if free {
			return transfer.Config{First: first, Last: first + n - 1, Rest: 20 * time.Millisecond, Hold: time.Second}
		}
	}
	t.Fatal("no free ports")
	return transfer.Config{}
}
