//go:build privileged

package rootfs

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// openDirectory makes a directory in which everybody may do everything, and files of ann, of root, and of ann's that only she
// can read.
func openDirectory(t *testing.T, dir string) {
	must(t, os.Mkdir(dir+"/all", 0o777))
	for name, uid := range map[string]int{"ann": 7001, "root": 0, "secret": 7001} {
		must(t, os.WriteFile(dir+"/all/"+name, nil, 0o666))
		must(t, os.Chown(dir+"/all/"+name, uid, uid))
	}
	must(t, os.Chmod(dir+"/all/secret", 0o600))
	must(t, os.Mkdir(dir+"/all/dir", 0o777))
}

func TestOwnersOfOtherUIDs(t *testing.T) {
	dropped(t, openDirectory, func(t *testing.T, c *Cache, dir string) {
		user := open(t, c, Options{Path: dir + "/all", Who: bob, Owner: &Ownership{Login: "bob"}})
		for name, uid := range map[string]uint32{"/ann": 7001, "/root": 0, "/secret": 7001} {
			_, write := user.OpenFile(name, Write, 0)
			if name == "/secret" {
				wantErr(t, name+": write", write, fs.ErrPermission)
				write = user.MayChange(name)
			}
			for _, err := range []error{user.Unlink(name), user.Rename(name, "/x"), write} {
				if foreign, ok := errors.AsType[*ForeignError](err); !ok || foreign.UID != uid {
					t.Errorf("%s: %v; want that it belongs to uid %d", name, err, uid)
				}
			}
		}
		if _, ok := errors.AsType[*ForeignError](user.Rmdir("/dir")); !ok {
			t.Error("root's directory was removed")
		}
		must(t, fixture{Root: user}.write("/bob", "bob's"))
		if facts, err := user.Facts("/bob", false); facts.UID != bob.UID || err != nil {
			t.Errorf("a new file: %+v, %v", facts, err)
		}
		must(t, user.Rename("/bob", "/bob2"))

		plain := open(t, c, Options{Path: dir + "/all", Who: bob})
		must(t, plain.Unlink("/ann")) // what the kernel allows

		// A user whose files are the same, so far as the kernel can tell, and who cannot read the mark.
		must(t, plain.Chmod("/bob2", 0))
		err := user.Unlink("/bob2")
		if _, foreign := errors.AsType[*ForeignError](err); foreign || !errors.Is(err, fs.ErrPermission) {
			t.Errorf("a mark that cannot be read: %v; want that it is closed", err)
		}
	})
}

// Where no marks are kept the uid decides alone, and it is told once.
func TestFileSystemWithoutMarks(t *testing.T) {
	prepare := func(t *testing.T, dir string) {
		must(t, unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
		for _, name := range []string{"/one", "/two"} {
			must(t, os.Mkdir(dir+name, 0o755))
			must(t, unix.Mount("ramfs", dir+name, "ramfs", 0, "mode=777"))
		}
	}
	dropped(t, prepare, func(t *testing.T, c *Cache, dir string) {
		var told []string
		root := func(login string) fixture {
			return fixture{Root: open(t, c, Options{Path: dir, Who: ann, Owner: &Ownership{
				Login: login, Unmarked: func(path string) { told = append(told, path) },
			}})}
		}
		user, other := root("ann"), root("other")
		must(t, user.write("/one/a", "text"))
		must(t, user.Mkdir("/one/dir", 0o300))
		must(t, other.write("/one/b", "text"))
		must(t, other.Mkdir("/two/dir", 0o755))
		if len(told) != 2 || told[0] != "/one/a" || told[1] != "/two/dir" {
			t.Errorf("told of %q; want /one/a and /two/dir", told)
		}
		if facts, err := user.Facts("/one/dir", false); facts.Mode&0o777 != 0o300 || err != nil {
			t.Errorf("a directory has mode %#o, %v; want 0300", facts.Mode&0o777, err)
		}
		must(t, other.Unlink("/one/a"))
		wantErr(t, "another uid", fixture{Root: open(t, c, Options{Path: dir, Who: bob, Owner: &Ownership{Login: "bob"}})}.Unlink("/one/b"), fs.ErrPermission)
	})
}
