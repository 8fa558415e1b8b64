package options

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// fakeEnv is an Env with the given files, by absolute name. A text that begins with "-> " makes a
// symbolic link.
func fakeEnv(files map[string]string) Env {
	tree := fstest.MapFS{}
	for name, content := range files {
		file := &fstest.MapFile{Data: []byte(content), Mode: 0o644}
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			file = &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink | 0o777}
		}
		tree[strings.TrimPrefix(name, "/")] = file
	}
	inside := func(name string) string {
		if name == "" {
			return "" // valid nowhere
		}
		return strings.TrimPrefix(filepath.Clean(name), "/")
	}
	return Env{
		ReadFile: func(name string) ([]byte, error) { return tree.ReadFile(inside(name)) },
		ReadDir:  func(name string) ([]fs.DirEntry, error) { return tree.ReadDir(inside(name)) },
		Readlink: func(name string) (string, error) { return tree.ReadLink(inside(name)) },
		LookupPort: func(service string) (uint16, error) {
			if service == "ftp" {
				return 21, nil
			}
			return 0, errors.New("unknown service")
		},
	}
}

// landed is the table with every feature there, for tests of values that will be accepted one day.
func landed() []setting {
	rows := settings()
	for i := range rows {
		if rows[i].set != nil {
			rows[i].missing = ""
		}
	}
	return rows
}

// mistakesOf are the single lines of an error.
func mistakesOf(t *testing.T, err error) []*Error {
	t.Helper()
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("%T is not joined", err)
	}
	var list []*Error
	for _, err := range joined.Unwrap() {
		mistake, ok := errors.AsType[*Error](err)
		if !ok {
			t.Fatalf("%T is not an *Error", err)
		}
		list = append(list, mistake)
	}
	return list
}

// argv is a command line as it would be typed, cut at blanks; <> stands for an empty argument.
func argv(line string) []string {
	args := append([]string{"pure-ftpd"}, strings.Fields(line)...)
	for i := range args {
		if args[i] == "<>" {
			args[i] = ""
		}
	}
	return args
}
