package rootfs

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pureftpd/internal/ftp"
)

// furnish makes the share, and the link "/in" that leads into it.
func furnish(t *testing.T, f fixture) {
	t.Helper()
	must(t, os.MkdirAll(f.share+"/sub/deep", 0o755))
	must(t, os.WriteFile(f.share+"/file", []byte("shared"), 0o644))
	must(t, os.WriteFile(f.share+"/sub/file", []byte("shared"), 0o644))
	plant(t, f.home, map[string]string{"/in": f.share, "/d/in": f.share + "/sub"})
}

// plant makes links.
func plant(t *testing.T, dir string, links map[string]string) {
	t.Helper()
	for name, text := range links {
		must(t, os.Symlink(text, dir+name))
	}
}

func TestShareHasEveryOperation(t *testing.T) {
	eachSharing(t, func(t *testing.T, f fixture) {
		furnish(t, f)
		facts, err := f.Facts("/in", false)
		if err != nil || !facts.IsSymlink() {
			t.Errorf("the link itself: %+v, %v", facts, err)
		}
		var stat unix.Stat_t
		must(t, unix.Stat(f.share, &stat))
		for _, name := range []string{"/in", "/in/", "/in/.", "/in/sub/.."} {
			if facts, err = f.Facts(name, true); err != nil || facts.Ino != stat.Ino {
				t.Errorf("Facts(%s, follow) = %+v, %v; want those of the share", name, facts, err)
			}
		}
		if names, err := f.names("/in"); strings.Join(names, " ") != ". .. file sub" || err != nil {
			t.Errorf("ReadDir = %q, %v", names, err)
		}
		must(t, os.Symlink("file", f.share+"/link"))
		if text, err := f.Readlink("/in/link"); text != "file" || err != nil {
			t.Errorf("Readlink in the share = %q, %v", text, err)
		}
		must(t, os.Remove(f.share+"/link"))
		for _, test := range []struct {
			what string
			err  error
			want error
		}{
			{"create", f.write("/in/new", "new"), nil},
			{"overwrite", f.write("/in/new", "newer"), nil},
			{"make", f.Mkdir("/in/made", 0o755), nil},
			{"make again", f.Mkdir("/in/made/", 0o755), fs.ErrExist},
			{"rename in the share", f.Rename("/in/new", "/in/made/new"), nil},
			{"rename to the home", f.Rename("/in/made/new", "/new"), nil},
			{"rename from the home", f.RenameNew("/new", "/d/in/new"), nil},
			{"link", f.Link("/d/in/new", "/linked"), nil},
			{"unlink", f.Unlink("/in/sub/new"), nil},
			{"remove", f.Rmdir("/in/made"), nil},
			{"remove a full one", f.Rmdir("/in/sub"), unix.ENOTEMPTY},
			{"mode", f.Chmod("/in/file", 0o600), nil},
			{"times", f.Chtimes("/in/file", time.Time{}, time.Unix(1e9, 0)), nil},
			{"nothing there", f.Chmod("/in/none", 0o600), fs.ErrNotExist},
			{"no directory", f.Chmod("/in/file/x", 0o600), unix.ENOTDIR},
			{"make the link", f.Mkdir("/in/", 0o755), fs.ErrExist},
			{"remove the link", f.Rmdir("/in"), unix.ENOTDIR},
			{"unlink what it leads to", f.Unlink("/in/"), unix.ENOTDIR},
			{"rename the link", f.Rename("/in", "/d/moved"), nil},
			{"unlink the link", f.Unlink("/d/moved"), nil},
		} {
			wantErr(t, test.what, test.err, test.want)
		}
		if text, err := f.read("/linked"); text != "newer" || err != nil {
			t.Errorf("what was made in the share: %q, %v", text, err)
		}
		must(t, unix.Stat(f.share+"/file", &stat))
		if stat.Mode&0o7777 != 0o600 || stat.Mtim.Sec != 1e9 {
			t.Errorf("mode %o and time %d of the file in the share", stat.Mode, stat.Mtim.Sec)
		}
		if avail, total, err := f.FreeSpace("/d/in"); total == 0 || avail > total || err != nil {
			t.Errorf("FreeSpace = %d, %d, %v", avail, total, err)
		}
	})
}

