package scriptd

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// open listens until the test ends.
func open(t *testing.T, path string) *socket {
	t.Helper()
	s, err := listen(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.UnixListener.Close() })
	return s
}

func TestListen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	left := open(t, path)
	if _, err := listen(t.Context(), path); err == nil || !strings.Contains(err.Error(), "another process listens") {
		t.Errorf("listen where somebody does = %v", err)
	}
	if err := left.UnixListener.Close(); err != nil { // as if its process was killed
		t.Fatal(err)
	}
	s := open(t, path)
	if err := errors.Join(s.close(), s.close()); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket stays after the end: %v", err)
	}
}

// TestSocketOfAnotherDaemonStays has a socket removed under a daemon, and another daemon in its place.
func TestSocketOfAnotherDaemonStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	first := open(t, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	second := open(t, path)
	if err := first.close(); err != nil {
		t.Error(err)
	}
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatalf("the first daemon has removed the socket of the second: %v", err)
	}
	if err := errors.Join(conn.Close(), second.close()); err != nil {
		t.Error(err)
	}
}

func TestListenFaults(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		file:                            "is not a socket",
		link:                            "is not a socket",
		filepath.Join(dir, "none", "s"): "no such file",
		filepath.Join(file, "s"):        "not a directory",
		filepath.Join(dir, strings.Repeat("x", 108)): "the system takes 107",
	} {
		if _, err := listen(t.Context(), path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("listen(%s) = %v; want an error with %q", path, err, want)
		}
	}
	if text, err := os.ReadFile(file); string(text) != "precious" {
		t.Errorf("the file was touched: %q, %v", text, err)
	}
}
