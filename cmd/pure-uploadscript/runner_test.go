package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pureftpd/internal/uploads"
	"pureftpd/test/harness"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// A bench is a runner with a program of one's own, and files to run it for.
type bench struct {
	t      *testing.T
	dir    string
	events chan uploads.Event // what the pipe has
	stop   context.CancelFunc
	halt   context.CancelFunc
	done   chan error

	mu      sync.Mutex
	reports []string
}

// next makes it a source: an event without a path is a bad record.
func (b *bench) next(ctx context.Context) (uploads.Event, error) {
	select {
	case e := <-b.events:
		if e.Path == "" {
			return e, uploads.ErrBadRecord
		}
		return e, nil
	case <-ctx.Done():
		return uploads.Event{}, ctx.Err()
	}
}

// start runs a runner whose program is a shell script, which finds the folder in $DIR and the name of the file in $F.
func start(t *testing.T, script string, change func(*request)) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir(), events: make(chan uploads.Event), done: make(chan error, 1)}
	path := filepath.Join(b.dir, "program")
	if err := harness.WriteProgram(path, "#!/bin/sh\nF=${1##*/}\n"+script+"\n"); err != nil {
		t.Fatal(err)
	}
	r := request{parallel: 1, pause: time.Millisecond}
	if change != nil {
		change(&r)
	}
	w := newRunner(r, path, func(text string) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.reports = append(b.reports, text)
	})
	w.program.environment = append(w.program.environment, "DIR="+b.dir)
	ctx, stop := context.WithCancel(context.Background())
	halt, end := context.WithCancel(context.Background())
	b.stop, b.halt = stop, end
	go func() { b.done <- w.serve(ctx, halt, b) }()
	t.Cleanup(func() { stop(); end() })
	return b
}

// file makes a file and returns its event.
func (b *bench) file(name string) uploads.Event {
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
		b.t.Error(err)
	}
	return uploads.Event{Login: "ann", Path: path}
}

// end waits until all programs have ended.
func (b *bench) end() {
	b.t.Helper()
	b.stop()
	select {
	case err := <-b.done:
		if err != nil {
			b.t.Error(err)
		}
	case <-time.After(patience):
		b.t.Fatal("the runner does not end")
	}
}

