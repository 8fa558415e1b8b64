package rootfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"pureftpd/internal/identity"
)

func TestOpenRefuses(t *testing.T) {
	dir := physicalTemp(t)
	must(t, os.WriteFile(dir+"/file", nil, 0o600))
	must(t, os.Symlink("/proc/self/fd/0", dir+"/magic"))
	for _, kind := range kinds {
		c := kind.cache()
		for path, want := range map[string]error{
			"":               fs.ErrInvalid,
			"relative":       fs.ErrInvalid,
			dir + "/missing": fs.ErrNotExist,
			dir + "/file":    unix.ENOTDIR,
			dir + "/a\x00b":  unix.EINVAL,
		} {
			_, err := c.Open(Options{Path: path, Virtual: kind.virtual})
			wantErr(t, fmt.Sprintf("%s: Open(%q)", kind.name, path), err, want)
		}
		if r, err := c.Open(Options{Path: dir + "/magic"}); err == nil {
			r.Close()
			t.Errorf("%s: Open followed a magic link", kind.name)
		}
		if n := c.Directories(); n != 0 {
			t.Errorf("%s: %d directories are open", kind.name, n)
		}
	}
}

func TestOpenFollowsLinksOfTheSystem(t *testing.T) {
	dir := physicalTemp(t)
	must(t, os.MkdirAll(dir+"/srv/home", 0o755))
	must(t, os.Symlink(dir+"/srv/home", dir+"/home"))
	for _, kind := range kinds {
		r := open(t, kind.cache(), Options{Path: dir + "/home/", Virtual: kind.virtual})
		if got, want := r.Path(), dir+"/home"; got != want {
			t.Errorf("%s: Path() = %q, want %q", kind.name, got, want)
		}
		wantErr(t, "Mkdir", r.Mkdir("/"+kind.name, 0o755), nil)
		if _, err := os.Stat(dir + "/srv/home/" + kind.name); err != nil {
			t.Error(err)
		}
	}
}

// TestManyRootsShareOneDescriptor measures what a session costs that has a root and does nothing.
func TestManyRootsShareOneDescriptor(t *testing.T) {
	dir, c, who := physicalTemp(t), NewCache(), &identity.Who{UID: 1000}
	const n = 10_000
	roots := make([]*Root, n)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range roots {
		r, err := c.Open(Options{Path: dir, Who: who})
		must(t, err)
		roots[i] = r
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if got := c.Directories(); got != 1 {
		t.Errorf("%d roots hold %d descriptors, want 1", n, got)
	}
	if each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / n; each > 100 {
		t.Errorf("a root costs %d bytes, want at most 100", each)
	}
	for _, r := range roots {
		r.Close()
		r.Close()
	}
	if got := c.Directories(); got != 0 {
		t.Errorf("%d descriptors are left, want 0", got)
	}
}

func TestSharingTellsDirectoriesApart(t *testing.T) {
	dir, c := physicalTemp(t), NewCache()
	must(t, os.Mkdir(dir+"/home", 0o755))
	old := open(t, c, Options{Path: dir + "/home"})
	open(t, c, Options{Path: dir + "/home", Virtual: true})
	must(t, os.Rename(dir+"/home", dir+"/moved"))
	must(t, os.Mkdir(dir+"/home", 0o755))
	fresh := open(t, c, Options{Path: dir + "/home"})
	if got := c.Directories(); got != 3 {
		t.Errorf("%d directories, want 3", got)
	}
	wantErr(t, "Alive of the old root", old.Alive(), ErrMoved)
	wantErr(t, "Alive of the new root", fresh.Alive(), nil)
	wantErr(t, "Mkdir in the moved root", old.Mkdir("/x", 0o755), nil)
	if _, err := os.Stat(dir + "/moved/x"); err != nil {
		t.Error(err)
	}
}

func TestAlive(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		wantErr(t, "Alive", f.Alive(), nil)
		must(t, os.RemoveAll(f.home))
		wantErr(t, "Alive of a deleted root", f.Alive(), ErrGone)
		wantErr(t, "Mkdir in a deleted root", f.Mkdir("/x", 0o755), fs.ErrNotExist)
	})
}

func TestClosedRoot(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		file, err := f.OpenFile("/d/f", Read, 0)
		must(t, err)
		f.Close()
		_, err = f.Facts("/", true)
		wantErr(t, "Facts", err, fs.ErrClosed)
		wantErr(t, "ReadDir", f.ReadDir("/", Names, nil), fs.ErrClosed)
		wantErr(t, "Rename", f.Rename("/a", "/b"), fs.ErrClosed)
		wantErr(t, "Alive", f.Alive(), fs.ErrClosed)
		if text, err := io.ReadAll(file); string(text) != "inside" || err != nil {
			t.Errorf("a file opened before: %q, %v", text, err)
		}
		must(t, file.Close())
		wantErr(t, "Close again", file.Close(), fs.ErrClosed)
	})
}

func TestUnchrootedRoot(t *testing.T) {
	for _, kind := range kinds {
		r := open(t, kind.cache(), Options{Path: "/", Virtual: kind.virtual})
		dir := physicalTemp(t)
		must(t, os.Symlink(dir, dir+"/self"))
		if got, err := r.Enter(dir + "/self"); got != dir || err != nil {
			t.Errorf("%s: Enter = %q, %v; want %q", kind.name, got, err, dir)
		}
		if got, err := r.RealPath(dir + "/self/../" + "self"); got != dir && err == nil {
			t.Errorf("%s: RealPath = %q, %v; want %q", kind.name, got, err, dir)
		}
	}
}

// TestProcIsClosed: the files of proc would show one session the memory and the descriptors of all.
func TestProcIsClosed(t *testing.T) {
	for _, kind := range kinds {
		r := open(t, kind.cache(), Options{Path: "/"})
		for _, path := range []string{"/proc/self/maps", "/proc/self/environ", "/proc/thread-self/stat"} {
			_, err := r.OpenFile(path, Read, 0)
			wantErr(t, kind.name+": "+path, err, ErrNotRegular)
		}
		pipe, other, err := os.Pipe()
		must(t, err)
		if _, err := r.OpenFile(fmt.Sprintf("/proc/self/fd/%d", pipe.Fd()), Read, 0); err == nil {
			t.Errorf("%s: a descriptor was opened through proc", kind.name)
		}
		must(t, errors.Join(pipe.Close(), other.Close()))
	}
}
