package uploads

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
)

// roleVariable tells the test program what to be instead.
const roleVariable = "UPLOADS_TEST_ROLE"

// child runs a test of this program as another process, which does what its role is.
func child(t *testing.T, role string, args ...string) (cmd *exec.Cmd, out *bufio.Reader, in io.WriteCloser) {
	t.Helper()
	cmd = exec.Command(os.Args[0], append([]string{"-test.run=^TestRole$", "--"}, args...)...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out = bufio.NewReader(stdout)
	if line, err := out.ReadString('\n'); line != "ready\n" {
		t.Fatalf("the process says %q, %v", line, err)
	}
	return cmd, out, in
}

// TestRole is what such a process does.
func TestRole(t *testing.T) {
	args := os.Args[len(os.Args)-4:]
	switch os.Getenv(roleVariable) {
	case "":
		return
	case "lock":
		f, err := openRegular(args[3], os.Geteuid())
		if err == nil {
			err = waitLock(f)
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("ready")
		if _, err := io.ReadAll(os.Stdin); err != nil {
			t.Error(err)
		}
	case "server":
		first, err := strconv.Atoi(args[3])
		if err != nil {
			t.Fatal(err)
		}
		c, err := Open(Config{Files: Files{args[0], args[1]}, Spool: args[2], Report: func(string) {}})
		if err != nil {
			t.Fatal(err)
		}
		announce(c, first, 10)
		fmt.Println("ready")
		if _, err := io.ReadAll(os.Stdin); err != nil {
			t.Error(err)
		}
	}
}

// holdLock has another process hold a lock until release is called.
func holdLock(t *testing.T, path string) (release func()) {
	t.Helper()
	cmd, _, in := child(t, "lock", path)
	return func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
}

// TestKilled kills servers, one after the other. The next reader gets all events in their order.
func TestKilled(t *testing.T) {
	p := newPost(t)
	for i := range 3 {
		cmd, _, _ := child(t, "server", p.files.Pipe, p.files.Lock, p.spool, fmt.Sprint(10*i))
		p.await("the spool", func() bool { return p.spooled() == 10*(i+1) })
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
	}
	c := p.open()
	announce(c, 30, 10)
	p.listen().hears(0, 40)
	p.close(c)
}
