package transfer

import (
	"io"

	"golang.org/x/sys/unix"
)

// Send sends a file, or a part of it. On a *Conn binary data goes from the page cache to the socket
// without a copy where the kernel and the file system can do that; on any other writer, such as a
// *Secure, through a buffer. When it fails the connection is marked so that its Close resets it.
func (c *Copier) Send(w io.Writer, j Job) Result {
	conn, direct := w.(*Conn)
	secure, _ := w.(*Secure)
	s := &sender{c: c, w: w, conn: conn, secure: secure, job: j, res: j.done}
	switch {
	case !direct:
		s.res.Err = s.buffered()
	default:
		if s.zero = !j.ASCII && j.Size > smallSize; s.zero {
			// Full segments only: a third less work for the kernel. Close sends the rest, and the kernel what waits
			// for longer than 200 ms. Without it the transfer works the same.
			_ = unix.SetsockoptInt(conn.fd, unix.IPPROTO_TCP, unix.TCP_CORK, 1)
		}
		s.res.Err = s.loop()
	}
	if s.res.Err != nil {
		breakOff(w)
	}
	return s.res
}

// breakOff marks the connection under a reader or writer as failed, if there is one.
func breakOff(end any) {
	if b, ok := end.(interface{ Break() }); ok {
		b.Break()
	}
}

// TrySend sends a small file if it fits into the connection at once. It never waits for the peer:
// when it reports true the transfer is over, well or not, and the session may write the mark and the
// final reply together. When it reports false, j is what remains, and Send finishes it; Send's
// Result then includes what was sent here.
func (c *Copier) TrySend(conn *Conn, j *Job) (Result, bool) {
	if j.Size > smallSize || j.ASCII && j.Size > smallSize/2 || j.Pace != nil {
		return Result{}, false
	}
	s := sender{c: c, conn: conn, job: *j, res: j.done, allowed: smallSize}
	for s.job.Size > 0 {
		if conn.halted.Load() {
			s.res.Err = conn.aborted()
			break
		}
		err := s.step(conn.fd)
		if err == unix.EAGAIN {
			*j = s.job
			j.done = s.res
			return Result{}, false
		}
		if err != nil && err != unix.EINTR {
			s.res.Err = err
			break
		}
	}
	if s.res.Err != nil {
		conn.Break()
	}
	return s.res, true
}

// A sender is one transfer to the peer. job.Offset and job.Size move on with the bytes.
type sender struct {
	c      *Copier
	w      io.Writer
	conn   *Conn   // w, if that is bare
	secure *Secure // w, if that is TLS
	job    Job
	res    Result
	zero   bool // use sendfile

	allowed int // bytes that may cross the connection in this step
}

// loop steps until everything is sent.
func (s *sender) loop() error {
	for s.job.Size > 0 {
		if err := s.take(); err != nil {
			return err
		}
		before := s.res.Wire
		err := s.conn.perform(&s.conn.out, s)
		s.job.giveBack(s.allowed - int(s.res.Wire-before))
		if err != nil {
			return err
		}
	}
	return nil
}

// take finds out how much may go out in the next step.
func (s *sender) take() (err error) {
	most := int64(smallSize)
	if s.zero {
		most = sendSize
	}
	left := s.job.Size
	if s.job.ASCII {
		left = min(left, most) * 2 // as many, if it is all line ends
	}
	s.allowed, err = s.job.take(int(min(left, most)))
	return err
}

// round returns how much of the file to look at in one step.
func (s *sender) round(most int) int { return int(min(s.job.Size, int64(most), int64(s.allowed))) }

// step sends once what fits.
func (s *sender) step(fd int) error {
	if s.zero {
		return s.stepZero(fd)
	}
	return s.stepCopy(fd)
}

// moved books bytes of the file and what they were on the connection.
func (s *sender) moved(file, wire int) {
	s.job.Offset += int64(file)
	s.job.Size -= int64(file)
	s.res.File += int64(file)
	s.res.Wire += int64(wire)
	s.job.Progress.add(wire)
}

// sent books the first n bytes of what load returned.
func (s *sender) sent(out []byte, n int) {
	if !s.job.ASCII {
		s.moved(n, n)
		return
	}
	used, cut := consumed(out, n)
	s.job.owed = cut
	s.moved(used, n)
}

// stepCopy reads and writes once. What does not fit is read again: the buffer is not kept while the
// transfer waits.
func (s *sender) stepCopy(fd int) error {
	buf := s.c.buffer()
	defer s.c.recycle(buf)
	out, err := s.load(buf)
	if err != nil {
		return err
	}
	n, err := unix.Write(fd, out[:min(len(out), s.allowed)])
	if err != nil {
		return peerError("write", err)
	}
	s.sent(out, n)
	return nil
}

// read reads the file at the present offset. The end of the file means that it shrank.
func (s *sender) read(p []byte) (int, error) {
	n, err := pread(s.job.File.Fd(), p, s.job.Offset)
	if err != nil {
		return 0, &SourceError{"read", err}
	}
	if n == 0 {
		return 0, &SourceError{"read", ErrShrunk}
	}
	return n, nil
}

// stepZero sends once by sendfile. When sendfile is refused for a reason that is not the peer's, or
// says that the file has ended, this transfer goes on by read and write, which know better.
func (s *sender) stepZero(fd int) error {
	offset := s.job.Offset
	n, err := s.c.calls.sendfile(fd, s.job.File.Fd(), &offset, s.round(sendSize))
	if n > 0 {
		s.moved(n, n)
		return nil
	}
	switch err {
	case unix.EAGAIN, unix.EINTR:
		return err
	case unix.EPIPE, unix.ECONNRESET, unix.ECONNABORTED, unix.ETIMEDOUT, unix.ENOTCONN,
		unix.EHOSTUNREACH, unix.ENETUNREACH, unix.ENETDOWN:
		return peerError("sendfile", err)
	}
	s.zero = false
	return s.stepCopy(fd)
}

// buffered sends through a writer that is not a bare connection.
func (s *sender) buffered() error {
	for s.job.Size > 0 {
		if err := s.take(); err != nil {
			return err
		}
		before := s.res.Wire
		err := s.writeOut()
		s.job.giveBack(s.allowed - int(s.res.Wire-before))
		if err == nil && s.secure != nil && s.job.Size > 0 {
			err = s.secure.Flush() // here, where no other buffer is held while the peer lets us wait
		}
		if err != nil {
			return wireError("write", err)
		}
	}
	if s.secure == nil {
		return nil
	}
	if err := s.secure.Finish(); err != nil { // with the last of the data
		return wireError("write", err)
	}
	return nil
}

// writeOut sends one bufferful to the writer. TLS counts it as sent when it is sealed.
func (s *sender) writeOut() error {
	buf := s.c.buffer()
	defer s.c.recycle(buf)
	out, err := s.load(buf)
	if err != nil {
		return err
	}
	n := min(len(out), s.allowed)
	if wrote, err := s.w.Write(out[:n]); err != nil {
		s.res.Wire += int64(wrote)
		return wireError("write", err)
	}
	s.sent(out, n)
	return nil
}

// load reads the next part of the file and converts it if that is asked for. In ASCII it may be more than is allowed
// to go out.
func (s *sender) load(buf *[smallSize]byte) ([]byte, error) {
	in := buf[:]
	if s.job.ASCII {
		in = buf[smallSize/2:]
	}
	n, err := s.read(in[:s.round(len(in))])
	if err != nil {
		return nil, err
	}
	if s.job.ASCII {
		return expand(buf[:], in[:n], s.job.owed), nil
	}
	return in[:n], nil
}
