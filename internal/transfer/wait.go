package transfer

import (
	"errors"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// A stepper is one non-blocking round of work on the descriptor. It returns unix.EAGAIN when it
// would have to wait, unix.EINTR when it wants to be called again, and must have moved nothing then.
type stepper interface {
	step(fd int) error
}

// A direction is the waiting state of reading or writing. The callback is made once, when the
// descriptor is registered, so that waiting allocates nothing.
type direction struct {
	work stepper
	err  error
	call func(fd uintptr) bool
}

// perform runs the work until it has done something, waiting while it would block. Before it asks
// the poller, which costs four system calls and as many allocations, it lets the other goroutines
// run once: on a busy server that is often all the time the peer needs.
func (c *Conn) perform(d *direction, work stepper) error {
	for yielded := false; ; {
		if c.halted.Load() {
			return c.aborted()
		}
		if c.raw != nil {
			return c.await(d, work)
		}
		err := work.step(c.fd)
		switch err {
		case unix.EINTR:
		case unix.EAGAIN:
			if !yielded {
				yielded = true
				runtime.Gosched()
				continue
			}
			if err := c.register(); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

// register makes the descriptor known to the runtime's poller. From here on the *os.File owns it.
func (c *Conn) register() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return os.ErrClosed
	}
	file := os.NewFile(uintptr(c.fd), "data connection")
	raw, err := file.SyscallConn()
	if err != nil {
		return &PeerError{"register", err}
	}
	c.poll, c.raw = file, raw
	c.in.call = func(uintptr) bool { return c.in.run(c.fd) }
	c.out.call = func(uintptr) bool { return c.out.run(c.fd) }
	return nil
}

// run is one round for the poller: false asks it to wait for readiness.
func (d *direction) run(fd int) bool {
	for {
		if d.err = d.work.step(fd); d.err != unix.EINTR {
			return d.err != unix.EAGAIN
		}
	}
}

// await runs the work through the poller, under the stall limit and the deadlines.
func (c *Conn) await(d *direction, work stepper) error {
	d.work = work
	defer func() { d.work = nil }()
	end, err := c.arm(d)
	if err != nil {
		return err
	}
	if d == &c.in {
		err = c.raw.Read(d.call)
	} else {
		err = c.raw.Write(d.call)
	}
	if err == nil {
		return d.err
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return &PeerError{"wait", err}
	}
	if c.halted.Load() {
		return c.aborted()
	}
	// Bytes below the low-water mark wake nobody: look once more before giving up.
	if d.run(c.fd) {
		return d.err
	}
	return end
}

// arm sets the poller's deadline for one wait and returns the error that meeting it will mean.
func (c *Conn) arm(d *direction) (expired error, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return nil, c.cause
	}
	end, set := c.readEnd, c.poll.SetReadDeadline
	if d == &c.out {
		end, set = c.writeEnd, c.poll.SetWriteDeadline
	}
	expired = os.ErrDeadlineExceeded
	if c.stall > 0 {
		if stall := time.Now().Add(c.stall); end.IsZero() || stall.Before(end) {
			end, expired = stall, ErrStalled
		}
	}
	if err := set(end); err != nil {
		return nil, &PeerError{"set deadline", err}
	}
	return expired, nil
}
