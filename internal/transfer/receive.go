package transfer

import (
	"io"

	"golang.org/x/sys/unix"
)

// Receive stores what the peer sends, up to its end, in a file. On a *Conn a large binary file goes
// from the socket to the page cache through a pipe where the kernel and the file system can do that;
// ASCII, small files and other readers, such as TLS, go through a buffer. When it fails the
// connection is marked so that its Close resets it; the bytes counted in Result.File are stored.
func (c *Copier) Receive(r io.Reader, j Job) Result {
	conn, direct := r.(*Conn)
	s := &receiver{c: c, r: r, conn: conn, job: j}
	if !direct {
		s.res.Err = s.buffered()
		return s.res
	}
	if s.res.Err = s.loop(); s.res.Err != nil {
		conn.Break()
	}
	return s.res
}

// A receiver is one transfer from the peer. job.Offset moves on with the bytes.
type receiver struct {
	c       *Copier
	r       io.Reader
	conn    *Conn
	job     Job
	res     Result
	ended   bool
	zero    bool // use splice
	refused bool // splice does not work for this file
}

// loop steps until the peer ends.
func (s *receiver) loop() error {
	for {
		before := s.res.Wire
		if err := s.conn.perform(&s.conn.in, s); err != nil || s.ended {
			return err
		}
		if s.job.Pace != nil {
			if err := s.job.pace(int(s.res.Wire - before)); err != nil {
				return err
			}
			continue
		}
		if !s.zero && !s.refused && s.res.Wire >= spliceAfter && !s.job.ASCII {
			s.zero = true
			// Fewer and larger rounds. Without it the transfer works the same.
			_ = unix.SetsockoptInt(s.conn.fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, lowWater)
		}
	}
}

// round returns how much to move in one step; 0 means that the limit is reached.
func (s *receiver) round(most int) int {
	if s.job.Pace != nil {
		most = min(most, pacedSize)
	}
	if s.job.Limit > 0 {
		return int(min(s.job.Limit-s.res.File, int64(most)))
	}
	return most
}

// step receives once what is there.
func (s *receiver) step(fd int) error {
	if s.round(1) == 0 {
		return s.atLimit(fd)
	}
	if s.zero {
		return s.stepZero(fd)
	}
	buf := s.c.buffer()
	defer s.c.recycle(buf)
	n, err := unix.Read(fd, buf[:s.round(len(buf))])
	if err != nil {
		return peerError("read", err)
	}
	s.ended = n == 0
	return s.store(buf[:n])
}

// atLimit finds out whether the peer ends exactly at the limit.
func (s *receiver) atLimit(fd int) error {
	var one [1]byte
	n, err := unix.Read(fd, one[:])
	if err != nil {
		return peerError("read", err)
	}
	return s.overLimit(one[:n])
}

// overLimit judges what came after the limit. In ASCII a CR takes no room.
func (s *receiver) overLimit(p []byte) error {
	s.ended = len(p) == 0
	s.count(len(p))
	if s.ended || s.job.ASCII && p[0] == '\r' {
		return nil
	}
	return ErrLimit
}

// count books bytes that came over the connection.
func (s *receiver) count(n int) {
	s.res.Wire += int64(n)
	s.job.Progress.add(n)
}

// store writes what came to the file.
func (s *receiver) store(p []byte) error {
	s.count(len(p))
	if s.job.ASCII {
		p = squeeze(p)
	}
	n, err := pwriteAll(s.job.File.Fd(), p, s.job.Offset)
	s.stored(n)
	return err
}

// stored books bytes that are in the file.
func (s *receiver) stored(n int) {
	s.job.Offset += int64(n)
	s.res.File += int64(n)
}

// buffered receives from a reader that is not a bare connection.
func (s *receiver) buffered() error {
	buf := s.c.buffer()
	defer s.c.recycle(buf)
	for {
		n, err := s.r.Read(buf[:max(s.round(len(buf)), 1)])
		if n > 0 && s.round(1) == 0 {
			if err := s.overLimit(buf[:n]); err != nil {
				return err
			}
		} else if err := s.store(buf[:n]); err != nil {
			return err
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return wireError("read", err)
		}
		if s.job.Pace != nil {
			if err := s.job.pace(n); err != nil {
				return err
			}
		}
	}
}