func TestLinksToFilesInShares(t *testing.T) {
	eachSharing(t, func(t *testing.T, f fixture) {
		furnish(t, f)
		plant(t, f.home, map[string]string{"/file": f.share + "/file", "/new": f.share + "/new"})
		if text, err := f.read("/file"); text != "shared" || err != nil {
			t.Errorf("read: %q, %v", text, err)
		}
		wantErr(t, "overwrite through a link", f.write("/file", "x"), unix.ELOOP)
		wantErr(t, "create through a link", f.write("/new", "x"), unix.ELOOP)
		_, err := f.Facts("/file/", true)
		wantErr(t, "a file as a directory", err, unix.ENOTDIR)
		file, err := f.OpenFile("/new", Write|Create|Exclusive, 0o644)
		wantErr(t, "create over a link", err, fs.ErrExist)
		if err == nil {
			must(t, file.Close())
		}
		if names, err := f.names("/in"); strings.Join(names, " ") != ". .. file sub" || err != nil {
			t.Errorf("the share: %q, %v", names, err)
		}
	})
}

// TestWhereSharesLead is the table of links and pathnames. Each file says where it lies.
func TestWhereSharesLead(t *testing.T) {
	eachSharing(t, func(t *testing.T, f fixture) {
		furnish(t, f)
		other := path.Dir(f.share) + "/other"
		must(t, os.MkdirAll(other+"/sub", 0o755))
		must(t, os.MkdirAll(f.home+"/shadow"+f.share, 0o755))
		for dir, text := range map[string]string{
			f.home: "home", f.home + "/d": "d", f.share: "share", f.share + "/sub": "share/sub", other: "other", other + "/sub": "other/sub",
		} {
			must(t, os.WriteFile(dir+"/here", []byte(text), 0o644))
		}
		plant(t, f.home, map[string]string{
			"/slashes": strings.ReplaceAll(f.share, "/", "//") + "//./sub/.//", "/chain": "d/in", "/abs": "/d/in", "/ind": "in/sub",
			"/missing": f.outside[:len(f.outside)-len("outside")] + "missing", "/dots": "in/sub/../..", "/d/up": "..",
		})
		plant(t, f.share, map[string]string{
			"/rel": "sub", "/abs": "/sub", "/top": "..", "/root": "/", "/self": f.share + "/sub", "/other": other + "/sub",
			"/sub/up": "..", "/over": "sub/../../../..//sub",
		})
		for name, want := range map[string]string{
			"/in": "share", "/in/sub": "share/sub", "//in///sub/.": "share/sub", "/d/in": "share/sub", "/d/../in": "share",
			"/slashes": "share/sub", "/chain": "share/sub", "/abs": "share/sub", "/ind": "share/sub", "/dots": "share",
			// Links in the share see it as their root.
			"/in/rel": "share/sub", "/in/abs": "share/sub", "/in/top": "share", "/in/root": "share", "/in/root/root/root/sub": "share/sub",
			"/in/sub/up": "share", "/in/sub/up/top/sub": "share/sub", "/d/in/up": "share", "/in/over": "share/sub",
			// They lead to shares, as links in the home do.
			"/in/self": "share/sub", "/in/other": "other/sub", "/in/self/up/other": "other/sub",
			// ".." leaves as text what was entered through a link, and else as the kernel does.
			"/in/..": "home", "/in/sub/..": "share", "/in/sub/../..": "home", "/in/../in/sub/../sub": "share/sub", "/d/in/..": "d",
			"/d/in/../..": "home", "/chain/..": "home", "/in/../..": "home", "/in/rel/..": "share", "/in/other/..": "share",
			"/in/other/../sub": "share/sub", "/in/top/..": "share", "/d/up/in/../d/in/up/..": "share/sub",
			"/in/../../d/in": "share/sub", "in": "share", "in/..": "home", "/in/none/..": "share",
		} {
			if text, err := f.read(name + "/here"); text != want || err != nil {
				t.Errorf("%s: %q, %v; want %q", name, text, err, want)
			}
			if err := f.write(name+"/here", want); err != nil {
				t.Errorf("write in %s: %v", name, err)
			}
		}
		for name, want := range map[string]error{
			"/missing": fs.ErrNotExist, "/in/none": fs.ErrNotExist, "/in/here/x": unix.ENOTDIR, "/in/none/../none": fs.ErrNotExist,
			"/" + strings.Repeat("in/../", 41): unix.ELOOP,
			"/in/" + strings.Repeat("n", 256):  unix.ENAMETOOLONG,
		} {
			_, err := f.Facts(name, true)
			wantErr(t, fmt.Sprintf("Facts(%.40s)", name), err, want)
		}
	})
}

