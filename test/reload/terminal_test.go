package reload

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"pureftpd/test/harness"

	"golang.org/x/sys/unix"
)

// openTerminal makes a terminal: the side of the person, and the name of the other.
func openTerminal(t *testing.T) (master *os.File, slave string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	control, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var number int
	err = control.Control(func(fd uintptr) {
		if err := unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err != nil {
			t.Error(err)
		}
		if number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return master, fmt.Sprintf("/dev/pts/%d", number)
}

// onTerminal has a process run in the foreground of a terminal.
func onTerminal(t *testing.T, slave string) func(*exec.Cmd) {
	t.Helper()
	f, err := os.OpenFile(slave, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return func(c *exec.Cmd) {
		c.Stdin, c.Stdout, c.Stderr = f, f, f
		c.SysProcAttr.Setctty = true // descriptor 0
	}
}

// reading collects what a terminal shows.
func reading(master *os.File) *harness.Text {
	shown := new(harness.Text)
	go func() { _, _ = io.Copy(shown, master) }() // until it is closed
	return shown
}

// TestTerminalIsClosed has the server in the foreground end in order, as before, and not take it for a reload; the hint has said so.
func TestTerminalIsClosed(t *testing.T) {
	t.Parallel()
	master, slave := openTerminal(t)
	shown := reading(master)
	m := manner{change: onTerminal(t, slave)}
	s := start(t, m)
	eventually(t, "the hint", func() bool { return strings.Contains(shown.String(), "with -B it goes on in the background") })
	if n := strings.Count(shown.String(), "\n"); n != 1 {
		t.Errorf("the terminal shows %q; want one line", shown.String())
	}
	c := s.login()
	s.configure("NoRename yes\n")
	if err := s.process.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "SIGHUP reloads while the terminal is there", func() bool { return strings.HasPrefix(s.setting("norename"), "norename yes") })
	c.do("PWD", "257")
	master.Close()
	c.want("421")
	<-s.ended
	if status := s.process.ProcessState.ExitCode(); status != 0 {
		t.Errorf("the server ended with status %d; want 0", status)
	}
}

// TestTerminalIsClosedInTheBackground is what becomes of a server with -B when its terminal is closed: nothing (Q35).
func TestTerminalIsClosedInTheBackground(t *testing.T) {
	t.Parallel()
	master, slave := openTerminal(t)
	shown := reading(master)
	m := manner{more: "Daemonize yes\n", change: onTerminal(t, slave)}
	s := prepare(t, m)
	s.launch(m)
	<-s.ended // the process that was called
	if status := s.process.ProcessState.ExitCode(); status != 0 {
		t.Fatalf("the start ended with status %d and %q", status, shown.String())
	}
	pid := background(t, s)
	c := s.login()
	master.Close()
	if err := syscall.Kill(pid, syscall.SIGHUP); err != nil { // as a shell does that ends with its terminal
		t.Fatal(err)
	}
	s.configure("Daemonize yes\nNoRename yes\n")
	if r := s.ctl("reload"); r.status != 0 {
		t.Errorf("reload after the terminal was closed: %+v", r)
	}
	c.do("PWD", "257")
	s.login().do("PWD", "257")
	if strings.Contains(shown.String(), "Ctrl-C") {
		t.Errorf("the terminal shows %q; want no hint with -B", shown.String())
	}
}

// background is the number of the process that stays with -B; the test's end stops it.
func background(t *testing.T, s *site) int {
	t.Helper()
	b, err := os.ReadFile(s.dir + "/pid")
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
			t.Errorf("the server of the background has gone: %v", err)
			return
		}
		eventually(t, "the server ends", func() bool {
			b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
			return err != nil || strings.Contains(string(b), ") Z ")
		})
	})
	return pid
}

// TestRelativeNameInTheBackground reads the file again that was named in the directory the server was started in, and has left.
func TestRelativeNameInTheBackground(t *testing.T) {
	t.Parallel()
	s := prepare(t, manner{more: "Daemonize yes\n"})
	full := s.file
	s.file = "etc/pure-ftpd.conf"
	s.launch(manner{change: func(c *exec.Cmd) { c.Dir = s.dir }})
	s.file = full
	<-s.ended
	background(t, s)
	s.configure("Daemonize yes\nNoRename yes\n")
	if r := s.ctl("reload"); r.status != 0 || !strings.Contains(r.out, "norename is yes, was no [etc/pure-ftpd.conf:11]") {
		t.Errorf("pure-ftpctl reload: %+v; want the file read again", r)
	}
}
