package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A stream is one transfer that goes on until it is stopped.
type stream struct {
	c      *client
	data   int
	stored string // the file it stores, below the home; "" if it fetches

	fetched atomic.Int64
	stopped atomic.Bool
}

// measure starts a server with the limit, lets the transfers run, measures a rateSpan, and stops all of them.
func (c rateCase) measure(st *stage) (rateResult, error) {
	watchdog := time.AfterFunc(loadLimit, func() {
		fmt.Fprintf(os.Stderr, "bench: %s hangs\n", c.title)
		os.Exit(1)
	})
	defer watchdog.Stop()
	s := ours()
	command := s.command
	s.command = func(st *stage, port int) (program, error) {
		prog, err := command(st, port)
		prog.args = append(prog.args, c.switches...)
		return prog, err
	}
	r, err := start(st, s, firstPort)
	if err != nil {
		return rateResult{}, err
	}
	streams, err := c.connect(r)
	var m rateResult
	if err == nil {
		m, err = c.run(r, streams)
	}
	for _, of := range streams {
		for _, s := range of {
			if s != nil && s.c != nil {
				err = errors.Join(err, s.c.close())
			}
		}
	}
	return m, errors.Join(err, r.stop(), st.discard("up"))
}

// connect opens the sessions and data connections of all transfers, by user.
func (c rateCase) connect(r *running) ([][]*stream, error) {
	all := make([][]*stream, len(c.crowd))
	var errs []error
	for u, n := range c.crowd {
		all[u] = make([]*stream, n)
		errs = append(errs, parallel(n, func(i int) error {
			s := &stream{data: -1}
			all[u][i] = s
			if c.upload {
				s.stored = fmt.Sprintf("up/%s-up-%s-%d", r.name, c.users[u], i)
			}
			return s.connect(r, c.users[u], i)
		}))
	}
	return all, errors.Join(errs...)
}

func (s *stream) connect(r *running, user string, i int) (err error) {
	if s.c, err = loginAs(r, clientAddress(i), user); err != nil {
		return err
	}
	if err = s.c.say("TYPE", "I", 200); err != nil {
		return err
	}
	if err = s.c.extendedPassive(); err != nil {
		return fmt.Errorf("EPSV: %w", err)
	}
	s.data, err = connect(&s.c.from, &s.c.data)
	return err
}

// run starts the transfers, measures them when all have begun, and stops them.
func (c rateCase) run(r *running, streams [][]*stream) (rateResult, error) {
	var flat []*stream
	for _, of := range streams {
		flat = append(flat, of...)
	}
	var started sync.WaitGroup
	started.Add(len(flat))
	done := make(chan error, 1)
	go func() { done <- parallel(len(flat), func(i int) error { return flat[i].pump(&started) }) }()
	started.Wait()
	time.Sleep(rateLead)
	m, err := c.watch(r, streams)
	for _, s := range flat {
		s.stopped.Store(true)
		err = errors.Join(err, unix.Shutdown(s.data, unix.SHUT_RDWR))
	}
	err = errors.Join(err, <-done)
	for _, s := range flat {
		err = errors.Join(err, unix.Close(s.data))
	}
	return m, err
}

// watch counts what the transfers move in a rateSpan.
func (c rateCase) watch(r *running, streams [][]*stream) (rateResult, error) {
	noise, errNoise := beginSpan([]*running{r})
	before, errBefore := r.meter.usage()
	began := time.Now()
	from, errFrom := c.count(r, streams)
	time.Sleep(rateSpan)
	span := time.Since(began)
	to, errTo := c.count(r, streams)
	after, errAfter := r.meter.usage()
	others, errOthers := noise.others([]*running{r}, r.st.CPUs)
	if err := errors.Join(errNoise, errBefore, errFrom, errTo, errAfter, errOthers); err != nil {
		return rateResult{}, err
	}
	for u := range to {
		for i := range to[u] {
			to[u][i] -= from[u][i]
		}
	}
	m := c.judge(to, span)
	m.cpu, m.others = (after-before).Seconds()/span.Seconds(), others
	return m, nil
}

// count is what each transfer has moved. What has been fetched is counted here; what was stored is the length of the file,
// since what the kernel still holds of it has not passed the limit yet.
func (c rateCase) count(r *running, streams [][]*stream) ([][]int64, error) {
	moved := make([][]int64, len(streams))
	for u, of := range streams {
		for _, s := range of {
			n := s.fetched.Load()
			if s.stored != "" {
				info, err := os.Stat(filepath.Join(r.st.home, s.stored))
				if err != nil {
					return nil, err
				}
				n = info.Size()
			}
			moved[u] = append(moved[u], n)
		}
	}
	return moved, nil
}

// pump transfers until the stream is stopped. That the server ends it before is an error.
func (s *stream) pump(started *sync.WaitGroup) error {
	verb, name, move := "RETR", endlessName, s.pull
	if s.stored != "" {
		verb, name, move = "STOR", s.stored, s.push
	}
	err := s.c.say(verb, name, 150)
	started.Done()
	if err == nil {
		err = move()
	}
	if s.stopped.Load() {
		return nil
	}
	return errors.Join(errors.New("a transfer ended by itself"), err)
}

// push sends zeros until that fails.
func (s *stream) push() error {
	block := make([]byte, 256<<10)
	for {
		if err := sendAll(s.data, block); err != nil {
			return err
		}
	}
}

// pull reads until there is nothing more, without a copy (MSG_TRUNC, tcp(7)).
func (s *stream) pull() error {
	const atOnce = 1 << 20
	var place byte // never written to
	for {
		n, _, errno := syscall.Syscall6(unix.SYS_RECVFROM, uintptr(s.data),
			uintptr(unsafe.Pointer(&place)), atOnce, unix.MSG_TRUNC, 0, 0)
		switch {
		case errno == unix.EINTR:
		case errno != 0:
			return errno
		case n == 0:
			return nil
		default:
			s.fetched.Add(int64(n))
		}
	}
}
