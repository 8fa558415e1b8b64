package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// idles hold many sessions that have logged in and do nothing.
func idles() []scenario {
	return []scenario{{
		name: "idle", title: "idle session", fresh: true, once: true,
		metrics: []metric{
			{name: "KiB (PSS)", format: "%.1f", value: func(s sample) float64 {
				return float64(s.memory) / 1024 / float64(s.ops)
			}},
			{name: "sessions held", format: "%.0f", value: func(s sample) float64 {
				return float64(s.ops)
			}},
		},
		load: hold,
	}}
}

// holdTime is how long sessions are held before their memory is read, so that a server can give
// back what only the logins needed.
const holdTime = 5 * time.Second

// hold opens the sessions, waits, and reads what the process tree has grown by. Anyone who is
// dropped meanwhile is an error.
func hold(r *running, less bool) (sample, error) {
	sessions := r.st.Idle
	if r.forks {
		sessions = r.st.IdleFork
	}
	if less { // nothing to warm up
		return sample{}, nil
	}
	before, err := treeMemory(r.meter)
	if err != nil {
		return sample{}, err
	}
	fds := make([]int, sessions)
	result, err := measure(r, r.calm, sessions, func() error { return fillSessions(r, fds) })
	var after int64
	if err == nil {
		time.Sleep(holdTime)
		after, err = treeMemory(r.meter)
	}
	for i, fd := range fds {
		if fd > 0 {
			err = errors.Join(err, stillOpen(fd, i), unix.Close(fd))
		}
	}
	result.memory = after - before
	return result, errors.Join(err, r.settle())
}

// fillSessions logs in once for each descriptor to be held, 16 at a time.
func fillSessions(r *running, fds []int) error {
	return parallel(parallelSessions, func(worker int) error {
		for i := worker; i < len(fds); i += parallelSessions {
			c, err := login(r, clientAddress(i))
			if err != nil {
				return fmt.Errorf("session %d: %w", i, err)
			}
			fds[i] = c.fd
		}
		return nil
	})
}

// stillOpen reports an error if the server has said or closed something on an idle session.
func stillOpen(fd, session int) error {
	var p [1]byte
	n, _, err := unix.Recvfrom(fd, p[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	if err == unix.EAGAIN {
		return nil
	}
	return fmt.Errorf("idle session %d was not left alone: %d bytes, %w", session, n, err)
}

// treeMemory is the proportional set size of a process tree in bytes: each page counts once,
// shared among those who map it (proc(5), smaps_rollup).
func treeMemory(m meter) (int64, error) {
	pids, err := m.pids()
	if err != nil {
		return 0, err
	}
	var total int64
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) {
			continue
		}
		if err != nil {
			return 0, err
		}
		pss, err := parsePSS(text)
		if err != nil {
			return 0, fmt.Errorf("process %d: %w", pid, err)
		}
		total += pss
	}
	return total, nil
}

// parsePSS reads the Pss line of a smaps_rollup, in bytes.
func parsePSS(text []byte) (int64, error) {
	for line := range bytes.Lines(text) {
		fields := bytes.Fields(line)
		if len(fields) == 3 && string(fields[0]) == "Pss:" {
			n, err := strconv.ParseInt(string(fields[1]), 10, 64)
			return n * 1024, err
		}
	}
	return 0, errors.New("no Pss line")
}
