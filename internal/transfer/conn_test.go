package transfer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestReadAndWrite(t *testing.T) {
	c, client := connected(t)
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	got := make(chan []byte, 1)
	go func() {
		b, _ := io.ReadAll(client)
		got <- b
	}()
	if n, err := c.Write(data); n != len(data) || err != nil {
		t.Fatalf("Write() = %d, %v; want %d, nil", n, err, len(data))
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(<-got, data) {
		t.Error("the peer read something else than what was written")
	}
	if n, err := client.Write([]byte("tail")); n != 4 || err != nil {
		t.Fatal(n, err)
	}
	client.Close()
	if b, err := io.ReadAll(c); string(b) != "tail" || err != nil {
		t.Errorf("ReadAll() = %q, %v; want %q, nil", b, err, "tail")
	}
	if err := c.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
	if err := c.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("second Close() = %v; want net.ErrClosed", err)
	}
}

func TestCloseDeliversEverything(t *testing.T) {
	c, client := connected(t)
	n, err := c.TryWrite(make([]byte, 100_000))
	if n == 0 || err != nil || c.poll != nil {
		t.Fatalf("TryWrite() = %d, %v; want some bytes and no registration", n, err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(client); len(b) != n || err != nil {
		t.Errorf("the peer read %d bytes, %v; want %d, nil", len(b), err, n)
	}
}

func TestBrokenTransferResetsThePeer(t *testing.T) {
	for name, fail := range map[string]func(*Conn){
		"Abort": func(c *Conn) { c.Abort(nil) },
		"Break": (*Conn).Break,
	} {
		c, client := connected(t)
		if _, err := c.Write([]byte("half a file")); err != nil {
			t.Fatal(err)
		}
		fail(c)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(client); !errors.Is(err, unix.ECONNRESET) {
			t.Errorf("%s: the peer read %v; want ECONNRESET", name, err)
		}
	}
}

func TestStall(t *testing.T) {
	c, _ := connected(t)
	c.SetStall(20 * time.Millisecond)
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, ErrStalled) {
		t.Errorf("Read() of a silent peer = %v; want ErrStalled", err)
	}
	n, err := c.Write(make([]byte, 64<<20))
	if n == 0 || !errors.Is(err, ErrStalled) {
		t.Errorf("Write() to a peer that does not read = %d, %v; want some bytes, ErrStalled", n, err)
	}
}

func TestStallSeesBytesBelowTheLowWaterMark(t *testing.T) {
	c, client := connected(t)
	if err := unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, lowWater); err != nil {
		t.Fatal(err)
	}
	if err := c.register(); err != nil {
		t.Fatal(err)
	}
	c.SetStall(50 * time.Millisecond)
	go client.Write([]byte("few"))
	n, err := io.ReadFull(c, make([]byte, 3))
	if n != 3 || err != nil {
		t.Errorf("Read() = %d, %v; want 3, nil", n, err)
	}
}

func TestAbort(t *testing.T) {
	why := errors.New("ABOR")
	c, _ := connected(t)
	done := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		done <- err
	}()
	eventually(t, "Read waits", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.poll != nil
	})
	c.Abort(why)
	c.Abort(errors.New("another"))
	if err := <-done; !errors.Is(err, why) || !errors.Is(err, ErrAborted) {
		t.Errorf("Read() = %v; want %v and ErrAborted", err, why)
	}
	if _, err := c.Write([]byte("x")); !errors.Is(err, why) {
		t.Errorf("Write() after Abort = %v; want %v", err, why)
	}
	if _, err := c.TryWrite([]byte("x")); !errors.Is(err, why) {
		t.Errorf("TryWrite() after Abort = %v; want %v", err, why)
	}
	c.Close()
	c.Abort(nil)
}

func TestPeerResetIsPeerError(t *testing.T) {
	c, client := connected(t)
	if err := client.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	client.Close()
	_, err := c.Read(make([]byte, 1))
	if pe, ok := errors.AsType[*PeerError](err); !ok || !errors.Is(pe, unix.ECONNRESET) {
		t.Errorf("Read() = %v; want a PeerError with ECONNRESET", err)
	}
}

func TestDeadline(t *testing.T) {
	c, _ := connected(t)
	c.SetStall(time.Hour)
	if err := c.SetDeadline(time.Now().Add(5 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Read() = %v; want os.ErrDeadlineExceeded", err)
	}
	if c.LocalAddr().(*net.TCPAddr).Port == 0 || c.RemoteAddr().(*net.TCPAddr).Port == 0 {
		t.Errorf("addresses %v, %v; want ports", c.LocalAddr(), c.RemoteAddr())
	}
}

func TestDial(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	peer := netip.MustParseAddrPort(l.Addr().String())
	var d Dialer
	c, err := d.Dial(t.Context(), netip.MustParseAddr("127.0.0.5"), peer)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if got := other.RemoteAddr().(*net.TCPAddr).IP.String(); got != "127.0.0.5" {
		t.Errorf("source address = %s; want 127.0.0.5", got)
	}
}

func TestDialErrorsKeepTheErrno(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	peer := netip.MustParseAddrPort(l.Addr().String())
	l.Close()
	var d Dialer
	if _, err := d.Dial(t.Context(), loopback, peer); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("Dial(closed port) = %v; want ECONNREFUSED", err)
	}
	_, err = d.Dial(t.Context(), netip.MustParseAddr("192.0.2.1"), peer)
	if !errors.Is(err, unix.EADDRNOTAVAIL) {
		t.Errorf("Dial(foreign local address) = %v; want EADDRNOTAVAIL", err)
	}
}

// silentPeer is a port whose queue is full: connects to it are not answered.
func silentPeer(t *testing.T) netip.AddrPort {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	at := &unix.SockaddrInet4{Addr: loopback.As4()}
	if err := errors.Join(unix.Bind(fd, at), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	peer := addrPort(name)
	for range 3 {
		c, err := net.DialTimeout("tcp", peer.String(), 50*time.Millisecond)
		if err != nil {
			return peer
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Fatal("the queue does not fill")
	return peer
}

func TestDialGivesUp(t *testing.T) {
	peer := silentPeer(t)
	d := Dialer{Timeout: 20 * time.Millisecond}
	if _, err := d.Dial(t.Context(), loopback, peer); !errors.Is(err, unix.ETIMEDOUT) {
		t.Errorf("Dial() = %v; want ETIMEDOUT", err)
	}
	why := errors.New("session over")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(20*time.Millisecond, func() { cancel(why) })
	d.Timeout = time.Hour
	if _, err := d.Dial(ctx, loopback, peer); !errors.Is(err, why) {
		t.Errorf("Dial() = %v; want the cause of the context", err)
	}
}

func TestDialWithoutPrivilegeUsesAnyPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	calls := 0
	d := Dialer{BindLow: func(func() error) error { calls++; return unix.EPERM }}
	c, err := d.Dial(t.Context(), loopback, netip.MustParseAddrPort(l.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if port := c.LocalAddr().(*net.TCPAddr).Port; calls != 1 || port < 1024 {
		t.Errorf("source port %d after %d calls; want an ordinary port after 1", port, calls)
	}
}

// unread reports whether something has arrived that was not read.
func unread(c *Conn) bool {
	var b [1]byte
	n, _, err := unix.Recvfrom(c.fd, b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	return err == nil && n > 0
}
