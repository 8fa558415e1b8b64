//go:build privileged || oracle

package uploads

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pureftpd/test/harness"
)

const (
	base     = "/run/specB"                          // all files of a test
	pipe     = "/run/pure-ftpd.upload.pipe"          // as the programs know it, by another name of the folder
	hosts    = "/etc/pure-ftpd/pure-ftpd/127.0.0.5"  // a virtual host
	pidFile  = "/run/pure-uploadscript.pid"          // of pure-uploadscript
	spool    = "/var/spool/pure-ftpd/uploads"        // of our server
	database = base + "/users.pdb"                   // of the virtual users "up user" and "upn"
	out      = base + "/out"                         // what programs of the administrator write
	address  = "127.0.0.1:21"                        // of the server
	patience = 20 * time.Second                      // for what should happen soon
	glance   = 5 * time.Millisecond                  // between two looks
	recorder = `echo "${1##*/}" >> ` + base + `/out` // a program that notes the names of files
)

// newWorld empties the stage and makes homes and users.
func newWorld(t *testing.T) {
	t.Helper()
	home := func(path string, uid int) error {
		return errors.Join(os.MkdirAll(path, 0o755), os.Chown(path, uid, uid))
	}
	line := func(name, path string) string {
		return fmt.Sprintf("%s:secret:2001:2001::%s/home/up%s::::::::::::\n", name, base, path)
	}
	err := errors.Join(
		os.RemoveAll(base), os.RemoveAll("/etc/pure-ftpd"), os.RemoveAll(filepath.Dir(spool)),
		os.RemoveAll(pipe), os.RemoveAll(strings.TrimSuffix(pipe, "pipe")+"lock"), os.RemoveAll(pidFile),
		home(base, 2001), home(base+"/home/up/d", 2001), home(base+"/home/up", 2001), home(base+"/ftp/in", 2100), home(hosts+"/in", 2100),
		os.Symlink(hosts, "/etc/pure-ftpd/127.0.0.5"),
		os.WriteFile(database, harness.PureDB(line("up user", "/./")+line("upn", "")), 0o600),
	)
	if err != nil {
		t.Fatal(err)
	}
}

// A process is a program that was started, in a group of its own.
type process struct {
	*exec.Cmd
	t      *testing.T
	ended  chan struct{}
	stderr harness.Text
}

// launch starts a program; the test's end kills it.
func launch(t *testing.T, stdin *os.File, words ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(words[0], words[1:]...), t: t, ended: make(chan struct{})}
	p.Env = append(os.Environ(), "FOO=bar", "UPLOAD_USER=inherited")
	p.Stdout, p.Stderr = &p.stderr, &p.stderr
	if stdin != nil {
		p.Stdin = stdin
	}
	p.WaitDelay = patience
	p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.Wait() // ProcessState tells
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%q wrote %s", p.Args, p.stderr.String())
		}
	})
	return p
}

// kill ends the group at once.
func (p *process) kill() {
	_ = syscall.Kill(-p.Process.Pid, syscall.SIGKILL) // often gone already
	<-p.ended
}

// stop asks the process to end, and waits until it has.
func (p *process) stop() {
	p.t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	p.end(0)
}

// end waits until the process has ended and checks the exit status.
func (p *process) end(status int) {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("%q does not end", p.Args)
	}
	if got := p.ProcessState.ExitCode(); got != status {
		p.t.Errorf("%q: exit status %d; want %d: %s", p.Args, got, status, p.stderr.String())
	}
}

// says waits until the process has written a text.
func (p *process) says(text string) {
	p.t.Helper()
	await(p.t, "the words "+text, func() bool { return strings.Contains(p.stderr.String(), text) })
}

func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	for limit := time.Now().Add(patience); !so(); time.Sleep(glance) {
		if time.Now().After(limit) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// words are the command line of a server.
func words(server string, more ...string) []string {
	return append([]string{server, "-H", "-o", "-l", "puredb:" + database, "-S", "21", "-g", "/run/pid"}, more...)
}

// serve starts a server and does not wait for it.
func serve(t *testing.T, server string, more ...string) *process {
	t.Helper()
	return launch(t, nil, words(server, more...)...)
}

// reader starts a pure-uploadscript with a shell script, and waits until it reads.
func reader(t *testing.T, program, script string, more ...string) *process {
	t.Helper()
	p := background(t, program, script, more...)
	await(t, "the pid file", func() bool {
		text, err := os.ReadFile(pidFile)
		return err == nil && strings.TrimSpace(string(text)) == fmt.Sprint(p.Process.Pid)
	})
	return p
}

// background starts one and does not wait.
func background(t *testing.T, program, script string, more ...string) *process {
	t.Helper()
	path := base + "/program"
	if err := harness.WriteProgram(path, "#!/bin/sh\n"+script+"\n"); err != nil {
		t.Fatal(err)
	}
	return launch(t, nil, append([]string{program, "-r", path}, more...)...)
}

// lines returns what programs of the administrator have written.
func lines(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(out)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.Fields(string(text))
}

// ran waits for a number of lines and compares them with numbers from 0 on.
func ran(t *testing.T, n int) {
	t.Helper()
	await(t, fmt.Sprint(n, " programs"), func() bool { return len(lines(t)) >= n })
	for i, line := range lines(t) {
		if line != fmt.Sprint(i) {
			t.Fatalf("programs ran for %q", lines(t))
		}
	}
}

// open reports whether somebody listens on the server's port.
func open() bool {
	conn, err := net.Dial("tcp", address)
	return err == nil && conn.Close() == nil
}
