package transfer

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Conn is one data connection. It is a net.Conn, so that TLS can be laid over it; the copy loops
// recognize a *Conn and use its descriptor directly.
//
// One goroutine owns a Conn: it alone reads, writes and closes. Abort may be called by any other,
// at any time, also after Close.
type Conn struct {
	fd    int
	peer  netip.AddrPort
	stall time.Duration // owner only; 0 means no limit
	rd    readStep      // owner only
	wr    writeStep     // owner only
	in    direction     // owner only
	out   direction     // owner only

	halted atomic.Bool // mirrors cause != nil, read before each system call

	mu       sync.Mutex
	cause    error // why the connection was aborted
	poll     *os.File
	raw      syscall.RawConn // of poll
	readEnd  time.Time       // SetReadDeadline
	writeEnd time.Time       // SetWriteDeadline
	broken   bool            // close with RST: the peer must not take the end for a complete file
	closed   bool
}

var _ net.Conn = (*Conn)(nil)

// newConn takes over a connected non-blocking descriptor.
func newConn(fd int, peer netip.AddrPort) *Conn { return &Conn{fd: fd, peer: peer} }

// Peer returns the address of the other end, unmapped.
func (c *Conn) Peer() netip.AddrPort { return c.peer }

// RemoteAddr is Peer for net.Conn.
func (c *Conn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.peer) }

// LocalAddr asks the kernel for our end.
func (c *Conn) LocalAddr() net.Addr {
	sa, err := unix.Getsockname(c.fd)
	if err != nil {
		return net.TCPAddrFromAddrPort(netip.AddrPort{})
	}
	return net.TCPAddrFromAddrPort(addrPort(sa))
}

// SetStall bounds the time a read or write may wait without a byte moving; then it fails with
// ErrStalled. Zero means no bound. It belongs to the owner and takes effect at the next wait.
func (c *Conn) SetStall(d time.Duration) { c.stall = d }

// Read reads what has arrived, waiting for the first byte. It returns io.EOF at the peer's end.
func (c *Conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c.rd.buf = p
	err := c.perform(&c.in, &c.rd)
	c.rd.buf = nil
	if err == nil && c.rd.n == 0 {
		err = io.EOF
	}
	return c.rd.n, err
}

// Write writes all of p, waiting as often as needed.
func (c *Conn) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		c.wr.buf = p[done:]
		err := c.perform(&c.out, &c.wr)
		c.wr.buf = nil
		done += c.wr.n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// TryWrite writes as much of p as fits without waiting and returns how much that was. Zero bytes
// without an error mean that the connection is full.
func (c *Conn) TryWrite(p []byte) (int, error) {
	if c.halted.Load() {
		return 0, c.aborted()
	}
	c.wr.buf = p
	err := c.wr.step(c.fd)
	c.wr.buf = nil
	if errors.Is(err, unix.EAGAIN) {
		err = nil
	}
	return c.wr.n, err
}

// CloseWrite ends our direction: the peer reads everything written so far and then the end.
func (c *Conn) CloseWrite() error {
	if err := unix.Shutdown(c.fd, unix.SHUT_WR); err != nil {
		return &PeerError{"shutdown", err}
	}
	return nil
}

// Close ends the connection. Everything written still arrives, unless the transfer was aborted or
// failed: then the peer gets a reset, because in stream mode a plain end would tell it that the
// file is complete (RFC 959, 3.4.1).
func (c *Conn) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return net.ErrClosed
	}
	c.closed = true
	poll, reset := c.poll, c.broken || c.cause != nil
	c.mu.Unlock()
	if reset {
		linger := unix.Linger{Onoff: 1, Linger: 0}
		// A socket that refuses the option is closed the gentle way, which is all that is left.
		_ = unix.SetsockoptLinger(c.fd, unix.SOL_SOCKET, unix.SO_LINGER, &linger)
	}
	if poll != nil {
		return poll.Close()
	}
	return unix.Close(c.fd)
}

// Break marks the transfer as failed, so that Close resets the connection.
func (c *Conn) Break() {
	c.mu.Lock()
	c.broken = true
	c.mu.Unlock()
}

// failed reports whether Close will reset the connection.
func (c *Conn) failed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.broken || c.cause != nil
}

// Finish says that nothing follows, where there is a way to say it before the end: TLS has one. Close says it here.
func (c *Conn) Finish() error { return nil }

// discard throws away what has arrived, up to a bound: a close with something unread resets the connection, and what the peer
// has not received yet is lost.
func (c *Conn) discard() {
	var buf [maxUnread / 4]byte
	for range maxUnread / len(buf) {
		if n, err := unix.Read(c.fd, buf[:]); err != nil || n == 0 {
			return
		}
	}
}

// Abort makes the owner's present and every later read and write fail at once with an error that
// is ErrAborted and the cause, which may be nil. The first stays. The owner still has to Close.
func (c *Conn) Abort(cause error) {
	cause = abortedBy(cause)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.cause != nil {
		return
	}
	c.cause = cause
	c.halted.Store(true)
	if c.poll != nil {
		// The only error is a closed file, and closed was just seen to be false.
		_ = c.poll.SetDeadline(time.Unix(1, 0))
	}
}

// aborted returns the cause of an Abort.
func (c *Conn) aborted() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause
}

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (c *Conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline bounds later reads; it exists for what is laid over the connection. It does not
// disturb a read that is waiting.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readEnd = t
	return nil
}

// SetWriteDeadline bounds later writes, like SetReadDeadline.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writeEnd = t
	return nil
}

// A readStep is one read into buf.
type readStep struct {
	buf []byte
	n   int
}

func (s *readStep) step(fd int) error {
	n, err := unix.Read(fd, s.buf)
	s.n = max(n, 0)
	return peerError("read", err)
}

// A writeStep is one write of buf.
type writeStep struct {
	buf []byte
	n   int
}

func (s *writeStep) step(fd int) error {
	n, err := unix.Write(fd, s.buf)
	s.n = max(n, 0)
	return peerError("write", err)
}
