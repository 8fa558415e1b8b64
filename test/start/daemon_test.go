package start

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// background starts a server with -B and returns the number of the process that stays. The server listens when this
// returns: nothing is tried twice.
func background(t *testing.T, dir, address string, more ...string) int {
	t.Helper()
	host, number, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	pidFile := filepath.Join(dir, "pid")
	args := quiet("-B", "-l", "puredb:"+accounts(t, dir), "-S", host+","+number, "-g", pidFile)
	p := launch(t, dir, command{args: append(args, more...)})
	t.Cleanup(func() { stop(t, pidFile) })
	p.endsWith(t, 0)
	if p.stderr.String() != "" || p.stdout.String() != "" {
		t.Errorf("-B wrote %q and %q", p.stdout.String(), p.stderr.String())
	}
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// stop kills the server that a pid file names, if it is the program under test.
func stop(t *testing.T, pidFile string) {
	text, err := os.ReadFile(pidFile)
	if err != nil {
		return // it has ended
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Error(err)
		return
	}
	line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if strings.HasPrefix(string(line), os.Getenv(programVariable)+"\x00") {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// stat returns the fields of /proc/PID/stat from the third on; none if the process is not there.
func stat(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
}

func gone(pid int) bool {
	fields := stat(pid)
	return fields == nil || fields[0] == "Z"
}

func TestBackground(t *testing.T) {
	t.Parallel()
	dir, address := folder(t), "127.0.0.1:"+port(t)
	pid := background(t, dir, address)
	works(t, user(t, address, "ann"))
	fields := stat(pid) // state ppid pgrp session tty_nr
	if len(fields) < 5 || fields[3] != strconv.Itoa(pid) || fields[4] != "0" {
		t.Errorf("process %d has session and terminal %q; want a session of its own and no terminal", pid, fields)
	}
	for link, want := range map[string]string{
		"cwd": "/", "fd/0": "/dev/null", "fd/1": "/dev/null", "fd/2": "/dev/null",
	} {
		if got, err := os.Readlink(fmt.Sprintf("/proc/%d/%s", pid, link)); err != nil || got != want {
			t.Errorf("%s of the server: %q, %v; want %q", link, got, err, want)
		}
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	await(t, "the end of the server", func() bool { return gone(pid) })
	if _, err := os.Lstat(filepath.Join(dir, "pid")); !os.IsNotExist(err) {
		t.Errorf("the pid file after the end: %v; want it gone", err)
	}
}

// TestBackgroundEndsAtOnce sends the signal as soon as the start was reported: nothing may be left then either.
func TestBackgroundEndsAtOnce(t *testing.T) {
	t.Parallel()
	for range 5 {
		dir, address := folder(t), "127.0.0.1:"+port(t)
		pid := background(t, dir, address)
		if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		await(t, "the end of the server", func() bool { return gone(pid) })
		if _, err := os.Lstat(filepath.Join(dir, "pid")); !os.IsNotExist(err) {
			t.Fatalf("the pid file after the end: %v; want it gone", err)
		}
	}
}

func TestBackgroundFails(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	l, err := net.Listen("tcp", "127.0.0.1:"+port(t))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, number, _ := net.SplitHostPort(l.Addr().String())
	pid := filepath.Join(dir, "pid")
	args := quiet("-B", "-l", "puredb:"+accounts(t, dir), "-S", "127.0.0.1,"+number, "-g", pid)
	launch(t, dir, command{args: args}).endsWith(t, 1, l.Addr().String(), "address already in use")
	if _, err := os.Lstat(pid); !os.IsNotExist(err) {
		t.Errorf("pid file of a server that never served: %v", err)
	}
	args = append(args, "-U", "9")
	launch(t, dir, command{args: args}).endsWith(t, 252, "-U")
}

// TestBackgroundRelativePIDFile gives a path that means another place once the server has left its directory.
func TestBackgroundRelativePIDFile(t *testing.T) {
	t.Parallel()
	dir, address := folder(t), "127.0.0.1:"+port(t)
	pid := background(t, dir, address, "-g", "pid")
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	await(t, "the end of the server", func() bool { return gone(pid) })
	if _, err := os.Lstat(filepath.Join(dir, "pid")); !os.IsNotExist(err) {
		t.Errorf("the pid file after the end: %v; want it gone", err)
	}
}
