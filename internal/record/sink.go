package record

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// writeLimit is how long a log daemon may take to accept one line before the line is lost.
const writeLimit = time.Second

// errUndelivered means that a line reached neither the log daemon nor standard error.
var errUndelivered = errors.New("record: line not delivered")

// A sink delivers lines, one at a time. Only the writer's goroutine uses it.
type sink struct {
	header *header
	socket string    // "": standard error only
	stderr io.Writer // also the way out while the socket is not there

	conn net.Conn // nil: not connected
	buf  []byte

	delivered, printed atomic.Uint64 // lines, to the log daemon and to standard error
	connected          atomic.Bool   // the last line was delivered
}

// write delivers one line: to the log daemon, connecting again once in case it was restarted,
// else to standard error.
func (s *sink) write(x *line) error {
	if s.socket != "" {
		s.buf = s.header.appendDatagram(s.buf[:0], x)
		again := s.conn != nil
		err := s.send()
		if err != nil && again && !errors.Is(err, os.ErrDeadlineExceeded) {
			err = s.send()
		}
		s.connected.Store(err == nil)
		if err == nil {
			s.delivered.Add(1)
			return nil
		}
	}
	s.buf = append(s.header.appendPlain(s.buf[:0], x), '\n')
	if _, err := s.stderr.Write(s.buf); err != nil {
		return errUndelivered
	}
	s.printed.Add(1)
	return nil
}

// send writes buf as one datagram, over a new connection if there is none; a connection that
// fails is closed.
func (s *sink) send() error {
	if s.conn == nil {
		conn, err := net.DialTimeout("unixgram", s.socket, writeLimit)
		if err != nil {
			return err
		}
		s.conn = conn
	}
	err := s.conn.SetWriteDeadline(time.Now().Add(writeLimit))
	if err == nil {
		_, err = s.conn.Write(s.buf)
	}
	if err != nil {
		s.conn.Close()
		s.conn = nil
	}
	return err
}

func (s *sink) close() error {
	if s.conn == nil {
		return nil
	}
	return s.conn.Close()
}