// TestEnterShare checks that the working directory is found again by its name, and left by the way
// it was entered.
func TestEnterShare(t *testing.T) {
	eachSharing(t, func(t *testing.T, f fixture) {
		furnish(t, f)
		must(t, os.Mkdir(f.share+"/side", 0o755))
		plant(t, f.home, map[string]string{"/chain": "d/in", "/d/e/up": "..", "/file": f.share + "/file"})
		plant(t, f.share, map[string]string{"/rel": "sub/deep", "/sub/aside": "../side"})
		for name, want := range map[string][2]string{ // the name, and that of ".."
			"/in": {"/in", "/"}, "/in/": {"/in", "/"}, "/in/sub": {"/in/sub", "/in"}, "/in/rel": {"/in/sub/deep", "/in/sub"},
			"/d/in": {"/d/in", "/d"}, "/d/in/deep": {"/d/in/deep", "/d/in"}, "/chain/deep": {"/chain/deep", "/chain"},
			"/d/e/up/in": {"/d/in", "/d"}, "/in/sub/deep/..": {"/in/sub", "/in"}, "/in/..": {"/", "/"},
			"/d/in/aside": {"/d/in/aside", "/d/in"}, // above what the link leads to
		} {
			got, err := f.Enter(name)
			if got != want[0] || err != nil {
				t.Errorf("Enter(%s) = %q, %v; want %q", name, got, err, want[0])
				continue
			}
			real, err := f.RealPath(name)
			again, err2 := f.RealPath(got)
			if real != again || err != nil || err2 != nil {
				t.Errorf("%s is %q, %v, and %s is %q, %v", name, real, err, got, again, err2)
			}
			up, err := f.Join(got, "..")
			must(t, err)
			if up, err = f.Enter(up); up != want[1] || err != nil {
				t.Errorf("CDUP from %s = %q, %v; want %q", got, up, err, want[1])
			}
		}
		for name, want := range map[string]error{"/in/file": unix.ENOTDIR, "/file": unix.ENOTDIR, "/in/none": fs.ErrNotExist} {
			_, err := f.Enter(name)
			wantErr(t, "Enter("+name+")", err, want)
		}
		for name, want := range map[string]string{
			"/in": f.share, "/d/in/deep": f.share + "/sub/deep", "/file": f.share + "/file", "/in/../d/f": f.home + "/d/f",
		} {
			if got, err := f.RealPath(name); got != want || err != nil {
				t.Errorf("RealPath(%s) = %q, %v; want %q", name, got, err, want)
			}
		}
		must(t, f.ReadDir("/in", WithFacts, func(name []byte, facts *ftp.Facts) bool {
			var home unix.Stat_t
			must(t, unix.Stat(f.home, &home))
			if string(name) == ".." && facts.Ino != home.Ino {
				t.Errorf("the facts of /in/.. are %+v, want those of the root", *facts)
			}
			return true
		}))
	})
}

