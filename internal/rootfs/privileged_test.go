//go:build privileged

package rootfs

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pureftpd/internal/identity"
)

// These tests need root and a binary without cgo, as those of package identity do. Each runs in a
// process of its own that has dropped its privileges.

// dropped runs prepare as root and body after the Drop, once for each way to resolve pathnames.
func dropped(t *testing.T, prepare func(t *testing.T, dir string), body func(t *testing.T, c *Cache, dir string)) {
	t.Helper()
	for _, kind := range kinds[:2] {
		t.Run(kind.name, func(t *testing.T) {
			dir := os.Getenv("ROOTFS_ALONE")
			if dir == "" {
				inChild(t)
				return
			}
			unix.Umask(0)
			prepare(t, dir)
			must(t, identity.Drop(identity.Config{}))
			body(t, kind.cache(dir+"/share", dir+"/closed/share"), dir)
			status, err := identity.ReadStatus()
			must(t, err)
			must(t, status.AtRest())
		})
	}
}

// inChild runs the test again in a process of its own, with its own mounts, and cleans up after it.
func inChild(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("", "rootfs")
	must(t, err)
	defer func() { must(t, os.RemoveAll(dir)) }()
	must(t, os.Chmod(dir, 0o755))
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.count=1")
	cmd.Env = append(os.Environ(), "ROOTFS_ALONE="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

var (
	ann = &identity.Who{UID: 7001, GID: 8001, Groups: []uint32{8001, 8100}}
	bob = &identity.Who{UID: 7002, GID: 8002}
)

// homeOf makes a home below a directory that is closed to its owner.
func homeOf(t *testing.T, dir string) {
	t.Helper()
	must(t, os.MkdirAll(dir+"/closed/ann", 0o755))
	must(t, os.Chown(dir+"/closed/ann", 7001, 8001))
	must(t, os.Chmod(dir+"/closed", 0o700))
}

func TestFilesAreTheUsers(t *testing.T) {
	dropped(t, homeOf, func(t *testing.T, c *Cache, dir string) {
		home := fixture{Root: open(t, c, Options{Path: dir + "/closed/ann", Who: ann})}
		must(t, home.Mkdir("/dir", 0o700))
		must(t, home.write("/dir/file", "ann's"))
		for _, path := range []string{"/dir", "/dir/file"} {
			if facts, err := home.Facts(path, false); err != nil || facts.UID != 7001 || facts.GID != 8001 {
				t.Errorf("%s: %+v, %v; want the owner 7001:8001", path, facts, err)
			}
		}
		for name, who := range map[string]*identity.Who{"another user": bob, "nobody": nil} {
			other := fixture{Root: open(t, c, Options{Path: dir + "/closed/ann", Who: who})}
			_, err := other.read("/dir/file")
			wantErr(t, name+": read", err, fs.ErrPermission)
			wantErr(t, name+": list", other.ReadDir("/dir", Names, nil), fs.ErrPermission)
			wantErr(t, name+": write", other.write("/new", ""), fs.ErrPermission)
			wantErr(t, name+": unlink", other.Unlink("/dir/file"), fs.ErrPermission)
			wantErr(t, name+": rename", other.Rename("/dir", "/x"), fs.ErrPermission)
			wantErr(t, name+": mkdir", other.Mkdir("/x", 0o755), fs.ErrPermission)
			wantErr(t, name+": chmod", other.Chmod("/dir", 0o777), fs.ErrPermission)
			wantErr(t, name+": times", other.Chtimes("/dir", time.Time{}, time.Unix(1, 0)), fs.ErrPermission)
			_, err = other.Enter("/dir")
			wantErr(t, name+": enter", err, fs.ErrPermission)
		}
	})
}

func TestUnreadableFileCanBeOpenedUpAgain(t *testing.T) {
	dropped(t, homeOf, func(t *testing.T, c *Cache, dir string) {
		home := fixture{Root: open(t, c, Options{Path: dir + "/closed/ann", Who: ann})}
		must(t, home.write("/file", "text"))
		must(t, home.Chmod("/file", 0))
		_, err := home.read("/file")
		wantErr(t, "read at mode 0", err, fs.ErrPermission)
		must(t, home.Chtimes("/file", time.Unix(1, 0), time.Unix(2, 0)))
		must(t, home.Chmod("/file", 0o644))
		if text, err := home.read("/file"); text != "text" || err != nil {
			t.Errorf("read at mode 0644: %q, %v", text, err)
		}
		file, err := home.OpenFile("/file", Write, 0)
		must(t, err)
		must(t, file.Chmod(0o600))
		must(t, file.Chtimes(time.Unix(3, 0), time.Unix(4, 0)))
		must(t, file.Close())
		if got, err := home.Enter("/"); got != "/" || err != nil {
			t.Errorf("Enter = %q, %v", got, err)
		}
		if got, err := home.RealPath("/file"); got != dir+"/closed/ann/file" || err != nil {
			t.Errorf("RealPath = %q, %v", got, err)
		}
	})
}

func TestCreateHomeOwners(t *testing.T) {
	prepare := func(t *testing.T, dir string) {
		must(t, os.Mkdir(dir+"/bobs", 0o755))
		must(t, os.Chown(dir+"/bobs", 7002, 8002))
	}
	dropped(t, prepare, func(t *testing.T, c *Cache, dir string) {
		must(t, c.CreateHome(dir+"/a/./b/ann", ann, 0o755, "ann"))
		if got := markOf(t, dir+"/a/b/ann"); got != "ann" {
			t.Errorf("the home is marked %q", got)
		}
		must(t, c.CreateHome(dir+"/a/./b/other", ann, 0o755, "other"))
		shared := open(t, c, Options{Path: dir + "/a/b", Who: ann, Owner: &Ownership{Login: "ann"}})
		if _, ok := errors.AsType[*ForeignError](shared.Chmod("/other", 0o777)); !ok {
			t.Error("the mode of another's home was changed")
		}
		var stat unix.Stat_t
		for path, want := range map[string][3]uint32{"/a": {0, 0, 0o755}, "/a/b": {0, 0, 0o755}, "/a/b/ann": {7001, 8001, 0o755}} {
			must(t, unix.Lstat(dir+path, &stat))
			if got := [3]uint32{stat.Uid, stat.Gid, stat.Mode & 0o7777}; got != want {
				t.Errorf("%s: owner and mode %v, want %v", path, got, want)
			}
		}
		home := fixture{Root: open(t, c, Options{Path: dir + "/a", Who: ann})}
		wantErr(t, "write at home", home.write("/b/ann/file", ""), nil)
		wantErr(t, "write above", home.write("/b/file", ""), fs.ErrPermission)
		wantErr(t, "a home in another's directory", c.CreateHome(dir+"/bobs/ann", ann, 0o755, ""), fs.ErrPermission)
	})
}

// TestProcInsideJail: chroot(2) with a proc mount in it can be left. This root cannot.
func TestProcInsideJail(t *testing.T) {
	prepare := func(t *testing.T, dir string) {
		must(t, unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
		must(t, os.MkdirAll(dir+"/jail/proc", 0o755))
		must(t, unix.Mount("proc", dir+"/jail/proc", "proc", 0, ""))
	}
	dropped(t, prepare, func(t *testing.T, c *Cache, dir string) {
		jail := fixture{Root: open(t, c, Options{Path: dir + "/jail", Who: ann})}
		for _, path := range []string{
			"/proc/self/root/etc/passwd", "/proc/self/cwd/etc/passwd", "/proc/self/maps", "/proc/self/mem", "/proc/version",
			"/proc/self/fd/0", "/proc/thread-self/root/etc/passwd",
		} {
			if text, err := jail.read(path); err == nil {
				t.Errorf("%s was read: %.40q", path, text)
			}
		}
		if names, err := jail.names("/proc/self/root/etc"); err == nil {
			t.Errorf("/etc was listed: %q", names)
		}
	})
}

// TestProcInsideShare: a share is no way to the proc file system either.
func TestProcInsideShare(t *testing.T) {
	prepare := func(t *testing.T, dir string) {
		must(t, unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
		must(t, os.MkdirAll(dir+"/share/proc", 0o777))
		must(t, os.Mkdir(dir+"/jail", 0o755))
		must(t, unix.Mount("proc", dir+"/share/proc", "proc", 0, ""))
		plant(t, dir, map[string]string{
			"/jail/in": dir + "/share", "/jail/root": dir + "/share/proc/self/root", "/share/root": "proc/self/root",
			"/jail/cwd": "in/proc/self/cwd", "/share/fd": dir + "/share/proc/self/fd",
		})
	}
	dropped(t, prepare, func(t *testing.T, c *Cache, dir string) {
		jail := fixture{Root: open(t, c, Options{Path: dir + "/jail", Who: ann})}
		if names, err := jail.names("/in/proc/self"); err != nil || len(names) < 10 {
			t.Errorf("the directory of a process: %q, %v", names, err)
		}
		for _, path := range []string{
			"/in/proc/self/root", "/in/proc/self/cwd", "/root", "/in/root", "/cwd", "/in/proc/thread-self/root",
		} {
			for _, name := range []string{path + "/etc/passwd", path + dir + "/share", path + "/.", path} {
				_, err := jail.Facts(name, true)
				wantErr(t, name, err, unix.ELOOP)
			}
		}
		for _, path := range []string{
			"/in/proc/self/maps", "/in/proc/self/mem", "/in/proc/version", "/in/proc/self/fd/0", "/in/fd/0", "/in/fd/1", "/in/proc/self/exe",
		} {
			if text, err := jail.read(path); err == nil {
				t.Errorf("%s was read: %.40q", path, text)
			}
		}
	})
}

// TestSharesAreForWhomTheyAreFor: behind a link the user is the user, and a share below a closed
// directory is closed, although a home there is not.
func TestSharesAreForWhomTheyAreFor(t *testing.T) {
	prepare := func(t *testing.T, dir string) {
		homeOf(t, dir)
		for name, mode := range map[string]uint32{"/share": 0o2770, "/closed/share": 0o777} {
			must(t, os.Mkdir(dir+name, 0o755))
			must(t, os.Chown(dir+name, 0, 8100))
			must(t, unix.Chmod(dir+name, mode))
		}
		plant(t, dir+"/closed/ann", map[string]string{"/in": dir + "/share", "/closed": dir + "/closed/share"})
	}
	dropped(t, prepare, func(t *testing.T, c *Cache, dir string) {
		home := fixture{Root: open(t, c, Options{Path: dir + "/closed/ann", Who: ann})}
		must(t, home.write("/in/file", "ann's"))
		if facts, err := home.Facts("/in/file", true); err != nil || facts.UID != 7001 || facts.GID != 8100 {
			t.Errorf("a file in the share: %+v, %v; want the owner 7001:8100", facts, err)
		}
		if got, err := home.RealPath("/in/file"); got != dir+"/share/file" || err != nil {
			t.Errorf("RealPath = %q, %v", got, err)
		}
		_, err := home.Enter("/closed")
		wantErr(t, "enter a share below a closed directory", err, fs.ErrPermission)
		wantErr(t, "write there", home.write("/closed/file", ""), fs.ErrPermission)
		for name, who := range map[string]*identity.Who{"a user without the group": bob, "nobody": nil} {
			other := fixture{Root: open(t, c, Options{Path: dir + "/closed/ann", Who: who})}
			_, err := other.read("/in/file")
			wantErr(t, name+": read", err, fs.ErrPermission)
			_, err = other.Enter("/in")
			wantErr(t, name+": enter", err, fs.ErrPermission)
			_, err = other.Outside("/in/file")
			wantErr(t, name+": a file in what is closed", err, nil, fs.ErrPermission)
			wantErr(t, name+": write", other.write("/in/new", ""), fs.ErrPermission)
			wantErr(t, name+": unlink", other.Unlink("/in/file"), fs.ErrPermission)
		}
	})
}
