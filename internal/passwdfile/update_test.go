package passwdfile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// appendText returns a change that appends text.
func appendText(text string) func([]byte) ([]byte, error) {
	return func(old []byte) ([]byte, error) { return append(old, text...), nil }
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// holds checks that a directory holds these files, as "name=text", and nothing else.
func holds(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Name()+"="+string(text))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the directory holds %q; want %q", got, want)
	}
}

func TestUpdateCreatesAndReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "users")
	for _, text := range []string{"a\n", "b\n"} {
		if err := Update(path, appendText(text)); err != nil {
			t.Fatalf("Update = %v", err)
		}
	}
	holds(t, dir, "users=a\nb\n")
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode of the new file = %v, %v; want 0600", info.Mode(), err)
	}
}

func TestUpdateKeepsMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users")
	for _, mode := range []fs.FileMode{0o640, 0o666, 0o400} {
		write(t, path, "")
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if err := Update(path, appendText("a\n")); err != nil {
			t.Fatalf("Update = %v", err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != mode {
			t.Errorf("mode after Update = %v, %v; want %v", info.Mode(), err, mode)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRefusedChangeLeavesNoTrace(t *testing.T) {
	refusal := errors.New("no such user")
	refuse := func([]byte) ([]byte, error) { return []byte("text that counts for nothing"), refusal }
	dir := t.TempDir()
	path := filepath.Join(dir, "users")
	if err := Update(path, refuse); err != refusal {
		t.Errorf("Update = %v; want the error of change itself", err)
	}
	holds(t, dir)
	write(t, path, "a\n")
	if err := Update(path, refuse); err != refusal {
		t.Errorf("Update = %v; want the error of change itself", err)
	}
	holds(t, dir, "users=a\n")
}

func TestUpdateRefusesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	loop, pipe := filepath.Join(dir, "loop"), filepath.Join(dir, "pipe")
	if err := errors.Join(os.Symlink("loop", loop), syscall.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, loop, pipe, filepath.Join(dir, "missing", "users"), "/dev/null"} {
		if err := Update(path, appendText("a\n")); err == nil {
			t.Errorf("Update(%s) succeeded", path)
		}
	}
}

func TestUpdateFollowsLinks(t *testing.T) {
	dir, real := t.TempDir(), t.TempDir()
	path, file := filepath.Join(dir, "users"), filepath.Join(real, "file")
	relative, err := filepath.Rel(dir, file)
	if err != nil {
		t.Fatal(err)
	}
	middle := filepath.Join(dir, "middle")
	if err := errors.Join(os.Symlink("middle", path), os.Symlink(relative, middle)); err != nil {
		t.Fatal(err)
	}
	for range 2 { // once with a link that leads nowhere yet
		if err := Update(path, appendText("a\n")); err != nil {
			t.Fatalf("Update = %v", err)
		}
	}
	holds(t, real, "file=a\na\n")
	if next, err := os.Readlink(path); next != "middle" || err != nil {
		t.Errorf("the link leads to %q, %v; want middle", next, err)
	}
}

func TestUpdateWaitsForTheLock(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "users")
	err := Update(path, func([]byte) ([]byte, error) {
		second := Updater{Path: path, Wait: 20 * time.Millisecond}
		err := second.Update(appendText("lost\n"))
		if !errors.Is(err, errBusy) || !strings.Contains(err.Error(), "locked by another program") {
			t.Errorf("Update within Update = %v; want errBusy", err)
		}
		return []byte("a\n"), nil
	})
	if err != nil {
		t.Fatalf("Update = %v", err)
	}
	holds(t, dir, "users=a\n")
}

func TestLongWaitIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "users")
		write(t, path+".tmp", "theirs\n")
		now := time.Now()
		if err := os.Chtimes(path+".tmp", now, now); err != nil {
			t.Fatal(err)
		}
		var told []string
		u := Updater{Path: path, Warn: func(message string) { told = append(told, message) }}
		if err := u.Update(appendText("a\n")); !errors.Is(err, errBusy) {
			t.Errorf("Update = %v; want errBusy", err)
		}
		if len(told) != 1 || !strings.HasPrefix(told[0], "waiting, for at most 30s: "+path+".tmp is in the way") {
			t.Errorf("told %q; want one line about the wait", told)
		}
		if waited := time.Since(now); waited < DefaultWait || waited > DefaultWait+time.Second {
			t.Errorf("waited %v; want %v", waited, DefaultWait)
		}
	})
}

func TestYoungTemporaryFileIsTheLockOfTheOriginal(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "users")
	write(t, path, "a\n")
	write(t, path+".tmp", "theirs\n")
	u := Updater{Path: path, Wait: 20 * time.Millisecond, Warn: func(message string) { t.Error("warned:", message) }}
	err := u.Update(appendText("b\n"))
	if !errors.Is(err, errBusy) || !strings.Contains(err.Error(), path+".tmp is in the way") {
		t.Errorf("Update = %v; want errBusy that names the file", err)
	}
	holds(t, dir, "users=a\n", "users.tmp=theirs\n")

	// Once the original is done, its text is what is changed.
	u.Wait = DefaultWait
	result := make(chan error, 1)
	go func() { result <- u.Update(appendText("b\n")) }()
	if err := os.Rename(path+".tmp", path); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Fatalf("Update = %v", err)
	}
	holds(t, dir, "users=theirs\nb\n")
}

func TestOldTemporaryFileIsRemoved(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "users")
	write(t, path+".tmp", "half a te")
	old := time.Now().Add(-2 * leftoverAge)
	if err := os.Chtimes(path+".tmp", old, old); err != nil {
		t.Fatal(err)
	}
	var warnings []string
	u := Updater{Path: path, Warn: func(message string) { warnings = append(warnings, message) }}
	if err := u.Update(appendText("a\n")); err != nil {
		t.Fatalf("Update = %v", err)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "removed "+path+".tmp") {
		t.Errorf("warnings %q; want one that names the file", warnings)
	}
	holds(t, dir, "users=a\n")
}

// manyVariable names the file that a child of the test appends to.
const manyVariable = "PASSWDFILE_TEST_APPEND_TO"

// Changes of many programs at once are all there in the end.
func TestConcurrentUpdatesLoseNothing(t *testing.T) {
	const programs, each = 20, 10
	if path := os.Getenv(manyVariable); path != "" {
		updateAtOnce(t, path, each)
		return
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "users")
	var group sync.WaitGroup
	for range programs {
		group.Go(func() {
			cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
			cmd.Env = append(os.Environ(), manyVariable+"="+path)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("child: %v\n%s", err, out)
			}
		})
	}
	group.Wait()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	slices.SortFunc(lines, bytes.Compare)
	if all := slices.CompactFunc(lines, bytes.Equal); len(all) != programs*each {
		t.Errorf("%d lines after %d changes", len(all), programs*each)
	}
	holds(t, dir, "users="+string(text))
}

// updateAtOnce is one of many programs.
func updateAtOnce(t *testing.T, path string, n int) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			if err := Update(path, appendText(fmt.Sprintf("%d.%d\n", os.Getpid(), i))); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}
