package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pureftpd/internal/auth"
	"pureftpd/internal/auth/extauth"
	"pureftpd/internal/authd"
	"pureftpd/test/harness"
)

const program = "pure-authd"

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
	cmd.Env = append(os.Environ(), "FOO=bar", "AUTHD_PASSWORD=inherited")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// folder returns one with a program in it.
func folder(t *testing.T, script string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pure-authd-")
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

// ask returns the answer to a question as it comes.
func ask(t *testing.T, dir string, question []byte) string {
	t.Helper()
	conn, err := net.Dial("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Write(question)
	answer, reading := io.ReadAll(conn)
	if err := errors.Join(err, reading, conn.Close()); err != nil {
		t.Error(err)
	}
	return string(answer)
}

// end sends SIGTERM and checks the exit status.
func end(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the daemon ended with %v; want 0", err)
	}
}

// TestEnvironment compares what the program finds with what the original's found.
func TestEnvironment(t *testing.T) {
	text, err := os.ReadFile("testdata/script-env.txt")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, "AUTHD_") || strings.HasPrefix(line, "FOO=") {
			want = append(want, line)
		}
	}
	dir := folder(t, `env | grep -E '^(AUTHD_|FOO=)' | LC_ALL=C sort; echo "argc=$# $(pwd) $(umask)"; readlink /proc/$$/fd/0`)
	cmd, stderr := begin(t, dir)
	question := authd.Question{Account: "joe", Password: "pw", LocalIP: "127.0.0.1", LocalPort: 21, RemoteIP: "127.0.0.1"}
	lines, err := question.Lines()
	if err != nil {
		t.Fatal(err)
	}
	expected := strings.Join(want, "\n") + "\nargc=0 / 0077\n/dev/null\n"
	if got := ask(t, dir, lines); got != expected || len(want) != 7 {
		t.Errorf("the program has the environment\n%s\nwant\n%s", got, expected)
	}
	question = authd.Question{Account: "p:w é", ServerName: "a.example", Encrypted: true, LocalIP: "::1", RemoteIP: "::2", LocalPort: 990}
	if lines, err = question.Lines(); err != nil {
		t.Fatal(err)
	}
	expected = "AUTHD_ACCOUNT=p:w é\nAUTHD_CLIENT_SNI_NAME=a.example\nAUTHD_ENCRYPTED=1\nAUTHD_LOCAL_IP=::1\nAUTHD_LOCAL_PORT=990\n" +
		"AUTHD_REMOTE_IP=::2\nFOO=bar\nargc=0 / 0077\n/dev/null\n" // no password, and not the one of the daemon's own environment
	if got := ask(t, dir, lines); got != expected {
		t.Errorf("the program has the environment\n%s\nwant\n%s", got, expected)
	}
	end(t, cmd)
	if stderr.Len() > 0 {
		t.Errorf("standard error: %s", stderr.String())
	}
}

// backend asks the daemon in a folder as the server does.
func backend(dir string) *extauth.Backend {
	return extauth.New(extauth.Config{Asker: &extauth.Socket{Path: filepath.Join(dir, "s")}})
}

func login(user, password string) auth.Credentials {
	return auth.Credentials{
		User: user, Password: auth.Secret(password),
		Local: netip.MustParseAddrPort("127.0.0.1:21"), Remote: netip.MustParseAddrPort("127.0.0.1:40000"),
	}
}

// accounts is a program like the one in docs/extauth.md.
const accounts = `case $AUTHD_ACCOUNT in
joe) if [ "$AUTHD_PASSWORD" = "secret word" ]; then
	printf 'auth_ok:1\nuid:2001\ngid:2002\ndir:/srv/joe/./\nuser_quota_files:7\n'
else
	echo auth_ok:-1
fi ;;
silent) exit 1 ;;
slow) exec sleep 100 ;;
*) echo auth_ok:0 ;;
esac
echo end`