func TestOutside(t *testing.T) {
	eachSharing(t, func(t *testing.T, f fixture) {
		furnish(t, f)
		for name, want := range map[string]bool{
			"/": false, "/new": false, "/d/new": false, "/in": false, "/in/": false, "/d/in": false, "/in/new": true, "/in/sub/new": true,
			"/d/in/new": true, "/in/../new": false, "/in/..": false, "/in/.": true,
		} {
			if got, err := f.Outside(name); got != want || err != nil {
				t.Errorf("Outside(%s) = %v, %v; want %v", name, got, err, want)
			}
		}
		_, err := f.Outside("/none/new")
		wantErr(t, "Outside(/none/new)", err, fs.ErrNotExist)
	})
	eachVirtual(t, func(t *testing.T, f fixture) {
		plant(t, f.home, map[string]string{"/abs": f.outside, "/back": f.home + "/d"})
		for name, want := range map[string]bool{
			"/": false, "/new": false, "/d/new": false, "/abs": false, "/abs/new": true, "/abs/sub/new": true, "/back/new": false,
		} {
			if got, err := f.Outside(name); got != want || err != nil {
				t.Errorf("Outside(%s) = %v, %v; want %v", name, got, err, want)
			}
		}
		_, err := f.Outside("/abs/../new")
		wantErr(t, "Outside(/abs/../new)", err, unix.EPERM)
	})
	eachJail(t, func(t *testing.T, f fixture) {
		if f.share == "" {
			if got, err := f.Outside("/none/new"); got || err != nil {
				t.Errorf("Outside(/none/new) without shares = %v, %v; want false", got, err)
			}
		}
		f.Close()
		_, err := f.Outside("/new")
		wantErr(t, "Outside of a closed root", err, fs.ErrClosed)
	})
}

// TestWhatIsInsideWins: where the text of a link names something inside the root, it leads there.
func TestWhatIsInsideWins(t *testing.T) {
	eachSharing(t, func(t *testing.T, f fixture) {
		furnish(t, f)
		must(t, os.MkdirAll(f.home+f.share, 0o755))
		must(t, os.WriteFile(f.home+f.share+"/file", []byte("inside"), 0o644))
		if text, err := f.read("/in/file"); text != "inside" || err != nil {
			t.Errorf("read: %q, %v; want the file inside", text, err)
		}
		if text, err := f.read("/d/in/file"); text != "shared" || err != nil {
			t.Errorf("read: %q, %v; want the file in the share: inside there is no %s/sub", text, err, f.share)
		}
		if out, err := f.Outside("/in/new"); out || err != nil {
			t.Errorf("Outside = %v, %v; want false", out, err)
		}
		// The administrator may put the link where the share would be.
		must(t, os.RemoveAll(f.home+f.share))
		must(t, os.Symlink(f.share, f.home+f.share))
		for _, dir := range []string{"/in", f.share} {
			if text, err := f.read(dir + "/file"); text != "shared" || err != nil {
				t.Errorf("read %s/file: %q, %v; want the file in the share", dir, text, err)
			}
		}
	})
}

