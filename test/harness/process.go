package harness

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// A process is a server's process and the group of those it starts.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when the first process has ended, with err
	err   error
}

// startProcess starts a server's process; stdin may be nil.
func (s *Server) startProcess(stdin *os.File) (*process, error) {
	stderr, err := os.OpenFile(filepath.Join(s.Dir, "stderr"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer stderr.Close()
	cmd := s.command()
	cmd.Stdout, cmd.Stderr = stderr, stderr
	if stdin != nil {
		cmd.Stdin = stdin
	}
	// The signal covers a test that dies before its clean-up.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, ended: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// stop asks the processes of the group to end, and kills those that do not. What is left then is
// an error.
func (p *process) stop() error {
	group := p.cmd.Process.Pid
	syscall.Kill(-group, syscall.SIGTERM)
	limit := time.After(stopLimit)
	late := false
	for {
		left := running(group)
		select {
		case <-p.ended:
			if left == 0 && late {
				return fmt.Errorf("server %d did not end by itself", group)
			}
			if left == 0 {
				return nil
			}
		default:
		}
		select {
		case <-limit:
			if late {
				return fmt.Errorf("%d processes of server %d are left", left, group)
			}
			late = true
			syscall.Kill(-group, syscall.SIGKILL)
			limit = time.After(stopLimit)
		case <-time.After(10 * time.Millisecond): // processes that are not our children tell nobody
		}
	}
}

// running returns how many processes of a group there are, apart from those that only wait to be
// buried.
func running(group int) int {
	n := 0
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		// pid (name) state ppid pgrp …
		fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
		if len(fields) > 2 && string(fields[2]) == strconv.Itoa(group) && fields[0][0] != 'Z' {
			n++
		}
	}
	return n
}

// An inetd starts a server for each connection.
type inetd struct {
	listener net.Listener
	done     sync.WaitGroup

	mu    sync.Mutex
	began []*process
	err   error
}

func (s *Server) startInetd() (*inetd, error) {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", s.port))
	if err != nil {
		return nil, err
	}
	d := &inetd{listener: l}
	d.done.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if err := d.serve(s, conn.(*net.TCPConn)); err != nil {
				d.mu.Lock()
				d.err = err
				d.mu.Unlock()
			}
		}
	})
	return d, nil
}

// serve hands a connection to a new server.
func (d *inetd) serve(s *Server, conn *net.TCPConn) error {
	defer conn.Close()
	f, err := conn.File()
	if err != nil {
		return err
	}
	defer f.Close()
	p, err := s.startProcess(f)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.began = append(d.began, p)
	return nil
}

func (d *inetd) stop() error {
	d.listener.Close()
	d.done.Wait()
	errs := []error{d.err}
	for _, p := range d.began {
		errs = append(errs, p.stop())
	}
	return errors.Join(errs...)
}
