//go:build clients

package clients

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An entry is a file or folder of a tree.
type entry struct {
	path string // relative to the tree; "." is the tree itself
	dir  bool
}

// walk returns a tree's entries, a folder before what it holds.
func walk(t *testing.T, root string) []entry {
	t.Helper()
	var entries []entry
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		entries = append(entries, entry{rel, d.IsDir()})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// list returns the names in a folder.
func list(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// snapshot returns what a tree holds: a hash for each file, "folder" for each folder.
func snapshot(t *testing.T, root string) map[string]string {
	t.Helper()
	seen := make(map[string]string)
	for _, e := range walk(t, root) {
		seen[e.path] = "folder"
		if !e.dir {
			seen[e.path] = hash(t, filepath.Join(root, e.path))
		}
	}
	return seen
}

// hash returns a file's size and hash.
func hash(t *testing.T, path string) string {
	t.Helper()
	b := read(t, path)
	return fmt.Sprintf("%d bytes, %x", len(b), sha256.Sum256(b))
}

// same reports, as a failure of the test, where tree got is not like tree want.
func same(t *testing.T, got, want string) {
	t.Helper()
	g, w := snapshot(t, got), snapshot(t, want)
	var lines []string
	for _, path := range slices.Sorted(maps.Keys(w)) {
		if g[path] != w[path] {
			lines = append(lines, fmt.Sprintf("%q is %q; want %q", path, g[path], w[path]))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(g)) {
		if _, ok := w[path]; !ok {
			lines = append(lines, fmt.Sprintf("%q is there, which was not sent", path))
		}
	}
	if n := len(lines); n > 0 {
		const most = 20
		text := strings.Join(lines[:min(n, most)], "\n")
		t.Errorf("%d of %d entries differ:\n%s", n, len(w), text)
	}
}

// files are the texts of files by their paths in a folder. The text `gone` is that of a file that
// is not there.
type files map[string]string

const gone = "(gone)"

// plant writes the files into a folder.
func (f files) plant(t *testing.T, dir string) {
	t.Helper()
	for path, text := range f {
		path = filepath.Join(dir, path)
		mkdir(t, filepath.Dir(path))
		write(t, path, []byte(text))
	}
}

// check checks that a folder holds the files.
func (f files) check(t *testing.T, dir string) {
	t.Helper()
	for path, want := range f {
		got := gone
		b, err := os.ReadFile(filepath.Join(dir, path))
		if err == nil {
			got = string(b)
		}
		if got != want {
			t.Errorf("%s holds %.100q, %v; want %.100q", path, got, err, want)
		}
	}
}

// link gives a file a second name, or makes a copy where that is another file system.
func link(t *testing.T, from, to string) {
	t.Helper()
	if os.Link(from, to) != nil {
		write(t, to, read(t, from))
	}
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
