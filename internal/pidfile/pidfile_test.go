package pidfile

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pid")
	if err := os.Symlink("/nowhere/else", path); err != nil {
		t.Fatal(err)
	}
	pid, err := Write(path) // replaces the link, does not follow it
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if want := strconv.Itoa(os.Getpid()) + "\n"; string(text) != want || err != nil {
		t.Errorf("the pid file holds %q, %v; want %q", text, err, want)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o644 {
		t.Errorf("mode of the pid file = %v, %v; want 0644", st.Mode(), err)
	}
	if err := pid.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); err == nil {
		t.Error("the pid file is still there")
	}
}

func TestFileOfAnotherProcessStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pid")
	pid, err := Write(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := pid.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the pid file of another process was removed: %v", err)
	}
}
