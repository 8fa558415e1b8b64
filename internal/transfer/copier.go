package transfer

import (
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Sizes of the copy loops, in bytes. Measured on loopback and ext4; see the benchmarks.
const (
	// smallSize is the pooled buffer, and the largest file that is sent by read and write: up to
	// here a copy costs less than setting up sendfile.
	smallSize = 64 << 10
	// chunkSize bounds one splice, so that Progress, Abort, counters and the rate stay current.
	chunkSize = 1 << 20
	// sendSize bounds one sendfile likewise. It ends anyway when the socket is full; only a peer that reads as fast
	// as we send lets it go on, a few hundredths of a second, and then a smaller bound costs a fifth of the speed.
	sendSize = 64 << 20
	// spliceAfter is how much of an upload goes through a buffer before splice is worth a pipe.
	spliceAfter = 256 << 10
	// lowWater is what must have arrived before a large upload is woken: fewer, larger rounds.
	lowWater = 256 << 10
	// pipeSize is the capacity asked for a splice pipe; the kernel may give less.
	pipeSize = 1 << 20
	// maxPipes bounds the idle pipes kept: two descriptors each.
	maxPipes = 16
)

// A File is an open regular file.
type File interface{ Fd() int }

// A Pacer holds a transfer to a rate.
type Pacer interface {
	// Take returns how many bytes may cross the connection now, at least one and not above most. It may wait; its
	// error ends the transfer as if by Abort. Whoever calls Abort must make it return.
	Take(most int) (int, error)
	// Return gives back the part of the last Take that did not cross.
	Return(n int)
}

// A Room says what may be stored, such as a quota.
type Room interface {
	// Store is told of n bytes, never zero, that have come and, converted already, are about to go to the file. It
	// calls write once to store them, or returns an error without it: then none of them are stored and the transfer
	// ends. The write says how many bytes it has stored, all unless there is an error, which Store returns.
	Store(n int, write func() (stored int, err error)) error
}

// Progress counts the bytes that have crossed the connection, for those who watch it from outside.
// A nil Progress counts nothing.
type Progress struct{ n atomic.Int64 }

// Bytes returns the count. Any goroutine may call it.
func (p *Progress) Bytes() int64 {
	if p == nil {
		return 0
	}
	return p.n.Load()
}

func (p *Progress) add(n int) {
	if p != nil {
		p.n.Add(int64(n))
	}
}

// A Job says what to copy.
type Job struct {
	File   File
	Offset int64 // where in the file to begin
	// Size is how many bytes of the file to send. A file that grows meanwhile is not followed.
	Size  int64
	ASCII bool // convert line ends (RFC 959, 3.1.1.1)

	Progress *Progress // may be nil
	Pace     Pacer     // nil means full speed
	Room     Room      // of Receive; nil means that everything may be stored

	owed bool   // ASCII: the CR of the LF at Offset has been sent
	done Result // what TrySend has moved already
}

// take asks how much of most may move.
func (j *Job) take(most int) (int, error) {
	if j.Pace == nil {
		return most, nil
	}
	n, err := j.Pace.Take(most)
	if err != nil {
		return 0, abortedBy(err)
	}
	return n, nil
}

// giveBack returns what has not moved.
func (j *Job) giveBack(n int) {
	if j.Pace != nil && n > 0 {
		j.Pace.Return(n)
	}
}

// A Result says what a transfer did.
type Result struct {
	File int64 // bytes read from or written to the file
	Wire int64 // bytes that crossed the connection
	Err  error // nil when the transfer is complete
}

// Cause sorts Err.
func (r Result) Cause() Cause { return causeOf(r.Err) }

// A Copier is the copy loops with the buffers and pipes they share. All sessions of a server use
// one; its memory follows the number of transfers whose bytes are moving, not of those that wait.
type Copier struct {
	buffers sync.Pool // of *[smallSize]byte
	pipes   chan *pipe
	calls   kernel
}

// kernel is the primitives that a file system may refuse; tests make them refuse.
type kernel struct {
	sendfile func(out, in int, offset *int64, n int) (int, error)
	splice   func(in int, out int, outOffset *int64, n int) (int, error)
}

// NewCopier returns a Copier. Close frees its idle pipes.
func NewCopier() *Copier {
	return &Copier{
		buffers: sync.Pool{New: func() any { return new([smallSize]byte) }},
		pipes:   make(chan *pipe, maxPipes),
		calls: kernel{
			sendfile: unix.Sendfile,
			splice: func(in, out int, outOffset *int64, n int) (int, error) {
				moved, err := unix.Splice(in, nil, out, outOffset, n,
					unix.SPLICE_F_MOVE|unix.SPLICE_F_NONBLOCK)
				return int(moved), err
			},
		},
	}
}

// Close frees the idle pipes. Transfers must have ended.
func (c *Copier) Close() error {
	for {
		select {
		case p := <-c.pipes:
			p.close()
		default:
			return nil
		}
	}
}

func (c *Copier) buffer() *[smallSize]byte   { return c.buffers.Get().(*[smallSize]byte) }
func (c *Copier) recycle(b *[smallSize]byte) { c.buffers.Put(b) }

// A pipe carries pages between two splices. It is empty whenever it is in the pool.
type pipe struct{ r, w int }

// pipe returns an empty pipe.
func (c *Copier) pipe() (*pipe, error) {
	select {
	case p := <-c.pipes:
		return p, nil
	default:
	}
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, err
	}
	// A smaller pipe serves as well, only slower.
	_, _ = unix.FcntlInt(uintptr(fds[1]), unix.F_SETPIPE_SZ, pipeSize)
	return &pipe{fds[0], fds[1]}, nil
}

// keep takes an empty pipe back.
func (c *Copier) keep(p *pipe) {
	select {
	case c.pipes <- p:
	default:
		p.close()
	}
}

// close frees a pipe. There is nothing in it that anyone waits for.
func (p *pipe) close() {
	_ = unix.Close(p.r)
	_ = unix.Close(p.w)
}

// pread reads at an offset, again after an interruption.
func pread(fd int, p []byte, offset int64) (int, error) {
	for {
		n, err := unix.Pread(fd, p, offset)
		if err != unix.EINTR {
			return n, err
		}
	}
}

// pwriteAll writes all of p at an offset and returns how much was written.
func pwriteAll(fd int, p []byte, offset int64) (int, error) {
	done := 0
	for done < len(p) {
		n, err := unix.Pwrite(fd, p[done:], offset+int64(done))
		if err == unix.EINTR {
			continue
		}
		if err == nil && n == 0 {
			err = unix.ENOSPC // a write of something that writes nothing: there is no room
		}
		if err != nil {
			return done, &SinkError{"write", err}
		}
		done += n
	}
	return done, nil
}
