package control

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSocket(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	s, err := Listen(Place{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	modes := func(what string, wantDir, wantSocket fs.FileMode, path string) {
		t.Helper()
		d, err1 := os.Stat(dir)
		f, err2 := os.Stat(path)
		if err := errors.Join(err1, err2); err != nil || d.Mode().Perm() != wantDir || f.Mode() != wantSocket|fs.ModeSocket {
			t.Errorf("%s: %v, %v, %v; want %v and %v", what, d.Mode(), f.Mode(), err, wantDir, wantSocket)
		}
	}
	modes("closed", 0o700, 0o600, s.Path())
	second, err := Listen(Place{Dir: dir, Open: true}) // another name space may have the same process number
	if err != nil || second.Path() == s.Path() {
		t.Fatalf("a second one: %v, %v; want another name", second, err)
	}
	modes("open", 0o755, 0o666, second.Path())
	clients, err := Find(dir)
	if err != nil || len(clients) != 2 || clients[0].PID() != os.Getpid() || clients[1].PID() != os.Getpid() {
		t.Errorf("Find = %v, %v; want both", clients, err)
	}
	for _, x := range []*Socket{s, second} {
		if err := errors.Join(x.Close(), x.Remove(), x.Remove()); err != nil {
			t.Error(err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
}

func TestStaleSockets(t *testing.T) {
	dir := t.TempDir()
	left := func(name string, alive bool) string {
		s, err := listen(filepath.Join(dir, name), false)
		if err != nil {
			t.Fatal(err)
		}
		if alive {
			t.Cleanup(func() { s.Close() })
		} else {
			s.Close()
		}
		return s.Path()
	}
	dead := left("4194304.sock", false) // no process has that number
	own := left(fmt.Sprintf("%d.sock", os.Getpid()), false)
	ours := left("1.sock", false) // a process that is there: it may be about to listen
	far := left("4194303.sock", true)
	strange := left("other.sock", false)
	plain := filepath.Join(dir, "4194302.sock")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Listen(Place{Dir: dir})
	if err != nil || s.Path() != own {
		t.Fatalf("Listen = %v, %v; want %s", s, err, own)
	}
	defer s.Close()
	if _, err := os.Lstat(dead); err == nil {
		t.Error("the socket of a dead server stays")
	}
	for _, path := range []string{ours, far, strange, plain} {
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("%s was removed: %v", path, err)
		}
	}
}

func TestPlacesThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	loose, link, file := filepath.Join(dir, "loose"), filepath.Join(dir, "link"), filepath.Join(dir, "file")
	if err := errors.Join(os.Mkdir(loose, 0o777), os.Chmod(loose, 0o777), os.Symlink(dir, link), os.WriteFile(file, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{loose, link, file, filepath.Join(file, "x"), filepath.Join(dir, strings.Repeat("x", 108))} {
		if s, err := Listen(Place{Dir: place}); err == nil {
			s.Close()
			t.Errorf("a socket in %s", place)
		}
	}
	for _, place := range []string{loose, file} {
		if _, err := Find(place); err == nil {
			t.Errorf("Find trusts %s", place)
		}
	}
	if _, err := Find(filepath.Join(dir, "nosuch")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Find = %v; want that there is none", err)
	}
}
