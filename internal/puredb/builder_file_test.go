package puredb

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pureftpd/internal/replace"
)

// fillWith returns what adds these records.
func fillWith(records ...Record) func(*Builder) error {
	return func(b *Builder) error {
		for _, r := range records {
			if err := b.Add(r.Key, r.Value); err != nil {
				return err
			}
		}
		return nil
	}
}

// names returns the names in a directory.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// finds checks the value of a key in the file at path, and that nothing else is in its directory.
func finds(t *testing.T, path, key, want string) {
	t.Helper()
	if got, err := (&Reader{Path: path}).Find(key); string(got) != want || err != nil {
		t.Errorf("Find(%q) = %q, %v; want %q", key, got, err, want)
	}
	if got := names(t, filepath.Dir(path)); !slices.Equal(got, []string{filepath.Base(path)}) {
		t.Errorf("the directory holds %q; want the database alone", got)
	}
}

func TestReplace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.pdb")
	for i, mode := range []os.FileMode{0o600, 0o640, 0o444} { // that of the new file, then those of an old one
		if i > 0 {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
		}
		want := strconv.Itoa(i)
		if err := Replace(path, fillWith(Record{"joe", want})); err != nil {
			t.Fatalf("Replace = %v", err)
		}
		finds(t, path, "joe", want)
		if info, err := os.Stat(path); err != nil || info.Mode() != mode {
			t.Errorf("mode = %v, %v; want %v", info.Mode(), err, mode)
		}
	}
}

func TestReplaceThroughALink(t *testing.T) {
	link, path := filepath.Join(t.TempDir(), "link"), filepath.Join(t.TempDir(), "users.pdb")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := Replace(link, fillWith(Record{"joe", "1"})); err != nil {
		t.Fatalf("Replace = %v", err)
	}
	finds(t, path, "joe", "1")
	if got := names(t, filepath.Dir(link)); !slices.Equal(got, []string{"link"}) {
		t.Errorf("the link's directory holds %q; want the link alone", got)
	}
}

func TestReplaceThatFailsLeavesTheOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.pdb")
	if err := Replace(path, fillWith(Record{"joe", "old"})); err != nil {
		t.Fatal(err)
	}
	refusal := errors.New("unreadable text")
	err := Replace(path, func(b *Builder) error {
		return errors.Join(fillWith(Record{"joe", "new"})(b), refusal)
	})
	if !errors.Is(err, refusal) {
		t.Errorf("Replace = %v; want the error of fill", err)
	}
	finds(t, path, "joe", "old")
}

func TestReplaceRefuses(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	link, blocked := filepath.Join(dir, "link.new"), filepath.Join(dir, "blocked.new")
	err := errors.Join(syscall.Mkfifo(pipe, 0o600), os.Symlink("elsewhere", link), os.Mkdir(blocked, 0o700))
	if err != nil {
		t.Fatal(err)
	}
	before := names(t, dir)
	for _, name := range []string{".", "pipe", "missing/users", "link", "blocked"} {
		if err := Replace(filepath.Join(dir, name), fillWith()); err == nil {
			t.Errorf("Replace(%s) succeeded", name)
		}
	}
	if got := names(t, dir); !slices.Equal(got, before) {
		t.Errorf("the directory holds %q; want %q", got, before)
	}
}

func TestReplaceUsesWhatAKilledProgramLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.pdb")
	write(t, path+newSuffix, bytes.Repeat([]byte("junk"), 5000))
	write(t, path+spoolSuffix, []byte("junk"))
	if err := Replace(path, fillWith(Record{"joe", "1"})); err != nil {
		t.Fatalf("Replace = %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != 2056+4+8+4 {
		t.Errorf("Stat = %v, %v; want a file of the one record", info, err)
	}
	finds(t, path, "joe", "1")
}

// A leftover that somebody else can reach under another name does not get the passwords.
func TestReplaceDoesNotUseSharedFiles(t *testing.T) {
	path, other := filepath.Join(t.TempDir(), "users.pdb"), filepath.Join(t.TempDir(), "other")
	write(t, other, []byte("mine"))
	if err := os.Link(other, path+newSuffix); err != nil {
		t.Fatal(err)
	}
	if err := Replace(path, fillWith(Record{"joe", "1"})); err != nil {
		t.Fatalf("Replace = %v", err)
	}
	finds(t, path, "joe", "1")
	if text, err := os.ReadFile(other); string(text) != "mine" || err != nil {
		t.Errorf("the other name shows %d bytes, %v; want its own", len(text), err)
	}
}

func TestReplaceWaitsForOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.pdb")
	err := Replace(path, func(b *Builder) error {
		err := replaceWithin(10*time.Millisecond, path, fillWith(Record{"joe", "lost"}))
		if !errors.Is(err, replace.ErrLocked) || !strings.Contains(err.Error(), path+newSuffix) {
			t.Errorf("Replace within Replace = %v; want ErrLocked and the file's name", err)
		}
		return b.Add("joe", "1")
	})
	if err != nil {
		t.Fatalf("Replace = %v", err)
	}
	finds(t, path, "joe", "1")
}

// Of many at once the last one to begin is the last one to end, so its source is the newest.
func TestReplacesComeOneAfterTheOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.pdb")
	var mu sync.Mutex
	var turn int
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			err := Replace(path, func(b *Builder) error {
				mu.Lock()
				defer mu.Unlock()
				turn++
				return b.Add("joe", strconv.Itoa(turn))
			})
			if err != nil {
				t.Errorf("Replace = %v", err)
			}
		})
	}
	group.Wait()
	finds(t, path, "joe", "20")
}

// killVariable names the database that a child of the test replaces over and over.
const killVariable = "PUREDB_TEST_REPLACE"

func TestKilledBuilderLeavesAWholeFile(t *testing.T) {
	if path := os.Getenv(killVariable); path != "" {
		replaceForever(path)
	}
	path := filepath.Join(t.TempDir(), "users.pdb")
	if err := Replace(path, fillWith(generation(0)...)); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), killVariable+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 1)); err != nil { // it is at work
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(i*i)*100*time.Microsecond, func() {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		})
		if err := cmd.Wait(); err == nil {
			t.Error("the child came to an end by itself")
		}
		isWhole(t, path)
	}
	if err := Replace(path, fillWith(Record{"joe", "1"})); err != nil {
		t.Fatalf("Replace = %v", err)
	}
	finds(t, path, "joe", "1")
}

// generation returns records that tell which file they are of.
func generation(n int) []Record {
	records := make([]Record, 2000)
	for i := range records {
		records[i] = Record{strconv.Itoa(i), strconv.Itoa(n)}
	}
	return records
}

// replaceForever replaces the file at path until the program is killed.
func replaceForever(path string) {
	for n := 1; ; n++ {
		if err := Replace(path, fillWith(generation(n)...)); err != nil {
			os.Exit(1)
		}
		if n == 1 {
			_, _ = os.Stdout.WriteString("1") // the parent kills from now on
		}
	}
}

// isWhole checks that all records at path are of one generation.
func isWhole(t *testing.T, path string) {
	t.Helper()
	value, err := (&Reader{Path: path}).First()
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(string(value))
	if err != nil || !bytes.Equal(file, encode(t, generation(n)...)) {
		t.Errorf("the file is not the one of generation %q", value)
	}
}
