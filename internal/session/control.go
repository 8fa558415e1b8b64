package session

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"pureftpd/internal/ftp"
	"pureftpd/internal/transfer"
)

var (
	errLineTooLong = errors.New("command line too long")
	errTLSAtOnce   = errors.New("TLS in place of a command")
)

const (
	// inlineBuffer holds the commands that clients really send, so that a waiting session needs no other buffer.
	inlineBuffer = 256
	// deadlineSlack is how late a deadline may be noticed: it spares a timer change for nearly every command.
	deadlineSlack = time.Second
	writeTimeout  = 2 * time.Minute
)

// clientHello is how every version of TLS begins, and no command (RFC 8446, 5.1).
var clientHello = []byte{22, 3}

// lineBuffers serve the rare lines, or queues of pipelined ones, that do not fit inline.
var lineBuffers = sync.Pool{New: func() any { return new([ftp.MaxCommandLine]byte) }}

// control is the reading side of a control connection. One goroutine uses it at a time: the session, or during a
// transfer its watcher.
type control struct {
	conn   net.Conn  // what is read and written: raw, or TLS over it
	raw    net.Conn  // the connection itself; it never changes
	tls    *tls.Conn // nil in the clear
	wire   *records  // what tls reads
	inline [inlineBuffer]byte
	big    *[ftp.MaxCommandLine]byte // nil while the inline buffer is enough
	r, w   int                       // what was received and not yet used
	armed  time.Time                 // the read deadline in force
	last   time.Time                 // the write deadline in force
	down   atomic.Bool               // the server shuts down: nothing more is read
}

func (c *control) buf() []byte {
	if c.big != nil {
		return c.big[:]
	}
	return c.inline[:]
}

// pending is the input that was received and not yet used.
func (c *control) pending() []byte { return c.buf()[c.r:c.w] }

// hasLine reports whether a whole command line waits in the buffer.
func (c *control) hasLine() bool { return bytes.IndexByte(c.pending(), '\n') >= 0 }

// readLine returns the next line without its line ending. The slice is valid until the next call. A client that sends
// nothing for idle, or does not finish the line within twice that, gets os.ErrDeadlineExceeded.
func (c *control) readLine(idle time.Duration) ([]byte, error) {
	var started time.Time
	for {
		if c.tls == nil && bytes.HasPrefix(c.pending(), clientHello) {
			return nil, errTLSAtOnce
		}
		if line, ok := c.takeLine(); ok {
			return line, nil
		}
		now := time.Now()
		if started.IsZero() {
			started = now
		}
		deadline := now.Add(idle)
		if last := started.Add(2 * idle); deadline.After(last) {
			deadline = last
		}
		if err := c.fill(now, deadline); err != nil {
			return nil, err
		}
	}
}

// takeLine takes a whole line out of the buffer, if there is one.
func (c *control) takeLine() ([]byte, bool) {
	pending := c.pending()
	i := bytes.IndexByte(pending, '\n')
	if i < 0 {
		return nil, false
	}
	c.r += i + 1
	return bytes.TrimSuffix(pending[:i], []byte("\r")), true
}