// log returns the lines that programs have written to $DIR/log.
func (b *bench) log() []string {
	text, err := os.ReadFile(filepath.Join(b.dir, "log"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		b.t.Error(err)
	}
	return strings.Fields(string(text))
}

func (b *bench) await(what string, so func() bool) {
	b.t.Helper()
	for limit := time.Now().Add(patience); !so(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(limit) {
			b.t.Fatalf("waited in vain for %s; reports %q, log %q", what, b.reports, b.log())
		}
	}
}

// reported returns how many reports hold the text.
func (b *bench) reported(text string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.reports {
		if strings.Contains(r, text) {
			n++
		}
	}
	return n
}

func TestOneAfterTheOther(t *testing.T) {
	b := start(t, `echo begin-$F >> "$DIR/log"; sleep 0.0$((5 - ${F})); echo end-$F >> "$DIR/log"`, nil)
	var want []string
	for i := range 5 {
		b.events <- b.file(strconv.Itoa(i))
		want = append(want, fmt.Sprint("begin-", i), fmt.Sprint("end-", i))
	}
	b.end()
	if got := b.log(); !slices.Equal(got, want) {
		t.Errorf("programs ran as %q; want %q", got, want)
	}
	if len(b.reports) > 0 {
		t.Errorf("reported %q", b.reports)
	}
}

// TestTakesWhatItRuns leaves all others in the pipe.
func TestTakesWhatItRuns(t *testing.T) {
	b := start(t, `while [ ! -e "$DIR/go" ]; do sleep 0.01; done; echo $F >> "$DIR/log"`, nil)
	b.events <- b.file("1")
	select {
	case b.events <- b.file("2"):
		t.Error("a second event was taken")
	case <-time.After(50 * time.Millisecond):
	}
	b.file("go")
	b.end()
}

// TestParallel has four programs wait for each other, and keeps the order of one file.
func TestParallel(t *testing.T) {
	b := start(t, `case $F in
same) mkdir "$DIR/running" || echo overlap >> "$DIR/log"; sleep 0.02; echo $UPLOAD_VUSER >> "$DIR/log"; rmdir "$DIR/running";;
*) : > "$DIR/here-$F"; until [ -e "$DIR/here-1" -a -e "$DIR/here-2" -a -e "$DIR/here-3" ]; do sleep 0.01; done;;
esac`, func(r *request) { r.parallel = 4 })
	var want []string
	for i := range 3 {
		e := b.file("same")
		for n := range 2 {
			e.Login = fmt.Sprintf("%d-%d", i, n)
			want = append(want, e.Login)
			b.events <- e
		}
		b.events <- b.file(strconv.Itoa(i + 1))
	}
	b.end()
	if got := b.log(); !slices.Equal(got, want) {
		t.Errorf("programs of one file ran as %q; want %q", got, want)
	}
}

func TestRetries(t *testing.T) {
	b := start(t, `echo $F >> "$DIR/log"; [ $F = 2 ] && exit 0; [ $(grep -c $F "$DIR/log") = 3 ]`, func(r *request) { r.retries = 2 })
	b.events <- b.file("1")
	b.events <- b.file("2")
	b.await("the log", func() bool { return len(b.log()) == 4 })
	b.end()
	if got, want := b.log(), []string{"1", "1", "1", "2"}; !slices.Equal(got, want) {
		t.Errorf("programs ran as %q; want %q", got, want)
	}
	if n := b.reported("exit status 1; trying again in 1ms"); n != 2 || len(b.reports) != 2 {
		t.Errorf("reports %q", b.reports)
	}
}

func TestGivesUp(t *testing.T) {
	b := start(t, `echo $F >> "$DIR/log"; exit 3`, func(r *request) { r.retries = 1 })
	b.events <- b.file("1")
	b.events <- b.file("2")
	b.await("the log", func() bool { return len(b.log()) == 4 })
	b.end()
	if b.reported("exit status 3; trying again") != 2 || len(b.reports) != 4 {
		t.Errorf("reports %q", b.reports)
	}
}

// TestStopEndsRetries does not wait for a pause of an hour.
func TestStopEndsRetries(t *testing.T) {
	b := start(t, `exit 1`, func(r *request) { r.retries, r.pause = 5, time.Hour })
	b.events <- b.file("1")
	b.await("a report", func() bool { return b.reported("trying again in 1h0m0s") == 1 })
	b.end()
	if b.reported("is not tried again") != 1 {
		t.Errorf("reports %q", b.reports)
	}
}

// TestTimeLimit ends a program with all it has started.
func TestTimeLimit(t *testing.T) {
	b := start(t, `sleep 100 & echo $! > "$DIR/child"; wait`, func(r *request) { r.limit = 200 * time.Millisecond })
	b.events <- b.file("1")
	b.await("the report", func() bool { return b.reported("it took too long and was ended") == 1 })
	b.end()
	text, err := os.ReadFile(filepath.Join(b.dir, "child"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	b.await("the end of the child", func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || strings.Contains(string(stat), ") Z ")
	})
}

// TestLeavesChildrenAlone runs a program that leaves a process behind, on purpose.
func TestLeavesChildrenAlone(t *testing.T) {
	b := start(t, `(sleep 0.2; echo later >> "$DIR/log") & echo now >> "$DIR/log"`, func(r *request) { r.limit = patience })
	b.events <- b.file("1")
	b.end()
	b.await("the child", func() bool { return slices.Equal(b.log(), []string{"now", "later"}) })
}

// TestSecondSignal ends programs that run.
func TestSecondSignal(t *testing.T) {
	b := start(t, `echo $$ > "$DIR/pid"; exec sleep 100`, nil)
	b.events <- b.file("1")
	b.await("the program", func() bool { _, err := os.Stat(filepath.Join(b.dir, "pid")); return err == nil })
	b.stop()
	select {
	case err := <-b.done:
		t.Fatalf("it ended at the first one: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	b.halt()
	b.end()
}

func TestWhatIsNoFile(t *testing.T) {
	b := start(t, `echo $F >> "$DIR/log"`, nil)
	link := b.file("1").Path + "link"
	if err := errors.Join(os.Symlink(filepath.Join(b.dir, "1"), link), syscall.Mkfifo(link+"2", 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{link, link + "2", b.dir, filepath.Join(b.dir, "none")} {
		b.events <- uploads.Event{Login: "ann", Path: path}
	}
	b.events <- uploads.Event{} // a bad record
	b.events <- b.file("last")
	b.end()
	if got := b.log(); !slices.Equal(got, []string{"last"}) {
		t.Errorf("programs ran for %q", got)
	}
	if b.reported("is not a regular file") != 3 || b.reported("no such file") != 1 || b.reported("malformed") != 1 || len(b.reports) != 5 {
		t.Errorf("reports %q", b.reports)
	}
}

func TestProgramIsMissing(t *testing.T) {
	b := start(t, "exit 0", nil)
	if err := os.Remove(filepath.Join(b.dir, "program")); err != nil {
		t.Fatal(err)
	}
	b.events <- b.file("1")
	b.end()
	if b.reported("no such file") != 1 {
		t.Errorf("reports %q", b.reports)
	}
}

// TestEnvironmentIsOurs hides what this process has inherited of another upload.
func TestEnvironmentIsOurs(t *testing.T) {
	got := environment([]string{"PATH=/bin", "UPLOAD_USER=old", "UPLOAD_USERS=kept", "UPLOAD_SIZE=1", "X"})
	if want := []string{"PATH=/bin", "UPLOAD_USERS=kept", "X"}; !slices.Equal(got, want) {
		t.Errorf("environment = %q; want %q", got, want)
	}
}
