package rootfs

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"pureftpd/internal/identity"
)

func TestCreateHome(t *testing.T) {
	for _, kind := range kinds[:2] {
		c, dir := kind.cache(), physicalTemp(t)
		who := &identity.Who{UID: uint32(os.Getuid()), GID: uint32(os.Getgid())}
		old := unix.Umask(0)
		err := c.CreateHome(dir+"/a/./b/c", who, 0o750, "")
		unix.Umask(old)
		must(t, err)
		for name, want := range map[string]fs.FileMode{"/a": 0o755, "/a/b": 0o755, "/a/b/c": 0o750} {
			if info, err := os.Stat(dir + name); err != nil || info.Mode() != fs.ModeDir|want {
				t.Errorf("%s: %v, %v; want mode %v", name, info.Mode(), err, want)
			}
		}
		must(t, os.Chmod(dir+"/a/b/c", 0o700))
		must(t, c.CreateHome(dir+"/a/b/c", who, 0o755, ""))
		if info, err := os.Stat(dir + "/a/b/c"); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("a home that existed was changed: %v, %v", info.Mode(), err)
		}
		must(t, os.Symlink("nowhere", dir+"/dangling"))
		must(t, os.Symlink("a", dir+"/link"))
		must(t, os.WriteFile(dir+"/file", nil, 0o644))
		for home, want := range map[string]error{
			"relative":         fs.ErrInvalid,
			dir + "/a/../x":    fs.ErrInvalid,
			dir + "/file/x":    unix.ENOTDIR,
			dir + "/dangling":  fs.ErrNotExist,
			dir + "/link/home": nil,
		} {
			err := c.CreateHome(home, who, 0o755, "")
			if home == dir+"/dangling" && err != nil { // the kernel's word for it differs with O_NOFOLLOW
				continue
			}
			wantErr(t, kind.name+": CreateHome("+home+")", err, want)
		}
		if _, err := os.Stat(dir + "/a/home"); err != nil {
			t.Error(err)
		}
	}
}

// FuzzHomeParts checks that a home is taken apart without loss.
func FuzzHomeParts(f *testing.F) {
	for _, seed := range []string{"/", "/home/./a", "//x//", "/..", "a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, home string) {
		parts, err := homeParts(home)
		if err != nil {
			return
		}
		if slices.Contains(parts, "..") || "/"+strings.Join(parts, "/") != path.Clean(home) {
			t.Errorf("homeParts(%q) = %q", home, parts)
		}
	})
}
