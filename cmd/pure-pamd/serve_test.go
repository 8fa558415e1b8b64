package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pureftpd/internal/pamlink"
)

// ask lets a helper whose workers run a shell script answer one question. The script's descriptor 3 is for the answer.
func ask(t *testing.T, limit time.Duration, script string) pamlink.Answer {
	t.Helper()
	ours, theirs := net.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- serve(theirs, helper{limit: limit, worker: func() *exec.Cmd { return exec.Command("sh", "-c", script) }})
	}()
	defer func() {
		if err := errors.Join(ours.Close(), <-ended); err != nil {
			t.Error(err)
		}
	}()
	r := pamlink.NewReader(ours)
	var hello pamlink.Hello
	var a pamlink.Answer
	err := r.Read(&hello)
	if err == nil {
		err = pamlink.Write(ours, pamlink.Question{ID: 7, User: []byte("joe"), Password: []byte("secret")})
	}
	if err == nil {
		err = r.Read(&a)
	}
	if err != nil || hello.Problem != "" || a.ID != 7 {
		t.Fatalf("%+v, %+v, %v", hello, a, err)
	}
	return a
}

func TestWorkerAnswers(t *testing.T) {
	a := ask(t, time.Minute, `read line; case $line in *'"user":"am9l"'*) echo '{"outcome":"denied","detail":"so"}' >&3;; esac`)
	if a.Outcome != pamlink.Denied || a.Detail != "so" {
		t.Errorf("answer = %+v", a)
	}
}

// Whatever a module does to its process, there is an answer, and nobody is let in by it.
func TestWorkerThatGivesNoAnswer(t *testing.T) {
	for _, test := range []struct{ script, want string }{
		{"exit 3", "exit status 3"},
		{"kill -SEGV $$", "segmentation fault"},
		{"kill -KILL $$", "killed"},
		{"echo '{\"outcome\":\"accep' >&3", "gave no answer"},
		{"echo nonsense >&3", "gave no answer"},
		{"exec 3>&-; exec sleep 60", "killed"},
		{"head -c 3000000 /dev/zero >&3", "gave no answer"},
	} {
		if a := ask(t, time.Minute, test.script); a.Outcome != pamlink.Failed || !strings.Contains(a.Detail, test.want) {
			t.Errorf("%s: %+v; want %q", test.script, a, test.want)
		}
	}
}

// A hanging module is stopped with everything that it has started, even what has left its session.
func TestWorkerThatHangs(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	began := time.Now()
	a := ask(t, time.Second, `echo $$ >> `+pids+`; setsid sh -c 'echo $$ >> `+pids+`; sleep 60; :' & sleep 60; :`)
	if a.Outcome != pamlink.Failed || !strings.Contains(a.Detail, "longer than 1s") || time.Since(began) > 20*time.Second {
		t.Errorf("%+v after %s", a, time.Since(began))
	}
	text, err := os.ReadFile(pids)
	lines := strings.Fields(string(text))
	if err != nil || len(lines) != 2 {
		t.Fatalf("pids %q, %v", text, err)
	}
	for _, line := range lines {
		pid, err := strconv.Atoi(line)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; alive(pid); i++ {
			if i == 100 {
				t.Fatalf("process %d still runs", pid)
			}
			time.Sleep(20 * time.Millisecond) // a killed process takes a moment
		}
	}
}

func alive(pid int) bool {
	_, ok := parentOf(pid)
	return ok && syscall.Kill(pid, 0) == nil
}

func TestServerThatGoesEndsTheWorkers(t *testing.T) {
	ours, theirs := net.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- serve(theirs, helper{limit: time.Hour, worker: func() *exec.Cmd { return exec.Command("sleep", "60") }})
	}()
	var hello pamlink.Hello
	err := pamlink.NewReader(ours).Read(&hello)
	if err = errors.Join(err, pamlink.Write(ours, pamlink.Question{ID: 1}), ours.Close()); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil && !errors.Is(err, io.ErrClosedPipe) {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Error("the helper does not end")
	}
}

func TestHelperWithoutPAM(t *testing.T) {
	var out bytes.Buffer
	err := serve(struct {
		io.Reader
		io.Writer
	}{strings.NewReader(""), &out}, helper{problem: "no PAM here"})
	var hello pamlink.Hello
	if failed := pamlink.NewReader(&out).Read(&hello); failed != nil || err == nil || hello.Problem != "no PAM here" {
		t.Errorf("serve = %v, hello %+v, %v", err, hello, failed)
	}
}

func TestCommandLine(t *testing.T) {
	for _, test := range []struct {
		argv   string
		status int
	}{
		{"pure-pamd", exitLine}, {"pure-pamd -h", 0}, {"pure-pamd --help", 0}, {"pure-pamd nosuch", exitLine},
		{"pure-pamd serve", exitLine}, {"pure-pamd serve soon", 1}, {"pure-pamd serve -1s", 1},
	} {
		var stdout, stderr bytes.Buffer
		if got := run(strings.Fields(test.argv), &stdout, &stderr); got != test.status {
			t.Errorf("%s: %d; want %d", test.argv, got, test.status)
		}
	}
}
