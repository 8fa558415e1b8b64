package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A server is one column of the table.
type server struct {
	name    string
	pkg     string // Debian package it comes from, "" for none
	program string // path inside that package
	more    string // package it needs for TLS, "" for none
	inMore  string // path inside that package
	forks   bool   // a process or thread per session: fewer idle sessions are held
	listing bool   // speaks LIST
	anew    string // version of TLS for which it hands out no tickets: each data connection is a new handshake
	note    string // what a reader must know about its settings
	command func(st *stage, port int) (program, error)
}

// servers lists the columns. The first one is the base of the ratios.
func servers() []server {
	return []server{original(), ours(), vsftpd(), proftpd(), bareLoop()}
}

func serverNames() []string {
	var names []string
	for _, s := range servers() {
		names = append(names, s.name)
	}
	return names
}

// in is the path of the server's program in the cache.
func (s server) in(st *stage) string { return filepath.Join(st.Cache, s.pkg, s.program) }

// A running server is one that answers on its port.
type running struct {
	server
	st    *stage
	port  int
	child *child
	meter meter
	rest  int // its processes with no client connected
}

// start starts a server and waits until it greets.
func start(st *stage, s server, port int) (*running, error) {
	prog, err := s.command(st, port)
	if err != nil {
		return nil, fmt.Errorf("configure %s: %w", s.name, err)
	}
	nofile := st.Idle + spareDescriptors
	if s.forks {
		nofile = nofileFew
	}
	child, meter, err := launch(st.plan, s.name, nofile, prog)
	if err != nil {
		return nil, err
	}
	r := &running{server: s, st: st, port: port, child: child, meter: meter}
	if err := r.await(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", s.name, err), r.stop())
	}
	return r, nil
}

// await waits until the server greets, then counts its processes at rest.
func (r *running) await() error {
	var err error
	for range 100 {
		time.Sleep(50 * time.Millisecond)
		var c *client
		if c, err = dial(r.port, clientAddress(0)); err == nil {
			if err = c.quit(); err == nil {
				break
			}
		}
	}
	if err != nil {
		return err
	}
	time.Sleep(200 * time.Millisecond)
	pids, err := r.meter.pids()
	r.rest = len(pids)
	return err
}

// settle waits until every session's process is gone and the server no longer spends CPU time, so
// that a measurement holds all it has caused. It gives up after five seconds: the figure then lacks
// what is still to come, which the round's spread shows.
func (r *running) settle() error {
	deadline := time.Now().Add(5 * time.Second)
	last := time.Duration(-1)
	for time.Now().Before(deadline) {
		pids, err := r.meter.pids()
		if err != nil {
			return err
		}
		now, err := r.meter.usage()
		if err != nil {
			return err
		}
		if len(pids) <= r.rest && now-last < 50*time.Microsecond {
			return nil
		}
		last = now
		time.Sleep(4 * time.Millisecond)
	}
	return nil
}

// calm waits until the server no longer spends CPU time while its sessions stay open.
func (r *running) calm() error {
	deadline := time.Now().Add(2 * time.Second)
	last := time.Duration(-1)
	for time.Now().Before(deadline) {
		now, err := r.meter.usage()
		if err != nil || now-last < 50*time.Microsecond {
			return err
		}
		last = now
		time.Sleep(4 * time.Millisecond)
	}
	return nil
}

// stop kills the server and every process it made.
func (r *running) stop() error {
	for range 100 {
		pids, err := r.meter.pids()
		if err != nil {
			return err
		}
		if len(pids) == 0 {
			break
		}
		for _, pid := range pids {
			err := unix.Kill(pid, unix.SIGKILL)
			if err != nil && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("stop %s: %w", r.name, err)
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	err := r.child.cmd.Wait()
	if status, ok := r.child.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return nil
	}
	return err
}

// configure writes a configuration file of the stage and returns its path.
func (st *stage) configure(name, text string) (string, error) {
	path := filepath.Join(st.conf, name)
	return path, os.WriteFile(path, []byte(text), 0o600)
}
