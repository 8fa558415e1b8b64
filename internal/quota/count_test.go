package quota

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pureftpd/internal/ftp"
)

// build makes a tree: "name/" is a directory, "name -> target" a symbolic link, "name = other" a hard link, "name | " a FIFO,
// and "name 12" a file of 12 bytes.
func build(t *testing.T, dir string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		name, target, linked := strings.Cut(line, " -> ")
		same, other, hard := strings.Cut(line, " = ")
		pipe, _, fifo := strings.Cut(line, " |")
		switch {
		case strings.HasSuffix(line, "/"):
			must(t, os.MkdirAll(filepath.Join(dir, line), 0o755))
		case linked:
			must(t, os.Symlink(target, filepath.Join(dir, name)))
		case hard:
			must(t, os.Link(filepath.Join(dir, other), filepath.Join(dir, same)))
		case fifo:
			must(t, syscall.Mkfifo(filepath.Join(dir, pipe), 0o644))
		default:
			var size int
			_, err := fmt.Sscanf(line, "%s %d", &name, &size)
			must(t, err)
			must(t, os.WriteFile(filepath.Join(dir, name), bytes.Repeat([]byte{'x'}, size), 0o644))
		}
	}
}

func TestCount(t *testing.T) {
	for _, test := range []struct {
		name  string
		lines []string
		want  Usage
	}{
		{"nothing", nil, Usage{}},
		{"files and directories", []string{"a 10", "d/", "d/b 5", "d/e/", ".hidden 1", ".h/"}, Usage{6, 16}},
		{"hard links count each", []string{"a 10", "b = a"}, Usage{2, 20}},
		{"links to files count each", []string{"a 10", "b -> a", "c -> /a"}, Usage{3, 30}},
		{"links to directories count once", []string{"d/", "d/f 5", "l -> d", "m -> /d/../d"}, Usage{2, 5}},
		{"loops end", []string{"l/", "l/loop -> ../../..", "self -> .", "l/l -> ../l"}, Usage{1, 0}},
		{"links to nowhere and themselves", []string{"a -> b", "c -> c", "d -> x/y", "f 1", "g -> f/h"}, Usage{1, 1}},
		{"outside is nowhere", []string{"a -> /etc/passwd", "b -> ../../../../etc"}, Usage{}},
		{"quota files", []string{".ftpquota 8", "d/", "d/.ftpquota 9", "e/", "e/.ftpquota/", "e/.ftpquota/f 5"}, Usage{2, 0}},
		{"no files", []string{"p |", "l -> p"}, Usage{}},
		{"uploads that were not finished", []string{".pureftpd-upload.1.2.3.4 3"}, Usage{1, 3}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHome(t, t.TempDir())
			build(t, h.dir, test.lines...)
			if got, err := Count(t.Context(), h, Watch{}); got != test.want || err != nil {
				t.Errorf("Count = %v, %v; want %v", got, err, test.want)
			}
		})
	}
}

// TestChainOfLinksHidesNothing has more links in a row than the kernel follows, each leading to the next directory.
func TestChainOfLinksHidesNothing(t *testing.T) {
	h := newHome(t, t.TempDir())
	const directories = 100
	for i := range directories {
		build(t, h.dir, fmt.Sprintf("d%d/", i), fmt.Sprintf("d%d/f 1", i), fmt.Sprintf("d%d/next -> ../d%d", i, i+1))
	}
	got, err := Count(t.Context(), h, Watch{})
	if want := (Usage{2 * directories, directories}); got != want || err != nil {
		t.Errorf("Count = %v, %v; want %v", got, err, want)
	}
}

func TestDeepTree(t *testing.T) {
	h := newHome(t, t.TempDir())
	build(t, h.dir, strings.Repeat("d/", 300), "up/", "up/top -> ../d", strings.Repeat("d/", 300)+"f 7")
	got, err := Count(t.Context(), h, Watch{})
	if want := (Usage{302, 7}); got != want || err != nil {
		t.Errorf("Count = %v, %v; want %v", got, err, want)
	}
}

func TestTooDeepIsAnErrorAndNotAGap(t *testing.T) {
	dir := t.TempDir()
	h := newHome(t, dir)
	name := strings.Repeat("n", 200)
	from, err := os.OpenRoot(dir)
	must(t, err)
	for range 25 { // 5000 bytes: longer than a pathname can be
		must(t, from.Mkdir(name, 0o755))
		next, err := from.OpenRoot(name)
		must(t, errors.Join(err, from.Close()))
		from = next
	}
	must(t, from.Close())
	if got, err := Count(t.Context(), h, Watch{}); !errors.Is(err, syscall.ENAMETOOLONG) {
		t.Errorf("Count = %v, %v; want ENAMETOOLONG", got, err)
	}
}

func TestCountTellsHowItGoesOn(t *testing.T) {
	h := newHome(t, t.TempDir())
	build(t, h.dir, "a 1", "b 1", "d/", "d/c 1")
	var entries int64
	_, err := Count(t.Context(), h, Watch{Entries: func(n int64) { entries += n }})
	if want := int64(4 + 2*2); entries != want || err != nil { // "." and ".." twice
		t.Errorf("%d entries, %v; want %d", entries, err, want)
	}
}

func TestCountIsCancelled(t *testing.T) {
	h := newHome(t, t.TempDir())
	build(t, h.dir, "d/", "d/e/", "d/e/f 1")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Count(ctx, h, Watch{Entries: func(int64) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Count: err = %v, want %v", err, context.Canceled)
	}
}

// A brokenTree fails at one path.
type brokenTree struct {
	*home
	at  string
	err error
}

func (b brokenTree) ReadDir(path string, fn func([]byte, *ftp.Facts) bool) error {
	if path == b.at {
		return &fs.PathError{Op: "read directory", Path: path, Err: b.err}
	}
	return b.home.ReadDir(path, fn)
}

func (b brokenTree) Facts(path string, follow bool) (ftp.Facts, error) {
	if path == b.at {
		return ftp.Facts{}, &fs.PathError{Op: "stat", Path: path, Err: b.err}
	}
	return b.home.Facts(path, follow)
}

func TestCountOfABrokenTree(t *testing.T) {
	for _, test := range []struct {
		at     string
		cause  error
		want   Usage
		err    error
		closed string
	}{
		{"/d/", syscall.ENOENT, Usage{2, 2}, nil, ""},  // removed meanwhile
		{"/d/", syscall.ENOTDIR, Usage{2, 2}, nil, ""}, // replaced meanwhile
		{"/d/", syscall.EACCES, Usage{3, 2}, nil, "/d"},
		{"/d/", syscall.EIO, Usage{}, syscall.EIO, ""},
		{"/", syscall.EACCES, Usage{}, syscall.EACCES, ""},
		{"/l", syscall.EACCES, Usage{3, 6}, nil, ""},
		{"/l", syscall.EIO, Usage{}, syscall.EIO, ""},
	} {
		h := newHome(t, t.TempDir())
		build(t, h.dir, "a 1", "d/", "d/b 5", "l -> a")
		closed := ""
		tree := brokenTree{h, test.at, test.cause}
		got, err := Count(t.Context(), tree, Watch{Closed: func(path string, _ error) { closed += path }})
		if got != test.want || !errors.Is(err, test.err) || closed != test.closed {
			t.Errorf("%v at %s: Count = %v, %v, closed %q; want %v, %v, %q",
				test.cause, test.at, got, err, closed, test.want, test.err, test.closed)
		}
	}
}
