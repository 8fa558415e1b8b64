package transfer

import (
	"golang.org/x/sys/unix"
)

// stepZero receives once by splice, through a pipe that is held for this step only. When splice is
// refused, this transfer goes on by read and write.
func (s *receiver) stepZero(fd int) error {
	p, err := s.c.pipe()
	if err != nil {
		return s.refuse(fd) // no descriptors left: a buffer needs none
	}
	n, err := s.c.calls.splice(fd, p.w, nil, min(s.allowed, chunkSize))
	if err != nil {
		s.c.keep(p)
		switch err {
		case unix.EINVAL, unix.ENOSYS, unix.EOPNOTSUPP, unix.EBADF, unix.ENOMEM:
			return s.refuse(fd)
		}
		return peerError("splice", err)
	}
	s.ended = n == 0
	s.count(n)
	stored, err := s.drain(p, n)
	if stored < n {
		p.close() // what is left in it could not be stored
	} else {
		s.c.keep(p)
	}
	return err
}

// refuse gives up splice for this transfer and does this step by read and write.
func (s *receiver) refuse(fd int) error {
	s.zero, s.refused = false, true
	return s.step(fd)
}

// drain stores what is in the pipe, if there is room for it.
func (s *receiver) drain(p *pipe, n int) (stored int, err error) {
	if s.job.Room == nil || n == 0 {
		return s.empty(p, n)
	}
	return s.admit(n, func() (int, error) { return s.empty(p, n) })
}

// empty moves n bytes from the pipe to the file and returns how many were stored.
func (s *receiver) empty(p *pipe, n int) (done int, err error) {
	for done < n {
		offset := s.job.Offset
		moved, err := s.c.calls.splice(p.r, s.job.File.Fd(), &offset, n-done)
		switch {
		case moved > 0:
			s.stored(moved)
			done += moved
		case err == unix.EINTR:
		case err == nil, err == unix.EINVAL, err == unix.ENOSYS, err == unix.EOPNOTSUPP,
			err == unix.EAGAIN, err == unix.EBADF:
			s.zero, s.refused = false, true
			poured, err := s.pour(p, n-done)
			return done + poured, err
		default:
			return done, &SinkError{"splice", err}
		}
	}
	return done, nil
}

// pour moves n bytes from the pipe to the file through a buffer, for a file that refuses splice. It returns how many
// were stored.
func (s *receiver) pour(p *pipe, n int) (done int, err error) {
	buf := s.c.buffer()
	defer s.c.recycle(buf)
	for done < n {
		got, err := unix.Read(p.r, buf[:min(n-done, len(buf))])
		if err == unix.EINTR {
			continue
		}
		if err != nil || got == 0 {
			return done, &SinkError{"read pipe for", err}
		}
		wrote, err := s.write(buf[:got])
		done += wrote
		if err != nil {
			return done, err
		}
	}
	return done, nil
}
