package transfer

import (
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var loopback = netip.MustParseAddr("127.0.0.1")

// newPassive returns a Passive that the test closes.
func newPassive(t testing.TB, cfg Config) *Passive {
	t.Helper()
	p, err := NewPassive(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return p
}

// newCopier returns a Copier that the test closes.
func newCopier(t testing.TB) *Copier {
	t.Helper()
	c := NewCopier()
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return c
}

// reserve leases a pair for a client on 127.0.0.1.
func reserve(t testing.TB, p *Passive, previous *Lease) *Lease {
	t.Helper()
	l, err := p.Reserve(t.Context(), Request{Local: loopback, Client: loopback, Previous: previous})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// dialFrom connects to a lease's port from an address.
func dialFrom(t testing.TB, from netip.Addr, port uint16) *net.TCPConn {
	t.Helper()
	local := net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0))
	c, err := net.DialTCP("tcp", local, net.TCPAddrFromAddrPort(netip.AddrPortFrom(loopback, port)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// connected returns the two ends of a data connection.
func connected(t testing.TB) (*Conn, *net.TCPConn) {
	t.Helper()
	l := reserve(t, newPassive(t, Config{Spread: 1}), nil)
	client := dialFrom(t, loopback, l.Port())
	c, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, client
}

// eventually waits for a condition that another goroutine brings about.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	end := time.After(10 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("timed out waiting until %s", what)
		}
	}
}

// closed reports whether the peer has ended the connection.
func closed(c net.Conn) bool {
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return false
	}
	_, err := c.Read(make([]byte, 1))
	return err != nil && !os.IsTimeout(err)
}

// osFile makes an *os.File a File.
type osFile struct{ *os.File }

func (f osFile) Fd() int { return int(f.File.Fd()) }

// scratch returns an open file with the given content.
func scratch(t testing.TB, content []byte) osFile {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "file")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.Write(content); err != nil {
		t.Fatal(err)
	}
	return osFile{f}
}
