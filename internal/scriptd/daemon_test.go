package scriptd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pureftpd/internal/linemsg"
	"pureftpd/test/harness"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A trial is a daemon under test, with a program of one's own.
type trial struct {
	t    *testing.T
	dir  string // $DIR for the program
	path string // of the socket
	stop context.CancelFunc
	halt context.CancelFunc
	done chan error

	mu      sync.Mutex
	reports []string
}

// start runs a daemon whose program is a shell script.
func start(t *testing.T, script string, change func(*daemon)) *trial {
	t.Helper()
	dir := t.TempDir()
	tr := &trial{t: t, dir: dir, path: filepath.Join(dir, "s"), done: make(chan error, 1)}
	file := filepath.Join(dir, "program")
	if err := harness.WriteProgram(file, "#!/bin/sh\n"+script+"\n"); err != nil {
		t.Fatal(err)
	}
	s, err := listen(t.Context(), tr.path)
	if err != nil {
		t.Fatal(err)
	}
	kind := testKind()
	d := &daemon{kind: kind, slots: make(chan struct{}, 8), program: program{
		path: file, limit: 20 * time.Second,
		environment: kind.environment(append(os.Environ(), "DIR="+dir, "TEST_NAME=inherited", "TEST_OTHER=inherited")),
	}}
	d.report = func(text string) {
		tr.mu.Lock()
		defer tr.mu.Unlock()
		tr.reports = append(tr.reports, text)
	}
	if change != nil {
		change(d)
	}
	ctx, stop := context.WithCancel(context.Background())
	halt, end := context.WithCancel(context.Background())
	tr.stop, tr.halt = stop, end
	go func() { tr.done <- d.serve(ctx, halt, s) }()
	t.Cleanup(func() {
		stop()
		end()
		if err := <-tr.done; err != nil {
			t.Error(err)
		}
	})
	return tr
}

