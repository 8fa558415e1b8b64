package transfer

import (
	"io"

	"golang.org/x/sys/unix"
)

// Receive stores what the peer sends, up to its end, in a file. On a *Conn a large binary file goes
// from the socket to the page cache through a pipe where the kernel and the file system can do that;
// ASCII, small files and other readers, such as a *Secure, go through a buffer. When it fails the
// connection is marked so that its Close resets it; the bytes counted in Result.File are stored.
func (c *Copier) Receive(r io.Reader, j Job) Result {
	conn, direct := r.(*Conn)
	s := &receiver{c: c, r: r, conn: conn, job: j}
	if direct {
		s.res.Err = s.loop()
	} else {
		s.res.Err = s.buffered()
	}
	if s.res.Err != nil {
		breakOff(r)
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
	allowed int  // bytes that may cross the connection in this step
}

// loop steps until the peer ends.
func (s *receiver) loop() error {
	for {
		if err := s.take(); err != nil {
			return err
		}
		before := s.res.Wire
		err := s.conn.perform(&s.conn.in, s)
		s.job.giveBack(s.allowed - int(s.res.Wire-before))
		if err != nil || s.ended {
			return err
		}
		if !s.zero && !s.refused && s.res.Wire >= spliceAfter && !s.job.ASCII {
			s.zero = true
			// Fewer and larger rounds. Without it the transfer works the same.
			_ = unix.SetsockoptInt(s.conn.fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, lowWater)
		}
	}
}

// take finds out how much may come in the next step.
func (s *receiver) take() (err error) {
	most := smallSize
	if s.zero {
		most = chunkSize
	}
	s.allowed, err = s.job.take(most)
	return err
}

// step receives once what is there. A piece that is no larger than a buffer, as a Pacer may ask for, is not worth a
// pipe.
func (s *receiver) step(fd int) error {
	if s.zero && s.allowed > smallSize {
		return s.stepZero(fd)
	}
	buf := s.c.buffer()
	defer s.c.recycle(buf)
	n, err := unix.Read(fd, buf[:min(len(buf), s.allowed)])
	if err != nil {
		return peerError("read", err)
	}
	s.ended = n == 0
	return s.store(buf[:n])
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
	if s.job.Room == nil || len(p) == 0 {
		_, err := s.write(p)
		return err
	}
	_, err := s.admit(len(p), func() (int, error) { return s.write(p) })
	return err
}

// write writes to the file and returns how much was stored.
func (s *receiver) write(p []byte) (int, error) {
	n, err := pwriteAll(s.job.File.Fd(), p, s.job.Offset)
	s.stored(n)
	return n, err
}

// stored books bytes that are in the file.
func (s *receiver) stored(n int) {
	s.job.Offset += int64(n)
	s.res.File += int64(n)
}

// buffered receives from a reader that is not a bare connection.
func (s *receiver) buffered() error {
	for {
		if err := s.take(); err != nil {
			return err
		}
		before := s.res.Wire
		err := s.readIn()
		s.job.giveBack(s.allowed - int(s.res.Wire-before))
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// readIn receives one bufferful from the reader. At its end it returns io.EOF.
func (s *receiver) readIn() error {
	buf := s.c.buffer()
	defer s.c.recycle(buf)
	n, err := s.r.Read(buf[:min(len(buf), s.allowed)])
	if err := s.store(buf[:n]); err != nil {
		return err
	}
	if err == nil || err == io.EOF {
		return err
	}
	return wireError("read", err)
}
