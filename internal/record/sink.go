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

// A sink delivers lines to the log daemon, one at a time. Only the writer's goroutine uses it.
type sink struct {
	header *header
	socket string    // "": standard error only
	stderr io.Writer // also the way out while the socket is not there
	mute   bool      // there is no such way out

	conn net.Conn // nil: not connected
	away bool     // lines go to standard error in place of the socket
	buf  []byte

	delivered, printed atomic.Uint64 // lines, to the log daemon and to standard error
	connected          atomic.Bool   // the last line was delivered to the log daemon
}

// write delivers one line: to the log daemon, connecting again once in case it was restarted,
// else to standard error. What it returns is good until the next call, as with Target.
func (s *sink) write(x *line) ([]byte, error) {
	if s.socket == "" {
		return s.fall(x)
	}
	s.buf = s.header.appendDatagram(s.buf[:0], x)
	again := s.conn != nil
	err := s.send()
	if err != nil && again && !errors.Is(err, os.ErrDeadlineExceeded) {
		err = s.send()
	}
	s.connected.Store(err == nil)
	if err == nil {
		s.away = false
		s.delivered.Add(1)
		return s.buf, nil
	}
	if s.mute {
		return nil, errUndelivered
	}
	if !s.away {
		s.away = true
		why := line{when: x.when, level: Notice, message: "the log goes to standard error until there is a log daemon: " + err.Error()}
		_, _ = s.fall(&why) // if this is lost, x is, and counts
	}
	return s.fall(x)
}

// fall delivers a line to standard error.
func (s *sink) fall(x *line) ([]byte, error) {
	s.buf = append(s.header.appendPlain(s.buf[:0], x), '\n')
	if _, err := s.stderr.Write(s.buf); err != nil {
		return nil, errUndelivered
	}
	s.printed.Add(1)
	return s.buf, nil
}

// connect finds the log daemon.
func (s *sink) connect() (err error) {
	s.conn, err = net.DialTimeout("unixgram", s.socket, writeLimit)
	return err
}

// send writes buf as one datagram, over a new connection if there is none; a connection that
// fails is closed.
func (s *sink) send() error {
	if s.conn == nil {
		if err := s.connect(); err != nil {
			s.conn = nil
			return err
		}
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
