package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Descriptor limits for servers: a server that gives each client a process gets the usual soft
// limit, since some walk through all possible descriptors when they fork.
const (
	nofileFew = 1024
	// spareDescriptors are those a server or the generator needs besides idle sessions.
	spareDescriptors = 1000
)

// A program is one command to be started as a server.
type program struct {
	path  string
	args  []string
	env   []string // added to a nearly empty environment
	pipes bool     // standard input and output are pipes
}

// A child is a started program.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser // nil without pipes
	out io.Reader      // nil without pipes
}

// launch starts a program in a control group of its own (if there can be one), to be killed with
// this process.
func launch(p *plan, name string, nofile int, prog program) (*child, meter, error) {
	var group *groupMeter
	procs := ""
	if p.Group != "" {
		var err error
		if group, err = newGroupMeter(p, name); err != nil {
			return nil, nil, err
		}
		procs = group.procs()
	}
	pinned := 0
	if p.Pin {
		pinned = p.CPUs
	}
	args := append([]string{roleEnter, procs, strconv.Itoa(nofile), strconv.Itoa(pinned),
		prog.path}, prog.args...)
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append([]string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C"}, prog.env...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL}
	c := &child{cmd: cmd}
	if prog.pipes {
		var errIn, errOut error
		c.in, errIn = cmd.StdinPipe()
		c.out, errOut = cmd.StdoutPipe()
		if err := errors.Join(errIn, errOut); err != nil {
			return nil, nil, err
		}
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("start %s: %w", name, err)
	}
	if group == nil {
		return c, treeMeter{root: cmd.Process.Pid}, nil
	}
	return c, group, nil
}

// enter joins a control group, sets the descriptor limit and the processors, and becomes the
// program: role:enter PROCS NOFILE CPUS PATH [ARG...].
func enter(args []string) error {
	if len(args) < 4 {
		return errors.New("enter: wants a control group, a limit, processors, and a program")
	}
	procs, path := args[0], args[3]
	soft, errSoft := strconv.ParseUint(args[1], 10, 32)
	cpus, errCPUs := strconv.Atoi(args[2])
	if err := errors.Join(errSoft, errCPUs); err != nil {
		return fmt.Errorf("enter: %w", err)
	}
	if procs != "" {
		if err := os.WriteFile(procs, []byte("0"), 0); err != nil {
			return fmt.Errorf("join control group: %w", err)
		}
	}
	if err := limitDescriptors(soft); err != nil {
		return err
	}
	if cpus > 0 {
		if err := pin(upperHalf, cpus); err != nil {
			return err
		}
	}
	return syscall.Exec(path, args[3:], os.Environ())
}

// limitDescriptors sets the soft limit, and raises the hard one if it is lower.
func limitDescriptors(soft uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("read descriptor limit: %w", err)
	}
	limit.Cur, limit.Max = soft, max(soft, limit.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("set descriptor limit to %d: %w", soft, err)
	}
	return nil
}