// fill reads more input. When the deadline has passed before the call it fails at once.
func (c *control) fill(now, deadline time.Time) error {
	if err := c.makeRoom(); err != nil {
		return err
	}
	if !deadline.After(now) {
		return os.ErrDeadlineExceeded
	}
	if c.armed.Before(deadline) || c.armed.After(deadline.Add(deadlineSlack)) {
		c.armed = deadline.Add(min(deadlineSlack, deadline.Sub(now)/8))
		if err := c.raw.SetReadDeadline(c.armed); err != nil {
			return err
		}
	}
	if c.down.Load() { // set before the interrupt, which the deadline above may have undone
		return os.ErrDeadlineExceeded
	}
	n, err := c.conn.Read(c.buf()[c.w:])
	c.w += n
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// write sends replies to a client that has between half a writeTimeout and a whole one to take them.
func (c *control) write(b []byte) error {
	if now := time.Now(); c.last.Sub(now) < writeTimeout/2 {
		c.last = now.Add(writeTimeout)
		if err := c.raw.SetWriteDeadline(c.last); err != nil {
			return err
		}
	}
	_, err := c.conn.Write(b)
	return err
}

// makeRoom moves the unused input to the front, and into the large buffer when the inline one is full.
func (c *control) makeRoom() error {
	switch {
	case c.r == c.w:
		c.r, c.w = 0, 0
		c.release()
	case c.r > 0:
		copy(c.buf(), c.pending())
		c.r, c.w = 0, c.w-c.r
	}
	if c.w < len(c.buf()) {
		return nil
	}
	if c.big != nil {
		return errLineTooLong
	}
	c.big = lineBuffers.Get().(*[ftp.MaxCommandLine]byte)
	copy(c.big[:], c.inline[:c.w])
	return nil
}

// release gives the large buffer back once nothing is left in it.
func (c *control) release() {
	if c.big != nil && c.r == c.w {
		lineBuffers.Put(c.big)
		c.big, c.r, c.w = nil, 0, 0
	}
}

// hungUp reports, without waiting, whether the client has closed the control connection with nothing left to read.
func (c *control) hungUp() bool {
	conn, ok := c.raw.(syscall.Conn)
	if !ok || c.r != c.w {
		return false
	}
	if c.tls == nil {
		return transfer.HungUp(conn)
	}
	if !transfer.Ended(conn) {
		return false
	}
	now := time.Now() // a command may be left, or only the end of TLS; no more will come, so this does not wait
	err := c.fill(now, now.Add(time.Second))
	return err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

// secured reports whether the connection is protected by TLS.
func (c *control) secured() bool { return c.tls != nil }

// secure lays TLS over the connection; server makes our end of it. After an error the connection is of no use.
func (c *control) secure(server func(net.Conn) *tls.Conn, limit time.Duration) (tls.ConnectionState, error) {
	c.wire = &records{Conn: c.raw, shaking: true}
	c.tls = server(c.wire)
	c.conn = c.tls
	if err := c.raw.SetDeadline(time.Now().Add(limit)); err != nil {
		return tls.ConnectionState{}, err
	}
	c.armed, c.last = time.Time{}, time.Time{}
	if c.down.Load() { // set before the interrupt, which the deadline above may have undone
		return tls.ConnectionState{}, os.ErrDeadlineExceeded
	}
	if err := c.tls.Handshake(); err != nil {
		return tls.ConnectionState{}, err
	}
	c.wire.shaking = false
	return c.tls.ConnectionState(), nil
}

// clearGrace is how long a client may take to end TLS first. lftp loses the reply if our end comes right behind it; curl waits for
// ours.
const clearGrace = 100 * time.Millisecond

// clear ends TLS and keeps the connection. Commands that came before the client ended it are dropped; he is given the time that
// the next command may take.
func (c *control) clear(limit time.Duration) error {
	c.wire.exact = true
	err := c.endOfTLS(clearGrace)
	if err == io.EOF && len(c.wire.clear) == 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		if failed := c.tls.CloseWrite(); failed != nil {
			return failed
		}
	}
	if err != io.EOF {
		err = c.endOfTLS(limit)
	}
	if err != io.EOF {
		return err
	}
	c.armed, c.last = time.Time{}, time.Time{}
	c.r, c.w = 0, 0
	c.release()
	c.w = copy(c.buf(), c.wire.clear)
	c.conn, c.tls, c.wire = c.raw, nil, nil
	return nil
}

// endOfTLS reads until the client ends TLS, which is io.EOF.
func (c *control) endOfTLS(limit time.Duration) error {
	if err := c.raw.SetDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	if c.down.Load() { // as in secure
		return os.ErrDeadlineExceeded
	}
	for {
		if _, err := c.tls.Read(c.buf()); err != nil {
			return err
		}
	}
}

// close ends the connection. A client that is still there is told that TLS ends.
func (c *control) close(gone bool) {
	c.big = nil
	if gone {
		_ = c.raw.Close()
		return
	}
	_ = c.conn.Close() // nothing is lost: replies were written before
}

// interrupt makes a read that another goroutine waits in return at once.
func (c *control) interrupt() { _ = c.raw.SetReadDeadline(time.Unix(1, 0)) }

// shutDown ends all reading for good.
func (c *control) shutDown() {
	c.down.Store(true)
	c.interrupt()
}

// uninterrupt lets reads wait again.
func (c *control) uninterrupt() { c.armed = time.Time{}; _ = c.raw.SetReadDeadline(time.Time{}) }