// ask sends a question as it is and returns all that comes back.
func (tr *trial) ask(question string) string {
	tr.t.Helper()
	conn, err := net.Dial("unix", tr.path)
	if err != nil {
		tr.t.Error(err)
		return ""
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, question); err != nil {
		tr.t.Error(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil && !errors.Is(err, syscall.ECONNRESET) {
		tr.t.Error(err)
	}
	return string(answer)
}

// reported waits for a report with the text.
func (tr *trial) reported(text string) {
	tr.t.Helper()
	for limit := time.Now().Add(10 * time.Second); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		tr.mu.Lock()
		all := strings.Join(tr.reports, "\n")
		tr.mu.Unlock()
		if strings.Contains(all, text) {
			return
		}
	}
	tr.t.Errorf("no report with %q: %q", text, tr.reports)
}

// silent checks that there was nothing to report.
func (tr *trial) silent() {
	tr.t.Helper()
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if len(tr.reports) > 0 {
		tr.t.Errorf("reported %q", tr.reports)
	}
}

func TestAnswer(t *testing.T) {
	tr := start(t, `echo "$0 $# $TEST_NAME ${TEST_OTHER-unset}"; pwd; cat; echo lost >&2; exit 3`, nil)
	want := filepath.Join(tr.dir, "program") + " 0 a b unset\n/\n"
	if got := tr.ask("name:first\nname:a b\nother:\nodd:x\nend\n"); got != want {
		t.Errorf("the answer is %q; want %q", got, want)
	}
	tr.silent() // exit statuses do not matter
}

func TestQuestionInPieces(t *testing.T) {
	tr := start(t, `echo "$TEST_NAME"`, nil)
	conn, err := net.Dial("unix", tr.path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, b := range []byte("name:x\nend\n") {
		if _, err := conn.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	if answer, err := io.ReadAll(conn); string(answer) != "x\n" || err != nil {
		t.Errorf("the answer is %q, %v", answer, err)
	}
}

// TestSilentClients fills all but one place with clients that say nothing; the next one is served.
func TestSilentClients(t *testing.T) {
	tr := start(t, "echo end", func(d *daemon) { d.slots = make(chan struct{}, 1) })
	for range clients - 1 {
		conn, err := net.Dial("unix", tr.path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
	}
	if got := tr.ask("end\n"); got != "end\n" {
		t.Errorf("the answer is %q", got)
	}
}

func TestNoProgramForBadQuestions(t *testing.T) {
	tr := start(t, `touch "$DIR/ran"; echo end`, func(d *daemon) {
		d.kind.Check = func(m linemsg.Message) error {
			if name, _ := m.Value("name"); name == "bad" {
				return errors.New("bad name")
			}
			return nil
		}
	})
	for question, report := range map[string]string{
		"name:bad\nend\n": "bad name",
		"name:" + strings.Repeat("x", linemsg.MaxSize) + "\nend\n": "longer than",
		"name:a\x00b\nend\n": "NUL",
	} {
		if got := tr.ask(question); got != "" {
			t.Errorf("the answer to %.20q is %q; want none", question, got)
		}
		tr.reported(report)
	}
	conn, err := net.Dial("unix", tr.path) // and goes before the question is complete
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "name:a\n"); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	tr.reported("no end line")
	if _, err := os.Stat(filepath.Join(tr.dir, "ran")); err == nil {
		t.Error("a program ran")
	}
}

func TestLongAnswersAreCut(t *testing.T) {
	tr := start(t, "exec head -c 100000 /dev/zero", nil)
	if got := tr.ask("end\n"); got != strings.Repeat("\x00", linemsg.MaxSize) {
		t.Errorf("the answer has %d bytes; want %d", len(got), linemsg.MaxSize)
	}
}

// alive reports whether the process whose number the program wrote into a file runs.
func (tr *trial) alive(file string) bool {
	text, err := os.ReadFile(filepath.Join(tr.dir, file))
	if err != nil {
		tr.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		tr.t.Fatal(err)
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

// waitGone waits until such a process has ended.
func (tr *trial) waitGone(file string) {
	tr.t.Helper()
	for limit := time.Now().Add(10 * time.Second); tr.alive(file); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			tr.t.Errorf("the process of %s runs on", file)
			return
		}
	}
}

// TestHangingProgramIsEnded includes the processes it has started, of which one holds the output although the program
// itself has ended.
func TestHangingProgramIsEnded(t *testing.T) {
	for name, script := range map[string]string{
		"program":         `echo end; echo $$ > "$DIR/pid"; exec sleep 100`,
		"child":           `echo end; sleep 100 & echo $! > "$DIR/pid"; wait`,
		"orphan":          `echo end; sleep 100 & echo $! > "$DIR/pid"`,
		"output is given": `echo $$ > "$DIR/pid"; echo end; exec >/dev/null; exec sleep 100`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := start(t, script, func(d *daemon) { d.program.limit = 700 * time.Millisecond })
			want := ""
			if name == "output is given" {
				want = "end\n"
			}
			if got := tr.ask("end\n"); got != want {
				t.Errorf("the answer is %q; want %q", got, want)
			}
			tr.reported("it took too long")
			tr.waitGone("pid")
		})
	}
}

// TestAnswerComesBeforeTheProgramEnds has a program that goes on when everything is said.
func TestAnswerComesBeforeTheProgramEnds(t *testing.T) {
	tr := start(t, `echo $$ > "$DIR/pid"; echo end; exec >/dev/null; exec sleep 100`, nil)
	if got := tr.ask("end\n"); got != "end\n" {
		t.Errorf("the answer is %q", got)
	}
	if !tr.alive("pid") {
		t.Error("the program has ended")
	}
	tr.halt()
	tr.waitGone("pid")
}

// TestParallel has programs that each note how many run.
func TestParallel(t *testing.T) {
	for _, most := range []int{1, 3} {
		t.Run(strconv.Itoa(most), func(t *testing.T) {
			t.Parallel()
			tr := start(t, `mkdir "$DIR/at.$$"; ls -d "$DIR"/at.* | wc -l; sleep 0.1; rmdir "$DIR/at.$$"`,
				func(d *daemon) { d.slots = make(chan struct{}, most) })
			var asking sync.WaitGroup
			for range 4 * most {
				asking.Go(func() {
					if n, err := strconv.Atoi(strings.TrimSpace(tr.ask("end\n"))); err != nil || n < 1 || n > most {
						t.Errorf("%d programs ran at once, %v; want 1 to %d", n, err, most)
					}
				})
			}
			asking.Wait()
			tr.silent()
		})
	}
}

func TestTooManyPrograms(t *testing.T) {
	tr := start(t, "exec sleep 100", func(d *daemon) {
		d.program.limit = 300 * time.Millisecond
		d.slots = make(chan struct{}, 1)
		d.slots <- struct{}{} // one that runs longer than its limit cannot be made
	})
	if got := tr.ask("end\n"); got != "" {
		t.Errorf("the answer is %q", got)
	}
	tr.reported("--parallel")
}

// TestFailure has a daemon say so where there is no answer, and only there.
func TestFailure(t *testing.T) {
	for _, test := range []struct {
		script, question, want string
		change                 func(*daemon)
	}{
		{"exec sleep 100", "end\n", "failure", func(d *daemon) { d.program.limit = 300 * time.Millisecond }},
		{"", "end\n", "failure", func(d *daemon) { d.program.path += "-not" }},
		{"echo end", "end\n", "failure", func(d *daemon) {
			d.program.limit = 100 * time.Millisecond
			d.slots = make(chan struct{})
		}},
		{`echo said; exec >/dev/null; exec sleep 100`, "end\n", "said\n", func(d *daemon) { d.program.limit = 700 * time.Millisecond }},
		{"exit 1", "end\n", "", nil},                // the program has said nothing, and that is what it says
		{"echo end", "name:a\x00b\nend\n", "", nil}, // no question
	} {
		tr := start(t, test.script, func(d *daemon) {
			d.kind.Failure = []byte("failure")
			if test.change != nil {
				test.change(d)
			}
		})
		if got := tr.ask(test.question); got != test.want {
			t.Errorf("%s: the answer is %q; want %q", test.script, got, test.want)
		}
	}
}

// TestFailureAtTheEnd ends a daemon while a program runs.
func TestFailureAtTheEnd(t *testing.T) {
	tr := start(t, `echo $$ > "$DIR/pid"; exec sleep 100`, func(d *daemon) { d.kind.Failure = []byte("failure") })
	answer := make(chan string, 1)
	go func() { answer <- tr.ask("end\n") }()
	for limit := time.Now().Add(10 * time.Second); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		if text, _ := os.ReadFile(filepath.Join(tr.dir, "pid")); len(text) > 0 {
			break
		}
	}
	tr.stop()
	tr.halt()
	if got := <-answer; got != "failure" {
		t.Errorf("the answer is %q; want %q", got, "failure")
	}
	tr.waitGone("pid")
}

func TestProgramThatCannotRun(t *testing.T) {
	tr := start(t, "", func(d *daemon) { d.program.path += "-not" })
	if got := tr.ask("end\n"); got != "" {
		t.Errorf("the answer is %q", got)
	}
	tr.reported("no such file")
}

// TestStop lets a program finish that runs when the daemon is told to stop.
func TestStop(t *testing.T) {
	tr := start(t, `echo begun > "$DIR/begun"; while [ ! -e "$DIR/go" ]; do sleep 0.01; done; echo end`, nil)
	answer := make(chan string, 1)
	go func() { answer <- tr.ask("end\n") }()
	for limit := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(tr.dir, "begun")); err == nil {
			break
		}
		if time.Now().After(limit) {
			t.Fatalf("the program does not start: %q", <-answer)
		}
	}
	tr.stop()
	if err := os.WriteFile(filepath.Join(tr.dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := <-answer; got != "end\n" {
		t.Errorf("the answer is %q", got)
	}
}
