package rootfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"pureftpd/internal/ftp"
)

// kinds are the implementations under test. On a kernel without openat2 the first of each pair is
// the walk as well.
var kinds = []struct {
	name    string
	virtual bool
	sharing bool
	cache   func(shares ...string) *Cache
}{
	{"kernel", false, false, NewCache},
	{"walk", false, false, withoutKernel},
	{"virtual", true, false, NewCache},
	{"virtual walk", true, false, withoutKernel},
	{"sharing", false, true, NewCache},
	{"sharing walk", false, true, withoutKernel},
}

// withoutKernel is the cache that an old kernel would have.
func withoutKernel(shares ...string) *Cache { return newCache(Kernel{}, shares...) }

// A fixture is a root with a directory beside it that must not be touched.
type fixture struct {
	*Root
	cache   *Cache
	virtual bool
	home    string // the root's path on the system
	outside string
	share   string // the directory that links may lead to, "" if there is none
}

// each runs a test on every kind of root, or on those of one sort.
func each(t *testing.T, test func(t *testing.T, f fixture)) {
	t.Helper()
	eachOf(t, "virtual walk kernel", test)
}

func eachJail(t *testing.T, test func(t *testing.T, f fixture)) {
	t.Helper()
	eachOf(t, "walk kernel", test)
}

func eachVirtual(t *testing.T, test func(t *testing.T, f fixture)) {
	t.Helper()
	eachOf(t, "virtual walk", test)
}

func eachSharing(t *testing.T, test func(t *testing.T, f fixture)) {
	t.Helper()
	eachOf(t, "sharing", test)
}

func eachOf(t *testing.T, want string, test func(t *testing.T, f fixture)) {
	t.Helper()
	for _, kind := range kinds {
		sort := "kernel"
		switch {
		case kind.virtual:
			sort = "virtual"
		case kind.sharing && want == "sharing":
			sort = "sharing"
		}
		if !strings.Contains(want, sort) {
			continue
		}
		t.Run(kind.name, func(t *testing.T) {
			dir := physicalTemp(t)
			f := fixture{cache: kind.cache(), virtual: kind.virtual, home: dir + "/home", outside: dir + "/outside"}
			if kind.sharing {
				f.share = dir + "/share"
				f.cache = kind.cache(f.share, dir+"/other", dir+"/missing")
			}
			for _, name := range []string{f.home, f.home + "/d", f.home + "/d/e", f.outside, f.outside + "/sub"} {
				must(t, os.Mkdir(name, 0o755))
			}
			must(t, os.WriteFile(f.home+"/d/f", []byte("inside"), 0o644))
			must(t, os.WriteFile(f.outside+"/secret", []byte("outside"), 0o644))
			f.Root = open(t, f.cache, Options{Path: f.home, Virtual: kind.virtual})
			test(t, f)
			f.Close()
			if n := f.cache.Directories(); n != 0 {
				t.Errorf("%d directories are open after the test", n)
			}
		})
	}
}

// physicalTemp is a temporary directory without links in its path.
func physicalTemp(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	return dir
}

func open(t testing.TB, c *Cache, o Options) *Root {
	t.Helper()
	r, err := c.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// read returns a file's text through the root.
func (f fixture) read(path string) (string, error) {
	file, err := f.OpenFile(path, Read, 0)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	return string(text), err
}

// write replaces a file's text through the root.
func (f fixture) write(path, text string) error {
	file, err := f.OpenFile(path, Write|Create|Truncate, 0o644)
	if err != nil {
		return err
	}
	_, err = io.WriteString(file, text)
	return errors.Join(err, file.Close())
}

// names lists a directory through the root, sorted.
func (f fixture) names(path string) ([]string, error) {
	var names []string
	err := f.ReadDir(path, Names, func(name []byte, _ *ftp.Facts) bool {
		names = append(names, string(name))
		return true
	})
	slices.Sort(names)
	return names, err
}

// snapshot describes a tree so that any change shows.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		stat := info.Sys().(*syscall.Stat_t)
		text, _ := os.ReadFile(path)
		fmt.Fprintln(&b, path, info.Mode(), stat.Nlink, stat.Mtim, string(text))
		return nil
	})
	must(t, err)
	return b.String()
}

// wantErr fails unless err is one of the errors wanted; nil stands for success.
func wantErr(t *testing.T, what string, err error, want ...error) {
	t.Helper()
	for _, w := range want {
		if w == nil && err == nil || w != nil && errors.Is(err, w) {
			return
		}
	}
	t.Errorf("%s: err = %v, want %v", what, err, want)
}

// mkfifo makes a FIFO on the system.
func mkfifo(t *testing.T, path string) { t.Helper(); must(t, unix.Mkfifo(path, 0o666)) }
