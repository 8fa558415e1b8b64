//go:build privileged

package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A task is what /proc/…/status says of one thread.
type task map[string]string

// tasks reads the status of all threads of a process. A thread that ends meanwhile is left out.
func tasks(t *testing.T, pid int) []task {
	t.Helper()
	paths, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(paths) == 0 {
		t.Fatalf("process %d has no threads: %v", pid, err)
	}
	var list []task
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		one := make(task)
		for line := range strings.Lines(string(text)) {
			key, value, _ := strings.Cut(line, ":")
			one[key] = strings.TrimSpace(value)
		}
		list = append(list, one)
	}
	return list
}

// descriptors counts the open files of a process.
func descriptors(pid int) int {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return -1
	}
	return len(entries)
}

// resident is the memory of a process in bytes.
func resident(t *testing.T, pid int) int64 {
	t.Helper()
	kilobytes, err := strconv.ParseInt(strings.TrimSuffix(tasks(t, pid)[0]["VmRSS"], " kB"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}

// cpuTime is how long a process has computed so far.
func cpuTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	// … ) state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime stime
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	total := 0
	for _, field := range fields[11:13] {
		ticks, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		total += ticks
	}
	return time.Duration(total) * time.Second / 100 // USER_HZ
}

// kill ends a server as nothing announces it.
func (s *site) kill(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(s.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the killed server is gone", func() bool {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.pid))
		return err != nil || strings.Contains(string(text), ") Z ")
	})
}

// settles waits until a process has at most so many open files.
func settles(t *testing.T, pid, most int) {
	t.Helper()
	last := 0
	defer func() {
		if last > most {
			t.Errorf("the server holds %d descriptors, want at most %d", last, most)
		}
	}()
	eventually(t, "the server has closed what it does not need", func() bool {
		last = descriptors(pid)
		return last <= most
	})
}
