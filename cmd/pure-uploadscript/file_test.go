package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pureftpd/internal/uploads"
)

func TestPlace(t *testing.T) {
	for path, want := range map[string]string{
		"/home/a":             "/home/a",
		"127.0.0.5:/in/x":     "/etc/pure-ftpd/pure-ftpd/127.0.0.5/in/x",
		"2001:db8::5:/in/x":   "/etc/pure-ftpd/pure-ftpd/2001:db8::5/in/x",
		"2001:db8:::/in/x":    "/etc/pure-ftpd/pure-ftpd/2001:db8::/in/x",
		"/home/1.2.3.4:/x":    "/home/1.2.3.4:/x",
		"127.0.0.5:/in/a:/b":  "/etc/pure-ftpd/pure-ftpd/127.0.0.5/in/a:/b",
		"../etc:/shadow":      "../etc:/shadow",
		"/srv/::1:/x":         "/srv/::1:/x",
		"example.com:/in/one": "example.com:/in/one",
	} {
		if got := place(uploads.Event{Login: "ann", Path: path}); got != want {
			t.Errorf("place(%s) = %s; want %s", path, got, want)
		}
	}
}

func TestDescribe(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a b")
	if err := errors.Join(os.WriteFile(file, []byte("12345"), 0o600), os.Chmod(file, 0o640|os.ModeSetgid), os.Symlink(file, file+"link")); err != nil {
		t.Fatal(err)
	}
	got, err := describe(file, "up user")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"UPLOAD_SIZE=5", "UPLOAD_PERMS=2640", "UPLOAD_VUSER=up user",
		fmt.Sprint("UPLOAD_UID=", os.Geteuid()), fmt.Sprint("UPLOAD_GID=", os.Getegid()),
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no %s in %q", want, got)
		}
	}
	for path, want := range map[string]string{file + "link": "not a regular file", dir: "not a regular file", file + "no": "no such file"} {
		if got, err := describe(path, "ann"); err == nil || !strings.Contains(err.Error(), want) || got != nil {
			t.Errorf("describe(%s) = %q, %v; want %q", path, got, err, want)
		}
	}
}
