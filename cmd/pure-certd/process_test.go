package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pureftpd/internal/certd"
	"pureftpd/test/harness"
)

const program = "pure-certd"

// TestMain lets this test program stand in for the daemon, under its name.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == program {
		main()
	}
	os.Exit(m.Run())
}

// patience is how long a daemon may take to do what it was told.
const patience = 20 * time.Second

// daemon returns a command that runs the daemon in a folder.
func daemon(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Args[0] = program
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "FOO=1", certd.NameVariable+"=inherited")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// folder returns one with a program in it.
func folder(t *testing.T, script string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pure-certd-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	err = errors.Join(
		harness.WriteProgram(filepath.Join(dir, "program"), "#!/bin/sh\n"+script+"\n"),
		os.Chmod(dir, 0o755), // for -u
	)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// begin starts a daemon and waits until it listens. The test's end kills it.
func begin(t *testing.T, dir string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd := daemon(t, dir, append([]string{"-s", "s", "-p", "pid", "-r", filepath.Join(dir, "program")}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	for limit := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		text, err := os.ReadFile(filepath.Join(dir, "pid")) // is written when the socket is there
		if string(text) == fmt.Sprintln(cmd.Process.Pid) {
			return cmd, &stderr
		}
		if time.Now().After(limit) {
			t.Fatalf("the daemon does not start: %v\n%s", err, stderr.String())
		}
	}
}

// ask returns the answer to a question of the server's.
func ask(t *testing.T, dir, name string) string {
	t.Helper()
	conn, err := net.Dial("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	var answer bytes.Buffer
	_, err = conn.Write(certd.AppendRequest(nil, name))
	_, reading := answer.ReadFrom(conn)
	if err := errors.Join(err, reading, conn.Close()); err != nil {
		t.Error(err)
	}
	return answer.String()
}

// end sends a signal and checks the exit status.
func end(t *testing.T, cmd *exec.Cmd, s os.Signal) {
	t.Helper()
	if err := cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the daemon ended with %v after %v; want 0", err, s)
	}
}

// TestEnvironment compares what the program finds with what the original's found.
func TestEnvironment(t *testing.T) {
	want, err := os.ReadFile("testdata/script-env.txt")
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, `env | grep -E '^(CERTD_|FOO=)' | sort; echo $#; umask`)
	cmd, _ := begin(t, dir)
	if got := ask(t, dir, "foo.example"); got != string(want) {
		t.Errorf("the program has the environment\n%s\nwant\n%s", got, want)
	}
	end(t, cmd, syscall.SIGTERM)
}

// TestAnswer goes the whole way, from the server's question to what it understands.
func TestAnswer(t *testing.T) {
	dir := folder(t, `case $CERTD_SNI_NAME in
a.example) printf 'action:strict\ncert_file:/a.pem\nend\n';;
b.example) printf 'action:fallback\ncert_file:/b.crt\nkey_file:/b.key\nend\n';;
c.example) echo action:default; echo end;;
d.example) echo nothing of the kind;;
esac`)
	begin(t, dir)
	c := certd.Client{Path: filepath.Join(dir, "s")}
	for name, want := range map[string]certd.Answer{
		"a.example": {Action: certd.Strict, CertFile: "/a.pem", KeyFile: "/a.pem"},
		"b.example": {Action: certd.Fallback, CertFile: "/b.crt", KeyFile: "/b.key"},
		"c.example": {Action: certd.Default},
		"d.example": {},
		"e.example": {},
	} {
		if got, err := c.Ask(t.Context(), name); got != want || (err != nil) != (want == certd.Answer{}) {
			t.Errorf("Ask(%s) = %+v, %v; want %+v", name, got, err, want)
		}
	}
}

// TestEnds stops the daemon in each of the ways the original knows. It takes its files away.
func TestEnds(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGXCPU} {
		dir := folder(t, "echo end")
		cmd, stderr := begin(t, dir)
		ask(t, dir, "a")
		if info, err := os.Lstat(filepath.Join(dir, "s")); err != nil || info.Mode() != os.ModeSocket|0o600 {
			t.Errorf("mode of the socket = %v, %v; want 0600", info.Mode(), err)
		}
		if text, err := os.ReadFile(filepath.Join(dir, "pid")); string(text) != fmt.Sprintln(cmd.Process.Pid) {
			t.Errorf("the pid file holds %q, %v", text, err)
		}
		end(t, cmd, s)
		left, err := filepath.Glob(filepath.Join(dir, "*"))
		if len(left) != 1 || err != nil {
			t.Errorf("left after %v: %q, %v; want the program only", s, left, err)
		}
		if stderr.Len() > 0 {
			t.Errorf("standard error: %s", stderr.String())
		}
	}
}

