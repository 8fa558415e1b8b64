package rootfs

import (
	"os"
	"path"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"pureftpd/internal/ftp"
)

func TestVirtualLinksLeadOut(t *testing.T) {
	eachVirtual(t, func(t *testing.T, f fixture) {
		must(t, os.Symlink(f.outside, f.home+"/abs"))
		must(t, os.Symlink("../../outside", f.home+"/d/rel"))
		for _, dir := range []string{"/abs", "/d/rel", "/../abs"} {
			if text, err := f.read(dir + "/secret"); text != "outside" || err != nil {
				t.Errorf("read %s/secret: %q, %v; want outside", dir, text, err)
			}
			if got, err := f.Enter(dir); got != path.Clean(dir) || err != nil {
				t.Errorf("Enter(%s) = %q, %v; want the path as it was entered", dir, got, err)
			}
			if got, err := f.RealPath(dir + "/secret"); got != f.outside+"/secret" || err != nil {
				t.Errorf("RealPath(%s/secret) = %q, %v; want the path outside", dir, got, err)
			}
		}
		wantErr(t, "Mkdir through a link", f.Mkdir("/abs/made", 0o755), nil)
		if _, err := os.Stat(f.outside + "/made"); err != nil {
			t.Error(err)
		}
		must(t, f.ReadDir("/abs", WithFacts, func(name []byte, facts *ftp.Facts) bool {
			if string(name) == ".." && !facts.IsDir() {
				t.Errorf("the facts of .. behind a link: %+v", *facts)
			}
			return true
		}))
	})
}

func TestVirtualDots(t *testing.T) {
	eachVirtual(t, func(t *testing.T, f fixture) {
		must(t, os.Symlink(f.outside, f.home+"/abs"))
		for _, dir := range []string{"/abs/..", "/d/../../outside", "/d/..", "/d/./../..", "d/.."} {
			for what, err := range operations(f, dir) {
				wantErr(t, what+" at "+dir, err, unix.EPERM)
			}
		}
		for _, dir := range []string{"/../outside", "/../../outside", "/./../outside", "../outside"} {
			_, err := f.read(dir + "/secret")
			wantErr(t, "read "+dir, err, unix.ENOENT)
		}
		for _, dir := range []string{"/..", "/../..", "..", "/./..", "/../."} {
			if names, err := f.names(dir); strings.Join(names, " ") != ". .. abs d" || err != nil {
				t.Errorf("ReadDir(%s) = %q, %v; want the root", dir, names, err)
			}
		}
	})
}

func TestVirtualMagicLinks(t *testing.T) {
	eachVirtual(t, func(t *testing.T, f fixture) {
		pipe, other, err := os.Pipe()
		must(t, err)
		defer pipe.Close()
		defer other.Close()
		must(t, os.Symlink("/proc/self/fd", f.home+"/fd"))
		must(t, os.Symlink("/proc/self", f.home+"/self"))
		if names, err := f.names("/fd"); err != nil || len(names) < 3 {
			t.Errorf("the list of descriptors: %q, %v", names, err)
		}
		for _, path := range []string{"/fd/0", "/fd/" + strconv.Itoa(int(pipe.Fd())), "/self/exe/x", "/self/maps"} {
			if _, err := f.OpenFile(path, Read, 0); err == nil {
				t.Errorf("%s was opened", path)
			}
		}
	})
}

func TestJoin(t *testing.T) {
	for _, test := range []struct {
		dir, name     string
		jail, virtual string // "!" is EPERM
	}{
		{"/", "a", "/a", "/a"},
		{"/a/b", "c", "/a/b/c", "/a/b/c"},
		{"/a/b", "/c", "/c", "/c"},
		{"/a/b", "", "/a/b", "/a/b"},
		{"/a/b", "..", "/a/b/..", "/a"},
		{"/a/b", "../..", "/a/b/../..", "/"},
		{"/a/b", "../../../c/", "/a/b/../../../c/", "/c/"},
		{"/a/b", "./../c", "/a/b/./../c", "/a/c"},
		{"/a/b", "/../c", "/../c", "/c"},
		{"/a/b", "c/..", "/a/b/c/..", "!"},
		{"/a/b", "../c/../d", "/a/b/../c/../d", "!"},
		{"/a/b", ".", "/a/b/.", "/a/b/."},
		{"/a/b", "..c/...", "/a/b/..c/...", "/a/b/..c/..."},
	} {
		dir := physicalTemp(t)
		for virtual, want := range map[bool]string{false: test.jail, true: test.virtual} {
			r := open(t, NewCache(), Options{Path: dir, Virtual: virtual})
			got, err := r.Join(test.dir, test.name)
			if want == "!" {
				wantErr(t, "Join("+test.dir+", "+test.name+")", err, unix.EPERM)
			} else if got != want || err != nil {
				t.Errorf("Join(%q, %q), virtual %v = %q, %v; want %q", test.dir, test.name, virtual, got, err, want)
			}
		}
	}
}

// FuzzClamp checks that what clamp lets through has no way up and is relative, and that it says the
// same of it again.
func FuzzClamp(f *testing.F) {
	for _, seed := range []string{"/", "..", "/../a", "a/..", "./../x", "//.//..//b/.", "...", "/a/.../..b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got, err := clamp(name)
		if err != nil {
			return
		}
		if strings.HasPrefix(got, "/") {
			t.Errorf("clamp(%q) = %q, which is absolute", name, got)
		}
		for part := range strings.SplitSeq(got, "/") {
			if part == ".." {
				t.Errorf("clamp(%q) = %q, which goes up", name, got)
			}
		}
		if again, err := clamp(got); again != got || err != nil {
			t.Errorf("clamp(%q) = %q, then %q, %v", name, got, again, err)
		}
		if want := path.Clean("/" + name); path.Clean("/"+got) != want {
			t.Errorf("clamp(%q) = %q, which names another file than %q", name, got, want)
		}
	})
}
