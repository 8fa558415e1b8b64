package control

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pureftpd/test/harness"
)

// kill kills a server that the test has started, and waits until it is dead.
func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server is dead", func() bool {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || strings.Contains(string(b), ") Z ")
	})
	// It is buried by the harness, which waits for it.
	eventually(t, "the server is buried", func() bool { return syscall.Kill(pid, 0) == syscall.ESRCH })
}

// processTime is the processor time that a process has used.
func processTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return time.Duration(user+system) * 10 * time.Millisecond // the kernel's unit is a hundredth of a second
}

const (
	crowd     = 5000
	transfers = 100
	mostCPU   = 200 * time.Millisecond // of one pure-ftpwho
)

// TestCrowd has pure-ftpwho list five thousand sessions, a hundred of which download, in every form.
func TestCrowd(t *testing.T) {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Cur < crowd+3*transfers+100 {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%d descriptors, %v: not enough for %d clients", files.Cur, err, crowd)
		}
		t.Skipf("%d descriptors, %v: not enough for %d clients", files.Cur, err, crowd)
	}
	if testing.Short() {
		t.Skip("takes seconds")
	}
	s := start(t, harness.Config{Options: []string{"-c", "6000", "-f", "none", "-T", "20"}, Setup: endless})
	for range transfers {
		c := s.login()
		receive(c.passive())
		c.do("RETR endless", "150")
	}
	conns := make(chan struct{}, 32)
	var coming sync.WaitGroup
	for range crowd - transfers {
		conns <- struct{}{}
		coming.Go(func() {
			defer func() { <-conns }()
			conn, err := s.Dial("", "")
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { conn.Close() })
			if _, err := conn.Read(make([]byte, 512)); err != nil { // the greeting
				t.Error(err)
			}
		})
	}
	coming.Wait()
	pid, err := strconv.Atoi(strings.TrimSuffix(s.sockets()[0], ".sock"))
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{"", "-v", "-s", "-x", "-p", "-w", "--json"} {
		before := processTime(t, pid)
		r := s.program("pure-ftpwho", append([]string{"-n"}, strings.Fields(form)...)...)
		used := processTime(t, pid) - before
		if sessions := strings.Count(r.out, "127.0.0.1"); r.status != 0 || r.errs != "" || sessions < crowd {
			t.Errorf("pure-ftpwho %s: status %d, %q, %d addresses", form, r.status, r.errs, sessions)
		}
		t.Logf("pure-ftpwho %-6s %v of processor time, and at most %v of the server's, which sends %d files meanwhile", form, r.cpu, used, transfers)
		if r.cpu > mostCPU {
			t.Errorf("pure-ftpwho %s computes for %v; want at most %v", form, r.cpu, mostCPU)
		}
	}
}