// TestStopDoesNotWait stops a daemon whose program hangs.
func TestStopDoesNotWait(t *testing.T) {
	dir := folder(t, `echo $$ > "$(dirname "$0")/running"; exec sleep 100`)
	cmd, stderr := begin(t, dir)
	conn, err := net.Dial("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write(certd.AppendRequest(nil, "a")); err != nil {
		t.Fatal(err)
	}
	var text []byte
	for limit := time.Now().Add(patience); len(text) == 0 && time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		text, _ = os.ReadFile(filepath.Join(dir, "running"))
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	end(t, cmd, syscall.SIGTERM) // who asks twice does not want to wait
	if took := time.Since(begun); took > patience/2 {
		t.Errorf("the daemon took %v to end", took)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the program runs on: %v\n%s", err, stderr.String())
	}
}

func TestBackground(t *testing.T) {
	dir := folder(t, `env | grep PURE_FTPD; pwd; readlink /proc/$PPID/fd/[012]`)
	cmd := daemon(t, dir, "-B", "-s", "s", "-p", "pid", "-r", filepath.Join(dir, "program"))
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "pid")) // is there as soon as the first process has ended
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	stop := func() { _ = syscall.Kill(pid, syscall.SIGTERM) }
	t.Cleanup(stop)
	if got := ask(t, dir, "a"); got != "/\n"+strings.Repeat("/dev/null\n", 3) {
		t.Errorf("the program says %q; want the root directory and no terminal", got)
	}
	second := daemon(t, dir, "-B", "-s", "s", "-p", "pid", "-r", "/program")
	out, err := second.CombinedOutput()
	if second.ProcessState.ExitCode() != 255 || !bytes.Contains(out, []byte("another process listens")) {
		t.Errorf("a second daemon at the same socket: %v\n%s", err, out)
	}
	stop()
	for limit := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "pid")); errors.Is(err, os.ErrNotExist) {
			break
		}
		if time.Now().After(limit) {
			t.Fatal("the daemon does not end")
		}
	}
}

// TestExitStatus holds the original's, whose words are others.
func TestExitStatus(t *testing.T) {
	dir := folder(t, "echo end")
	for _, test := range []struct {
		args   string
		status int
		stdout bool
		stderr string
	}{
		{"-h", 0, true, ""},
		{"--bad", 0, true, "unrecognized option '--bad'"},
		{"", 254, false, "-s"},
		{"-s s", 254, false, "-r /path/to/program"},
		{"-s s -r program", 254, false, "-r /path/to/program"},
		{"-r /program", 254, false, "-s /path/to/socket"},
		{"-r /program -s none/s", 255, false, "no such file"},
		{"-r /program -s program", 255, false, "is not a socket"},
		{"-r /program -s s -p none/pid/pid", 255, false, "pid file"},
		{"-r /program -s s -u ann", 254, false, "-u: 'ann'"}, // the original goes on as root
	} {
		if test.args == "-r /program -s s -p none/pid/pid" {
			if err := os.WriteFile(filepath.Join(dir, "none"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			test.stderr = "pid file"
		}
		cmd := daemon(t, dir, strings.Fields(test.args)...)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		if got := cmd.ProcessState.ExitCode(); got != test.status {
			t.Errorf("%s: %v; want status %d", test.args, err, test.status)
		}
		if (stdout.Len() > 0) != test.stdout || !strings.Contains(stderr.String(), test.stderr) {
			t.Errorf("%s: standard output %q, error %q; want %q", test.args, stdout.String(), stderr.String(), test.stderr)
		}
	}
}
