package rootfs

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// as opens the fixture's root once more, for a user of whom only the login differs.
func (f fixture) as(t *testing.T, login string) fixture {
	t.Helper()
	f.Root = open(t, f.cache, Options{Path: f.home, Virtual: f.virtual, Owner: &Ownership{Login: login}})
	return f
}

// markOf reads a mark past the root.
func markOf(t *testing.T, path string) string {
	t.Helper()
	var buf [64]byte
	n, err := unix.Lgetxattr(path, ownerAttr, buf[:])
	if err == unix.ENODATA {
		return ""
	}
	must(t, err)
	return string(buf[:n])
}

// needMarks skips a test where the file system of temporary directories keeps no marks.
func needMarks(t *testing.T) {
	t.Helper()
	if err := unix.Setxattr(t.TempDir(), ownerAttr, []byte("x"), 0); err != nil {
		t.Skipf("temporary directories cannot be marked: %v", err)
	}
}

// wantForeign fails unless err says that a file is login's.
func wantForeign(t *testing.T, what string, err error, login string) {
	t.Helper()
	foreign, ok := errors.AsType[*ForeignError](err)
	if !ok || foreign.Login != login || foreign.UID != uint32(os.Geteuid()) || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%s: err = %v; want that it belongs to %q", what, err, login)
	}
}

func TestOwnersOfOneUID(t *testing.T) {
	needMarks(t)
	each(t, func(t *testing.T, f fixture) {
		ann, bob := f.as(t, "ann"), f.as(t, "bob")
		defer ann.Close()
		defer bob.Close()
		must(t, ann.write("/a", "ann's"))
		must(t, ann.Mkdir("/dir", 0o755))
		must(t, bob.write("/b", "bob's"))
		for path, want := range map[string]string{"/a": "ann", "/dir": "ann", "/b": "bob", "/d/f": ""} {
			if got := markOf(t, f.home+path); got != want {
				t.Errorf("%s is marked %q; want %q", path, got, want)
			}
		}
		before := snapshot(t, f.home)
		_, append := bob.OpenFile("/a", Write, 0)
		_, both := bob.OpenFile("/a", Read|Write, 0)
		_, exclusive := bob.OpenFile("/a", Write|Create|Exclusive, 0o644)
		for what, err := range map[string]error{
			"unlink": bob.Unlink("/a"), "rename": bob.Rename("/a", "/x"), "rename to a new name": bob.RenameNew("/a", "/x"),
			"rename over": bob.Rename("/b", "/a"), "rename a directory": bob.Rename("/dir", "/x"), "rmdir": bob.Rmdir("/dir"),
			"rename a directory over": bob.Rename("/d", "/dir"), "rewrite": bob.write("/a", "bob's"), "append": append,
			"read and write": both, "chmod": bob.Chmod("/a", 0o777), "times": bob.Chtimes("/a", time.Time{}, time.Unix(1, 0)),
			"may change": bob.MayChange("/a"), "may change a directory": bob.MayChange("/dir/"),
		} {
			wantForeign(t, what, err, "ann")
		}
		wantErr(t, "create anew", exclusive, fs.ErrExist)
		if after := snapshot(t, f.home); after != before {
			t.Errorf("the tree changed:\n%s\nwas\n%s", after, before)
		}
		if text, err := bob.read("/a"); text != "ann's" || err != nil {
			t.Errorf("read: %q, %v", text, err)
		}
		wantErr(t, "what is not there", bob.Unlink("/none"), fs.ErrNotExist)
		wantErr(t, "rename what is not there", bob.Rename("/none", "/x"), fs.ErrNotExist)
		wantErr(t, "a name of his own", bob.Rename("/b", "/dir/b"), nil)
		wantForeign(t, "a file in her directory", ann.Unlink("/dir/b"), "bob")

		must(t, ann.write("/a", "new"))
		must(t, ann.Chmod("/a", 0o600))
		must(t, ann.write("/a2", "more"))
		must(t, ann.Rename("/a2", "/a"))
		must(t, ann.Rename("/a", "/a2"))
		must(t, ann.Unlink("/a2"))
		must(t, bob.Unlink("/dir/b"))
		must(t, ann.Rmdir("/dir"))
	})
}

func TestUnmarkedFilesAreTheUIDs(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		must(t, os.Symlink("d/f", f.home+"/link"))
		bob := f.as(t, "bob")
		defer bob.Close()
		must(t, bob.write("/d/f", "bob's"))
		if got := markOf(t, f.home+"/d/f"); got != "" {
			t.Errorf("a file that was there is marked %q", got)
		}
		must(t, bob.Rename("/d/f", "/d/g"))
		must(t, bob.Unlink("/d/g"))
		must(t, bob.Unlink("/link"))
		must(t, bob.Rmdir("/d/e"))
	})
}

