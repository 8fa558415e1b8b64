package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sample is the system in testdata. Its one home is a directory of the test's own.
func sample(t *testing.T) system {
	t.Helper()
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "tmp/specB/home/pwc"), 0o755); err != nil {
		t.Fatal(err)
	}
	return system{
		passwd: "testdata/passwd", shadow: "testdata/shadow", shells: "testdata/shells",
		isDir: func(name string) bool { return isDir(filepath.Join(root, name)) },
	}
}

// The golden files are what the original printed, as root and as somebody else.
func TestRun(t *testing.T) {
	from, blind := sample(t), sample(t)
	blind.shadow = "testdata/nosuch"
	for _, test := range []struct {
		from           system
		golden, stderr string
	}{
		{from, "testdata/root.golden", ""},
		{blind, "testdata/nobody.golden",
			"pure-pwconvert: passwords are left out: open testdata/nosuch: no such file or directory\n"},
	} {
		want, err := os.ReadFile(test.golden)
		if err != nil {
			t.Fatal(err)
		}
		var stdout, stderr strings.Builder
		if status := run(nil, test.from, &stdout, &stderr); status != 0 {
			t.Errorf("%s: exit status %d; want 0", test.golden, status)
		}
		if stdout.String() != string(want) || stderr.String() != test.stderr {
			t.Errorf("printed:\n%s%s\nwant %s:\n%s%s", &stdout, &stderr, test.golden, want, test.stderr)
		}
	}
}

func TestRunArguments(t *testing.T) {
	for _, test := range []struct {
		args   string
		helped bool
		stderr string
	}{
		{"-h", true, ""},
		{"--help", true, ""},
		{"x", false, "pure-pwconvert: unexpected argument 'x'; there are none but -h\n"},
		{"-Z", false, "pure-pwconvert: invalid option -- 'Z'\n"},
	} {
		var stdout, stderr strings.Builder
		status := run([]string{test.args}, sample(t), &stdout, &stderr)
		helped := stdout.String() == help
		if status != 0 || helped != test.helped || stdout.Len() == 0 || stderr.String() != test.stderr {
			t.Errorf("run(%s) = %d, %q, %q; want 0, help: %t, %q",
				test.args, status, &stdout, &stderr, test.helped, test.stderr)
		}
	}
}

// full is a disk without room.
type full struct{}

var errFull = errors.New("no space left")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestRunFails(t *testing.T) {
	none, unreadable := sample(t), sample(t)
	none.passwd = "testdata/nosuch"
	unreadable.shells = "testdata"
	for _, test := range []struct {
		args []string
		from system
		want string
	}{
		{nil, none, "pure-pwconvert: read the accounts: "},
		{nil, unreadable, "pure-pwconvert: read the shells: "},
		{nil, sample(t), "pure-pwconvert: no space left\n"},
		{[]string{"-h"}, sample(t), "pure-pwconvert: no space left\n"},
	} {
		var stderr strings.Builder
		if status := run(test.args, test.from, full{}, &stderr); status != exitFailure ||
			!strings.HasPrefix(stderr.String(), test.want) {
			t.Errorf("run = %d, %q; want %d, %q", status, &stderr, exitFailure, test.want)
		}
	}
}

// What is wrong with a line is said with its place, and costs only that line.
func TestRemarks(t *testing.T) {
	dir := t.TempDir()
	from := sample(t)
	from.isDir = func(string) bool { return true }
	from.passwd, from.shadow = filepath.Join(dir, "passwd"), filepath.Join(dir, "shadow")
	for name, text := range map[string]string{
		from.passwd: "# comment\n\nann:x:5\nbob:x:5:5::/b:ftp\ncy:$1$c:5:5::/c:ftp\n+\nbob:x:6:6::/b:ftp",
		from.shadow: "bob:$1$first:::::::\nbob:$1$second:::::::\ncy:$1$c:1",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var stdout, stderr strings.Builder
	status := run(nil, from, &stdout, &stderr)
	const lines = "bob:$1$first:5:5::/b/./\ncy:*:5:5::/c/./\n"
	remarks := strings.ReplaceAll(`pure-pwconvert: DIR/shadow:3: password left out: the number of fields is wrong
pure-pwconvert: DIR/passwd:3: left out: the number of fields is wrong
pure-pwconvert: DIR/passwd:6: left out: it refers to NIS
pure-pwconvert: DIR/passwd:7: left out: the login stands in an earlier line already
`, "DIR", dir)
	if status != 0 || stdout.String() != lines || stderr.String() != remarks {
		t.Errorf("run = %d, printed:\n%s%s\nwant 0:\n%s%s", status, &stdout, &stderr, lines, remarks)
	}
}

func TestShellsWithoutFile(t *testing.T) {
	shells, err := system{shells: "testdata/nosuch"}.readShells()
	if err != nil || len(shells) != 2 || !shells["/bin/sh"] || !shells["/bin/csh"] {
		t.Errorf("readShells = %v, %v; want those of the C library", shells, err)
	}
}
