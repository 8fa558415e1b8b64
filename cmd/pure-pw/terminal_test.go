package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A terminal is a pseudo terminal: what is written to it is typed, and what it shows is kept.
type terminal struct {
	t      *testing.T
	master *os.File
	slave  *os.File

	mu    sync.Mutex
	shown bytes.Buffer
	came  chan struct{} // has a value when something new is shown
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(master.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, master: master, slave: slave, came: make(chan struct{}, 1)}
	ended := make(chan struct{})
	go func() { // ends when the last writer has closed the slave
		defer close(ended)
		_, _ = io.Copy(term, master)
	}()
	t.Cleanup(func() {
		_ = slave.Close()
		<-ended
		_ = master.Close()
	})
	return term
}

// Write keeps what the terminal shows.
func (m *terminal) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shown.Write(p)
	select {
	case m.came <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (m *terminal) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.ReplaceAll(m.shown.String(), "\r\n", "\n")
}

// expect waits until the terminal shows exactly this.
func (m *terminal) expect(want string) {
	m.t.Helper()
	deadline := time.After(processTimeout)
	for m.String() != want {
		select {
		case <-m.came:
		case <-deadline:
			m.t.Fatalf("the terminal shows %q; want %q", m, want)
		}
	}
}

// silent waits until the terminal does not show what is typed.
func (m *terminal) silent() {
	m.t.Helper()
	deadline := time.Now().Add(processTimeout)
	for m.echo() {
		if time.Now().After(deadline) {
			m.t.Fatal("the terminal goes on showing what is typed")
		}
		runtime.Gosched()
	}
}

func (m *terminal) echo() bool {
	m.t.Helper()
	state, err := unix.IoctlGetTermios(int(m.slave.Fd()), unix.TCGETS)
	if err != nil {
		m.t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

func (m *terminal) typed(text string) {
	m.t.Helper()
	if _, err := m.master.WriteString(text); err != nil {
		m.t.Fatal(err)
	}
}

// start starts a program that has the terminal for input and output, and as the one that controls it.
func (m *terminal) start(cmd *exec.Cmd) {
	m.t.Helper()
	cmd.Stdin, cmd.Stdout = m.slave, m.slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
}

func TestDialogueOnATerminalShowsNothing(t *testing.T) {
	text := filepath.Join(t.TempDir(), "users")
	term := newTerminal(t)
	cmd := pw(t, "useradd", "joe", "-f", text, "-u1", "-g1", "-d/h", "-C64")
	term.start(cmd)
	for _, shown := range []string{"Password: ", "Password: \nEnter it again: "} {
		term.expect(shown)
		term.silent()
		term.typed("secret\n")
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	term.expect("Password: \nEnter it again: \n")
	if !term.echo() {
		t.Error("the terminal stays silent")
	}
}

// An interrupt and the end of input leave a terminal that shows what is typed, and no account.
func TestInterruptRestoresTheTerminal(t *testing.T) {
	for _, test := range []struct {
		name  string
		typed string
		want  syscall.Signal // 0: it exits
	}{
		{"interrupt", "se\x03", syscall.SIGINT},
		{"end of input", "\x04", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := filepath.Join(t.TempDir(), "users")
			term := newTerminal(t)
			cmd := pw(t, "useradd", "joe", "-f", text, "-u1", "-g1", "-d/h")
			term.start(cmd)
			term.expect("Password: ")
			term.silent()
			term.typed(test.typed)
			err := cmd.Wait()
			ended, ok := errors.AsType[*exec.ExitError](err)
			if !ok {
				t.Fatalf("the program ends with %v; want a failure", err)
			}
			status := ended.Sys().(syscall.WaitStatus)
			if test.want != 0 && (!status.Signaled() || status.Signal() != test.want) {
				t.Errorf("the program ends with %v; want %v", err, test.want)
			}
			if test.want == 0 && status.ExitStatus() != int(statusPassword) {
				t.Errorf("the program ends with %v; want status %d", err, statusPassword)
			}
			if !term.echo() {
				t.Error("the terminal stays silent")
			}
			if _, err := os.Stat(text); err == nil {
				t.Error("there is an account")
			}
		})
	}
}

// TestSignalRestoresTheTerminal sends the signals that end programs.
func TestSignalRestoresTheTerminal(t *testing.T) {
	for _, sent := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(sent.String(), func(t *testing.T) {
			term := newTerminal(t)
			cmd := pw(t, "useradd", "joe", "-f", filepath.Join(t.TempDir(), "users"), "-u1", "-g1", "-d/h")
			term.start(cmd)
			term.expect("Password: ")
			term.silent()
			if err := cmd.Process.Signal(sent); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // its state tells
			if status := cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != sent {
				t.Errorf("the program ends with %v; want %v", cmd.ProcessState, sent)
			}
			if !term.echo() {
				t.Error("the terminal stays silent")
			}
		})
	}
}

func TestTypedLine(t *testing.T) {
	for _, test := range []struct {
		typed, want string
		err         error
	}{
		{"secret\rrest", "secret", nil},
		{"secret\nrest", "secret", nil},
		{"\r", "", nil},
		{"ab\x7fc\x08d\r", "ad", nil},
		{"\x7f\x7fa\r", "a", nil},
		{"aé\x7fb\r", "ab", nil},
		{"wrong\x15right\r", "right", nil},
		{"\xe9\xff\t\x1a\r", "\xe9\xff\t", nil},
		{"half", "half", nil},
		{"half\x04", "half", nil},
		{"", "", errInputEnded},
		{"\x04", "", errInputEnded},
		{strings.Repeat("x", maxPasswordLine+2) + "\r", "", errLongPassword},
	} {
		got, err := typedLine(bufio.NewReader(strings.NewReader(test.typed)))
		if string(got) != test.want || !errors.Is(err, test.err) {
			t.Errorf("typedLine(%q) = %q, %v; want %q, %v", test.typed, got, err, test.want, test.err)
		}
	}
	for typed, want := range map[string]syscall.Signal{"ab\x03": syscall.SIGINT, "\x1c": syscall.SIGQUIT} {
		_, err := typedLine(bufio.NewReader(strings.NewReader(typed)))
		if key, ok := errors.AsType[*signalKey](err); !ok || key.signal != want {
			t.Errorf("typedLine(%q) = %v; want %v", typed, err, want)
		}
	}
}

func TestListOnATerminal(t *testing.T) {
	term := newTerminal(t)
	cmd := pw(t, "list", "x", "-f", "testdata/vectors/three.passwd")
	term.start(cmd)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/vectors/list-tty.txt")
	if err != nil {
		t.Fatal(err)
	}
	term.expect(string(want))
}
