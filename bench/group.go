package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A meter tells what a process tree has cost. It counts short-lived children too: a server that
// forks for every client spends most of its time in them.
type meter interface {
	usage() (time.Duration, error) // CPU time since the beginning, user and system
	pids() ([]int, error)          // the tree's living processes
}

// withGroups runs f with a control group for the run, and removes it afterwards. Version 2 is
// preferred; the cpuacct controller of version 1 serves as well; with neither, Group stays empty
// and usage is read from /proc.
func withGroups(p *plan, f func() error) error {
	name := fmt.Sprintf("pureftpd-bench-%d", os.Getpid())
	for _, base := range []struct {
		path, probe string
		v1          bool
	}{
		{"/sys/fs/cgroup", "cgroup.controllers", false},
		{"/sys/fs/cgroup/unified", "cgroup.controllers", false},
		{"/sys/fs/cgroup/cpuacct", "cpuacct.usage", true},
	} {
		if _, err := os.Stat(filepath.Join(base.path, base.probe)); err != nil {
			continue
		}
		dir := filepath.Join(base.path, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			continue
		}
		p.Group, p.GroupV1 = dir, base.v1
		return errors.Join(f(), removeGroups(dir))
	}
	return f()
}

// removeGroups removes a control group and its children. Their processes are dead by now, but the
// kernel may still be tidying up after them.
func removeGroups(dir string) error {
	deadline := time.Now().Add(10 * time.Second)
	for {
		children, err := filepath.Glob(filepath.Join(dir, "*", "cgroup.procs"))
		for _, child := range children {
			err = errors.Join(err, os.Remove(filepath.Dir(child)))
		}
		err = errors.Join(err, os.Remove(dir))
		if err == nil || errors.Is(err, fs.ErrNotExist) || time.Now().After(deadline) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// A groupMeter reads a control group.
type groupMeter struct {
	dir string
	v1  bool
}

// newGroupMeter makes a control group below the run's own.
func newGroupMeter(p *plan, name string) (*groupMeter, error) {
	dir := filepath.Join(p.Group, name)
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make control group: %w", err)
	}
	return &groupMeter{dir: dir, v1: p.GroupV1}, nil
}

// procs is the file a process writes "0" to in order to join.
func (g *groupMeter) procs() string { return filepath.Join(g.dir, "cgroup.procs") }

func (g *groupMeter) usage() (time.Duration, error) {
	if g.v1 {
		text, err := os.ReadFile(filepath.Join(g.dir, "cpuacct.usage"))
		if err != nil {
			return 0, err
		}
		n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		return time.Duration(n), err
	}
	text, err := os.ReadFile(filepath.Join(g.dir, "cpu.stat"))
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(text) {
		if value, ok := bytes.CutPrefix(line, []byte("usage_usec ")); ok {
			n, err := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
			return time.Duration(n) * time.Microsecond, err
		}
	}
	return 0, fmt.Errorf("%s: no usage_usec", g.dir)
}

func (g *groupMeter) pids() ([]int, error) {
	text, err := os.ReadFile(g.procs())
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, field := range bytes.Fields(text) {
		pid, err := strconv.Atoi(string(field))
		if err != nil {
			return nil, err
		}
		pids = append(pids, pid)
	}
	return pids, nil
}
