package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// processTimeout bounds a process of a test, which a mistake could leave waiting for input.
const processTimeout = time.Minute

// pw returns a command that runs this test program as pure-pw.
func pw(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), processTimeout)
	t.Cleanup(cancel)
	path, err := exec.LookPath(program) // testscript.Main put it there
	if err != nil {
		path, err = os.Executable()
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Args[0] = program
	return cmd
}

const sampleHash = "$1$abcdefgh$znAnv9M.XU2pRYfmSs46h/" // of the password "x"

// TestConcurrentChanges lets many processes change one file at once: no change may be lost.
func TestConcurrentChanges(t *testing.T) {
	const runs, atOnce = 200, 20
	text := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(text, []byte("# kept\nbob:"+sampleHash+":1:1::/h::::::::::::\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	places := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i := range runs {
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			args := []string{"useradd", "u" + strconv.Itoa(i), "-f", text, "-u", "1", "-g", "1", "-d", "/h", "--quiet",
				"--password-hash", sampleHash}
			if i%2 == 1 {
				args = []string{"usermod", "bob", "-f", text, "-n", strconv.Itoa(i), "--quiet"}
			}
			if out, err := pw(t, args...).CombinedOutput(); err != nil {
				t.Errorf("pure-pw %q: %v\n%s", args, err, out)
			}
		})
	}
	all.Wait()
	got, err := os.ReadFile(text)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < runs; i += 2 {
		want := fmt.Sprintf("\nu%d:%s:1:1::/h/./::::::::::::\n", i, sampleHash)
		if n := bytes.Count(got, []byte(want)); n != 1 {
			t.Errorf("%d lines of u%d; want one", n, i)
		}
	}
	if n := bytes.Count(got, []byte("\n")); n != runs/2+2 || !bytes.HasPrefix(got, []byte("# kept\n")) {
		t.Errorf("the file holds %d lines; want %d\n%s", n, runs/2+2, got)
	}
}

// TestOneOfManyAddsALogin lets processes add the same login at once: only one may succeed.
func TestOneOfManyAddsALogin(t *testing.T) {
	const runs = 10
	text := filepath.Join(t.TempDir(), "users")
	statuses := make(chan int, runs)
	var all sync.WaitGroup
	for range runs {
		all.Go(func() {
			cmd := pw(t, "useradd", "joe", "-f", text, "-u1", "-g1", "-d/h", "--quiet", "--password-hash="+sampleHash)
			_ = cmd.Run() // its status tells
			statuses <- cmd.ProcessState.ExitCode()
		})
	}
	all.Wait()
	close(statuses)
	count := make(map[int]int)
	for s := range statuses {
		count[s]++
	}
	if count[0] != 1 || count[int(statusRewrite)] != runs-1 {
		t.Errorf("exit statuses %v; want one 0 and %d times %d", count, runs-1, statusRewrite)
	}
}

// TestNothingSecretAmongProcesses looks at what others see of a process while it reads a password.
func TestNothingSecretAmongProcesses(t *testing.T) {
	const password = "correct horse battery staple"
	dir := t.TempDir()
	text, file := filepath.Join(dir, "users"), filepath.Join(dir, "password")
	if err := os.WriteFile(text, []byte("bob:"+sampleHash+":1:1::/h\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"passwd", "bob", "-f", text, "-C64"},
		{"passwd", "bob", "-f", text, "-C64", "--password-stdin"},
		{"passwd", "bob", "-f", text, "-C64", "--password-hash", "-"},
	} {
		cmd := pw(t, args...)
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(in, password); err != nil { // the line does not end: the process waits
			t.Error(err)
		}
		for _, name := range []string{"cmdline", "environ", "comm"} {
			shown, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid), name))
			if err != nil {
				t.Error(err)
			}
			if bytes.Contains(shown, []byte("horse")) {
				t.Errorf("%q shows the password in %s", args, name)
			}
		}
		_ = in.Close()
		_ = cmd.Wait() // half a dialogue is a failure
	}
}

// TestGeneratedPasswordWorks takes what is printed for the password.
func TestGeneratedPasswordWorks(t *testing.T) {
	text := filepath.Join(t.TempDir(), "users")
	out, err := pw(t, "useradd", "joe", "-f", text, "-u1", "-g1", "-d/h", "-C64", "--generate").Output()
	if err != nil {
		t.Fatal(err)
	}
	check := pw(t, "verify", "joe", "-f", text, "--password-stdin")
	check.Stdin = bufio.NewReader(strings.NewReader(string(out)))
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("pure-pw verify: %v\n%s", err, out)
	}
}