func TestExemptUsersMarkTheirFiles(t *testing.T) {
	needMarks(t)
	each(t, func(t *testing.T, f fixture) {
		ann, boss := f.as(t, "ann"), f
		boss.Root = open(t, f.cache, Options{Path: f.home, Virtual: f.virtual, Owner: &Ownership{Login: "boss", Exempt: true}})
		defer ann.Close()
		defer boss.Close()
		must(t, ann.write("/a", "ann's"))
		must(t, ann.write("/a2", "ann's"))
		must(t, boss.write("/b", "the boss's"))
		wantForeign(t, "unlink", ann.Unlink("/b"), "boss")
		must(t, boss.MayChange("/a"))
		must(t, boss.write("/a", "changed"))
		must(t, boss.Rename("/a", "/a2"))
		if got := markOf(t, f.home+"/a2"); got != "ann" {
			t.Errorf("the file changed is marked %q; want ann", got)
		}
		must(t, boss.Unlink("/a2"))
	})
}

// A mark can be set only on what its owner may write and seen only on what he may read.
func TestModesOfMarkedFiles(t *testing.T) {
	needMarks(t)
	each(t, func(t *testing.T, f fixture) {
		ann := f.as(t, "ann")
		defer ann.Close()
		for i, test := range []struct{ perm, want uint32 }{{0o644, 0o644}, {0o000, 0o400}, {0o044, 0o444}, {0o200, 0o600}} {
			name := "/" + string(rune('p'+i))
			file, err := ann.OpenFile(name, Write|Create|Exclusive, test.perm)
			must(t, err)
			must(t, file.Close())
			must(t, ann.Mkdir(name+"dir", test.perm))
			for _, path := range []string{name, name + "dir"} {
				facts, err := f.Facts(path, false)
				if got := facts.Mode & 0o7777; got != test.want || err != nil {
					t.Errorf("%s made with mode %#o has %#o, %v; want %#o", path, test.perm, got, err, test.want)
				}
				if got := markOf(t, f.home+path); got != "ann" {
					t.Errorf("%s is marked %q", path, got)
				}
			}
		}
	})
}

func TestUnownedFiles(t *testing.T) {
	needMarks(t)
	each(t, func(t *testing.T, f fixture) {
		for _, login := range []string{"ann", "bob"} {
			user := f.as(t, login)
			file, err := user.OpenFile("/.ftpquota", Read|Write|Create|Unowned, 0o600)
			must(t, err)
			must(t, file.Close())
			user.Close()
		}
		if got := markOf(t, f.home+"/.ftpquota"); got != "" {
			t.Errorf("the server's file is marked %q", got)
		}
	})
}

// What a rename would replace or an unlink remove is looked at, also when it comes in the last moment.
func TestRenameRaces(t *testing.T) {
	needMarks(t)
	eachJail(t, func(t *testing.T, f fixture) {
		ann, bob := f.as(t, "ann"), f.as(t, "bob")
		defer ann.Close()
		defer bob.Close()
		stop, done := make(chan struct{}), make(chan error)
		go func() {
			for {
				select {
				case <-stop:
					done <- nil
					return
				default:
				}
				if err := bob.write("/mine", "bob's"); err != nil {
					done <- err
					return
				}
				if err := bob.Rename("/mine", "/x"); err != nil && !errors.Is(err, fs.ErrPermission) {
					done <- err
					return
				}
				if err := bob.Unlink("/x"); err != nil && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist) {
					done <- err
					return
				}
			}
		}()
		made := 0
		for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); {
			must(t, ann.write("/hers", "ann's"))
			err := ann.RenameNew("/hers", "/x") // a name appears with its mark on it
			if err != nil {
				continue
			}
			made++
			if got := markOf(t, f.home+"/x"); got != "ann" {
				t.Errorf("ann's file was replaced by one of %q", got)
				break
			}
			must(t, ann.Unlink("/x"))
		}
		close(stop)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if made == 0 {
			t.Error("ann never got the name")
		}
	})
}

func TestWhatCannotBeMarkedDoesNotStay(t *testing.T) {
	needMarks(t)
	each(t, func(t *testing.T, f fixture) {
		long := f.as(t, strings.Repeat("x", 1<<17)) // no extended attribute is so long
		defer long.Close()
		_, err := long.OpenFile("/new", Write|Create, 0o644)
		wantErr(t, "create", err, unix.E2BIG)
		wantErr(t, "mkdir", long.Mkdir("/newdir", 0o755), unix.E2BIG)
		for _, name := range []string{"/new", "/newdir"} {
			if _, err := os.Lstat(f.home + name); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v; want it gone", name, err)
			}
		}
	})
}