// TestLogin goes the whole way, from what a client sends to the account.
func TestLogin(t *testing.T) {
	dir := folder(t, accounts)
	cmd, stderr := begin(t, dir, "--timelimit", "1")
	b := backend(dir)
	a, err := b.Authenticate(t.Context(), login("joe", "secret word"))
	if err != nil || a.Name != "joe" || a.UID != 2001 || a.GID != 2002 || a.Home != "/srv/joe/./" || a.Limits.MaxFiles.N != 7 {
		t.Errorf("Authenticate = %+v, %v", a, err)
	}
	for user, want := range map[string]error{
		"joe": auth.ErrRefused, "ann": auth.ErrUnknown, "silent": auth.ErrUnknown,
		"slow": auth.ErrRefused, // nobody else is asked because a program hangs
	} {
		if _, err := b.Authenticate(t.Context(), login(user, "wrong")); !errors.Is(err, want) {
			t.Errorf("Authenticate(%s) = %v; want %v", user, err, want)
		}
	}
	end(t, cmd)
	if !strings.Contains(stderr.String(), "it took too long and was ended") || strings.Contains(stderr.String(), "wrong") {
		t.Errorf("standard error: %s", stderr.String())
	}
}

// TestThousandLogins has all of them come at once, each with a program of its own.
func TestThousandLogins(t *testing.T) {
	dir := folder(t, accounts)
	cmd, stderr := begin(t, dir)
	b := backend(dir)
	var all sync.WaitGroup
	for i := range 1000 {
		all.Go(func() {
			user, password, want := "joe", "secret word", error(nil)
			switch i % 4 {
			case 1:
				password, want = "wrong", auth.ErrRefused
			case 2:
				user, want = fmt.Sprint("ann", i), auth.ErrUnknown
			}
			if a, err := b.Authenticate(t.Context(), login(user, password)); !errors.Is(err, want) || (err == nil) != (a.UID == 2001) {
				t.Errorf("Authenticate(%s) = %+v, %v; want %v", user, a, err, want)
			}
		})
	}
	all.Wait()
	end(t, cmd)
	if stderr.Len() > 0 {
		t.Errorf("standard error: %s", stderr.String())
	}
}

// TestKilled kills the daemon while a program runs. What it started cannot answer in its place.
func TestKilled(t *testing.T) {
	dir := folder(t, `echo begun > "$(dirname "$0")/begun"; printf 'auth_ok:1\n'; exec sleep 2`)
	cmd, _ := begin(t, dir)
	result := make(chan error, 1)
	go func() {
		_, err := backend(dir).Authenticate(t.Context(), login("joe", "secret word"))
		result <- err
	}()
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "begun")); err == nil {
			break
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-result:
		if !errors.Is(err, auth.ErrUnknown) { // as an empty answer does in the original
			t.Errorf("Authenticate = %v; want ErrUnknown", err)
		}
	case <-time.After(patience):
		t.Error("the login waits on")
	}
}

// TestStopped lets a daemon that is told to stop refuse whoever waits for a program that hangs.
func TestStopped(t *testing.T) {
	dir := folder(t, `echo begun > "$(dirname "$0")/begun"; exec sleep 100`)
	cmd, _ := begin(t, dir)
	result := make(chan error, 1)
	go func() {
		_, err := backend(dir).Authenticate(t.Context(), login("joe", "secret word"))
		result <- err
	}()
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "begun")); err == nil {
			break
		}
	}
	end(t, cmd)
	if err := <-result; !errors.Is(err, auth.ErrRefused) {
		t.Errorf("Authenticate = %v; want ErrRefused", err)
	}
}

// TestExitStatus holds the original's.
func TestExitStatus(t *testing.T) {
	dir := folder(t, "echo end")
	for _, test := range []struct {
		args   string
		status int
		text   string
	}{
		{"-h", 0, "/var/run/pure-authd.pid"},
		{"--bad", 0, "Usage: pure-authd"},
		{"", 254, "pure-authd: give a socket"},
		{"-s s", 254, "-r /path/to/program"},
		{"-s s -r program", 254, "-r /path/to/program"},
		{"-r /program", 254, "-s /path/to/socket"},
		{"-r /program -s none/s", 255, "no such file"},
		{"-r /program -s program", 255, "is not a socket"},
		{"-r /program -s s -u ann", 254, "-u: 'ann'"},
	} {
		cmd := daemon(t, dir, strings.Fields(test.args)...)
		out, err := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != test.status || !strings.Contains(string(out), test.text) {
			t.Errorf("%s: %v; want status %d and %q\n%s", test.args, err, test.status, test.text, out)
		}
	}
}
