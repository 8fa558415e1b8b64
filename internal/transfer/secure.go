package transfer

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// ErrTruncated says that the peer ended the TCP connection without ending TLS (close_notify; RFC 8446, 6.1). Anybody on the
// way can have done that: what came may be a part only.
var ErrTruncated = errors.New("TLS ended without close_notify")

const (
	// sealedSize holds what a pooled buffer becomes when it is sealed: four records, and the alert that ends them.
	sealedSize = smallSize + 1<<10
	// maxUnread bounds what is read and thrown away before a close.
	maxUnread = 16 << 10
)

// A Secure is TLS laid over a data connection. Send and Receive know it: what they write goes out in large pieces, a small file
// and its end in one.
//
// One goroutine owns it together with its Conn, whose Abort, Break, stall limit and deadlines hold for both.
type Secure struct {
	conn *Conn
	tls  *tls.Conn
	wire sealed

	// Lenient takes the end of the TCP connection between two records for the end of the data, as do many servers; Truncated
	// tells afterwards.
	Lenient bool

	established bool
	truncated   bool
	finished    bool // close_notify is written
}

// NewSecure lays TLS over a connection; server makes our end of it. It says nothing yet: Handshake does.
func NewSecure(conn *Conn, server func(net.Conn) *tls.Conn) *Secure {
	s := &Secure{conn: conn, wire: sealed{Conn: conn}}
	s.tls = server(&s.wire)
	return s
}

// Handshake agrees with the peer on the keys, within the limit. When it fails the peer gets an alert, and Close a plain end
// of the connection after it.
func (s *Secure) Handshake(limit time.Duration) error {
	if err := s.conn.SetDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	if err := s.tls.Handshake(); err != nil {
		return err
	}
	s.established, s.wire.gathering = true, true
	return s.conn.SetDeadline(time.Time{})
}

// State is what was agreed on.
func (s *Secure) State() tls.ConnectionState { return s.tls.ConnectionState() }

// Read reads what was sealed: all records that have come, if p holds them. A stream that ends without close_notify ends with
// ErrTruncated.
func (s *Secure) Read(p []byte) (int, error) {
	n, err := s.tls.Read(p)
	for err == nil && n > 0 && n < len(p) && s.wire.ahead.whole() {
		var more int
		more, err = s.tls.Read(p[n:])
		n += more
	}
	switch {
	case err == io.ErrUnexpectedEOF: // within a record
		s.truncated = true
		err = ErrTruncated
	case err == io.EOF && s.wire.ended: // TLS had asked for more: there was no alert
		s.truncated = true
		if !s.Lenient {
			err = ErrTruncated
		}
	}
	return n, err
}

// Truncated reports whether the stream ended without close_notify.
func (s *Secure) Truncated() bool { return s.truncated }

// Write seals p. What it has become goes out with the next Flush, with Finish, or when it is more than a buffer holds.
func (s *Secure) Write(p []byte) (int, error) { return s.tls.Write(p) }

// Flush sends what was sealed.
func (s *Secure) Flush() error { return s.wire.flush() }

// Finish tells the peer that nothing follows, and sends that together with what was not sent yet.
func (s *Secure) Finish() error {
	s.finished = true
	if err := s.tls.CloseWrite(); err != nil {
		return err
	}
	return s.wire.flush()
}

// Break is the connection's.
func (s *Secure) Break() { s.conn.Break() }

// Close ends the connection as Conn.Close does. It never waits: a peer that was not told the end is told it if the connection
// has room for that.
func (s *Secure) Close() error {
	if !s.conn.failed() {
		if s.established && !s.finished && s.tls.CloseWrite() == nil {
			// The end of what we received: the peer has gone or will miss nothing.
			_, _ = s.conn.TryWrite(s.wire.pending())
		}
		s.conn.discard()
	}
	s.wire.release()
	s.wire.ahead.release()
	return s.conn.Close()
}

// sealed is the connection as TLS uses it. TLS writes record by record; they are gathered, so that a large write is one for the
// kernel, too.
type sealed struct {
	*Conn
	gathering bool
	ended     bool // the peer has ended the connection
	ahead     ahead
	buf       *[sealedSize]byte
	n         int
}

// sealedBuffers hold records from the moment they are sealed until they are sent, or from their arrival until they are opened.
var sealedBuffers = sync.Pool{New: func() any { return new([sealedSize]byte) }}

// Read reads a record or a part of one, and notes the end.
func (w *sealed) Read(p []byte) (int, error) {
	for !w.ahead.ready() {
		had := w.ahead.w - w.ahead.r
		if err := w.perform(&w.in, &w.ahead); err != nil {
			return 0, err
		}
		if w.ahead.w-w.ahead.r > had {
			continue
		}
		w.ended = true
		if had == 0 {
			return 0, io.EOF
		}
		w.ahead.left = had // a piece of a header, which TLS knows how to judge
	}
	return w.ahead.take(p), nil
}

// Write gathers p, which is one record.
func (w *sealed) Write(p []byte) (int, error) {
	if !w.gathering {
		n, err := w.Conn.Write(p)
		acknowledgeAtOnce(w.fd)
		return n, err
	}
	if w.n+len(p) > sealedSize {
		if err := w.flush(); err != nil {
			return 0, err
		}
	}
	if w.buf == nil {
		w.buf = sealedBuffers.Get().(*[sealedSize]byte)
	}
	w.n += copy(w.buf[w.n:], p)
	return len(p), nil
}

// SetWriteDeadline does nothing: TLS bounds the writing of its alert, which is gathered like the rest, and leaves a deadline
// behind that has passed.
func (w *sealed) SetWriteDeadline(time.Time) error { return nil }

// pending is what was gathered and not sent.
func (w *sealed) pending() []byte {
	if w.buf == nil {
		return nil
	}
	return w.buf[:w.n]
}

// flush sends what was gathered.
func (w *sealed) flush() error {
	if w.n == 0 {
		return nil
	}
	_, err := w.Conn.Write(w.pending())
	w.release()
	return err
}

// release gives the buffer of what was gathered back.
func (w *sealed) release() {
	if w.buf != nil {
		sealedBuffers.Put(w.buf)
		w.buf, w.n = nil, 0
	}
}
