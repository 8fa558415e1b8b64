package replace

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func create(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() }) // a test may have closed it
	return f
}

func TestTarget(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	create(t, filepath.Join(dir, "file"))
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{
		"one": "file", "two": "one", "absolute": filepath.Join(dir, "file"), "sub/up": "../two",
		"dangling": "sub/none",
		"dir":      "sub", "loop": "loop", "nowhere": "none/file",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ path, want string }{
		{"file", "file"}, {"none", "none"}, {"one", "file"}, {"two", "file"}, {"absolute", "file"},
		{"dir/up", "file"}, {"dangling", "sub/none"}, {"dir/none", "sub/none"}, {"sub", "sub"},
	} {
		if got, err := Target(filepath.Join(dir, test.path)); got != filepath.Join(dir, test.want) || err != nil {
			t.Errorf("Target(%s) = %s, %v; want %s", test.path, got, err, test.want)
		}
	}
	for _, path := range []string{"loop", "nowhere", "none/file", "file/x"} {
		if got, err := Target(filepath.Join(dir, path)); err == nil {
			t.Errorf("Target(%s) = %s; want an error", path, got)
		}
	}
}

func TestTryLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	first, second := create(t, path), create(t, path)
	if err := TryLock(first); err != nil {
		t.Fatal(err)
	}
	if err := TryLock(second); !errors.Is(err, ErrLocked) {
		t.Errorf("TryLock of a locked file = %v; want ErrLocked", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := TryLock(second); err != nil {
		t.Errorf("TryLock after the lock was given back = %v", err)
	}
	if err := TryLock(first); err == nil || errors.Is(err, ErrLocked) {
		t.Errorf("TryLock of a closed file = %v; want its error", err)
	}
}

func TestCurrent(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	f := create(t, path)
	want := func(what string, want bool) {
		t.Helper()
		if got, err := Current(f); got != want || err != nil {
			t.Errorf("Current %s = %v, %v; want %v", what, got, err, want)
		}
	}
	want("at first", true)
	if err := os.Rename(path, path+"2"); err != nil {
		t.Fatal(err)
	}
	want("after its rename", false)
	if err := os.Symlink("file2", path); err != nil {
		t.Fatal(err)
	}
	want("behind a link", false)
	if err := os.Rename(path+"2", path); err != nil {
		t.Fatal(err)
	}
	want("back again", true)
}

func TestResemble(t *testing.T) {
	dir := t.TempDir()
	old, f := create(t, filepath.Join(dir, "old")), create(t, filepath.Join(dir, "new"))
	if err := old.Chmod(0o640); err != nil {
		t.Fatal(err)
	}
	info, err := old.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if err := Resemble(f, info); err != nil {
		t.Fatal(err)
	}
	if got, err := f.Stat(); err != nil || got.Mode() != 0o640 {
		t.Errorf("mode = %v, %v; want 0640", got.Mode(), err)
	}
	if err := SyncDir(f.Name()); err != nil {
		t.Errorf("SyncDir = %v", err)
	}
	if err := SyncDir(filepath.Join(dir, "none", "file")); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("SyncDir of a missing directory = %v; want ENOENT", err)
	}
}
