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
	n, err := s.c.calls.splice(fd, p.w, nil, s.round(chunkSize))
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
	left, err := s.empty(p, n)
	if left > 0 {
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

// empty moves n bytes from the pipe to the file and returns how many are left in the pipe.
func (s *receiver) empty(p *pipe, n int) (left int, err error) {
	for n > 0 {
		offset := s.job.Offset
		moved, err := s.c.calls.splice(p.r, s.job.File.Fd(), &offset, n)
		switch {
		case moved > 0:
			s.stored(moved)
			n -= moved
		case err == unix.EINTR:
		case err == nil, err == unix.EINVAL, err == unix.ENOSYS, err == unix.EOPNOTSUPP,
			err == unix.EAGAIN, err == unix.EBADF:
			s.zero, s.refused = false, true
			return s.pour(p, n)
		default:
			return n, &SinkError{"splice", err}
		}
	}
	return 0, nil
}

// pour moves n bytes from the pipe to the file through a buffer, for a file that refuses splice.
func (s *receiver) pour(p *pipe, n int) (left int, err error) {
	buf := s.c.buffer()
	defer s.c.recycle(buf)
	for n > 0 {
		got, err := unix.Read(p.r, buf[:min(n, len(buf))])
		if err == unix.EINTR {
			continue
		}
		if err != nil || got == 0 {
			return n, &SinkError{"read pipe for", err}
		}
		n -= got
		wrote, err := pwriteAll(s.job.File.Fd(), buf[:got], s.job.Offset)
		s.stored(wrote)
		if err != nil {
			return n, err
		}
	}
	return 0, nil
}