func TestSharesOfRoots(t *testing.T) {
	for _, kind := range kinds[:2] {
		dir := physicalTemp(t)
		must(t, os.MkdirAll(dir+"/home/pub/in", 0o755))
		must(t, os.WriteFile(dir+"/home/pub/file", []byte("shared"), 0o644))
		plant(t, dir, map[string]string{"/alias": "home/pub"})
		plant(t, dir+"/home", map[string]string{
			"/own": dir + "/home/pub", "/alias": dir + "/alias", "/inner": dir + "/home/pub/in", "/slash": "/.", "/etc": dir + "/etc",
		})
		plant(t, dir+"/home/pub/in", map[string]string{"/up": "../.."})
		c := kind.cache(dir+"/alias", dir+"/home/pub", dir+"/home/pub/in")
		f := fixture{Root: open(t, c, Options{Path: dir + "/home"})}
		for _, name := range []string{"/own/file", "/alias/file"} { // the second share's own path is a link
			if text, err := f.read(name); text != "shared" || err != nil {
				t.Errorf("%s: %s: %q, %v", kind.name, name, text, err)
			}
		}
		if out, err := f.Outside("/own/file"); out || err != nil {
			t.Errorf("%s: Outside of a share that lies in the root = %v, %v", kind.name, out, err)
		}
		_, err := f.read("/inner/up/file")
		wantErr(t, kind.name+": the innermost share is the root", err, fs.ErrNotExist)

		// The whole system and a virtual chroot need no shares and have none.
		for _, o := range []Options{{Path: "/"}, {Path: "//."}, {Path: dir + "/home", Virtual: true}} {
			r := open(t, c, o)
			if _, sharing := r.anchor.view.(*shareView); sharing {
				t.Errorf("%s: the root %+v has shares", kind.name, o)
			}
		}
		// What cannot be a share is none.
		c = kind.cache("", "/", "relative", dir+"/", dir+"/home/../home/pub", dir+"//home/pub", ".", "..")
		f = fixture{Root: open(t, c, Options{Path: dir + "/home"})}
		if _, sharing := f.anchor.view.(*shareView); sharing {
			t.Errorf("%s: shares %q", kind.name, f.anchor.view.(*shareView).shares)
		}
		_, err = f.read("/own/file")
		wantErr(t, kind.name+": without shares", err, fs.ErrNotExist)
	}
}

// FuzzShareMatch checks that a link is let out only if its text names a place in the share, and that
// what comes out of it is that place.
func FuzzShareMatch(f *testing.F) {
	const share = "/var/incoming"
	for _, seed := range []string{
		share, share + "/", "//var//incoming", share + "2", share + "/../etc", "/var/./incoming/a/.", share + "/..a", "var/incoming", "",
		share + "/deep/x/", "/var", "/",
	} {
		f.Add(seed)
	}
	v := newShareView(nil, nil, []string{"/srv", share, share + "/deep"})
	f.Fuzz(func(t *testing.T, text string) {
		got, below, ok := v.match(text)
		clean := path.Clean(text)
		inside := strings.HasPrefix(clean+"/", "/srv/") || strings.HasPrefix(clean+"/", share+"/")
		dots := strings.Contains("/"+text+"/", "/../")
		if want := inside && !dots && text[0] == '/'; ok != want {
			t.Fatalf("match(%q) = %v, want %v", text, ok, want)
		}
		if ok && path.Clean(got+"/"+below) != clean {
			t.Errorf("match(%q) = %q, %q", text, got, below)
		}
		if ok && got == share && strings.HasPrefix(clean+"/", share+"/deep/") {
			t.Errorf("match(%q) = %q, which is not the innermost", text, got)
		}
	})
}

// FuzzFoldDots checks that folding leaves no "..", keeps what the pathname names, and finds those
// that lead back.
func FuzzFoldDots(f *testing.F) {
	for _, seed := range []string{"", "/", "/a/..", "/..", "/a/../..", "/a//./..//b/", "/...", "/a/../../b/..", "a/..", "/b/../a/."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		depth, up := 0, false
		for part := range strings.SplitSeq(text, "/") {
			switch part {
			case "", ".":
			case "..":
				depth--
			default:
				depth++
			}
			up = up || depth < 0
		}
		folded, after, back := foldDots(text)
		if back != up {
			t.Fatalf("foldDots(%q): back = %v, want %v", text, back, up)
		}
		if back && (len(after) >= len(text) || !strings.HasSuffix(text, ".."+after)) {
			t.Errorf("foldDots(%q): after = %q", text, after)
		}
		if !back && path.Clean("/top/"+folded) != path.Clean("/top/"+text) || strings.Contains("/"+folded+"/", "/../") {
			t.Errorf("foldDots(%q) = %q", text, folded)
		}
	})
}
