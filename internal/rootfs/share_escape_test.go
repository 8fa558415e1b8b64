package rootfs

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// prepareWaysOut makes a share full of links that would lead out of it, and a directory whose name
// begins with the share's. It returns pathnames of what lies outside.
func prepareWaysOut(t *testing.T, f fixture) []string {
	t.Helper()
	furnish(t, f)
	up := strings.Repeat("../", 30)
	must(t, os.MkdirAll(f.share+"2/sub", 0o755))
	must(t, os.WriteFile(f.share+"2/secret", []byte("outside"), 0o644))
	plant(t, f.home, map[string]string{
		"/prefix": f.share + "2", "/dots": f.share + "/../outside", "/slashes": strings.ReplaceAll(f.share, "/", "//") + "//..//outside",
		"/within": f.share + "/up/outside", "/via": "in/up/outside", "/viadots": "in/../../outside", "/viaup": "in/../outside",
		"/up": "in/up/up", "/rel": "../share/up/outside", "/relshare": "../share/../outside", "/short": path.Dir(f.share) + "/outside",
		"/above": path.Dir(f.share), "/sibling": f.share + "/..", "/space": f.share + " ", "/dot": f.share + "/./../outside",
		"/magic": "/proc/self/root" + f.share + "/../outside", "/shareup": f.share + "/sub/../../outside",
	})
	plant(t, f.share, map[string]string{
		"/up": "..", "/rel": "../outside", "/abs": f.outside, "/far": up + f.outside[1:], "/sub/rel": "../../outside",
		"/chain": "abs", "/again": f.share + "/abs", "/twin": f.share + "2", "/dots": f.share + "/../outside", "/mixed": "sub/../../outside",
		"/house": "../home/d", "/magic": "/proc/self/root" + f.outside, "/cwd": "/proc/self/cwd", "/root": "/",
	})
	return []string{
		"/prefix", "/dots", "/slashes", "/within", "/via", "/viadots", "/viaup", "/up/outside", "/rel", "/relshare", "/short",
		"/above/outside", "/above/share2", "/sibling/outside", "/sibling/share2", "/space", "/dot", "/magic", "/shareup",
		"/in/../outside", "/in/../../outside", "/in/sub/../../outside", "/in/sub/deep/../../../outside", "/in/" + up + f.outside[1:],
		"/in/../" + f.outside, "/in" + f.outside, "/in/sub/../" + f.outside, "/d/in/../../../outside", "/d/in/../../outside",
		"/in/up/outside", "/in/up/up/outside", "/in/up/../outside", "/in/rel", "/in/abs", "/in/far", "/in/sub/rel", "/d/in/rel",
		"/in/chain", "/in/again", "/in/twin", "/in/dots", "/in/mixed", "/in/house", "/in/magic", "/in/cwd/" + up + f.outside[1:],
		"/in/root/outside", "/in/root" + f.outside, "/in/root/../outside", "/in/up/share2", "/in/../share2", "/in2",
		"/in/sub/../up/../sub/../../outside", "/in/rel/../../outside", "/in/../in/../../outside", "/in/%2e%2e/outside",
	}
}

func TestNothingLeadsOutOfShares(t *testing.T) {
	eachSharing(t, func(t *testing.T, f fixture) {
		ways := prepareWaysOut(t, f)
		before, twin, share := snapshot(t, f.outside), snapshot(t, f.share+"2"), snapshot(t, f.share)
		for _, way := range ways {
			for what, err := range operations(f, way) {
				wantErr(t, what+" at "+way, err, fs.ErrNotExist)
			}
		}
		if after := snapshot(t, f.outside) + snapshot(t, f.share+"2") + snapshot(t, f.share); after != before+twin+share {
			t.Errorf("outside was\n%s\nand is\n%s", before+twin+share, after)
		}
		if text, err := f.read("/in/file"); text != "shared" || err != nil {
			t.Errorf("the file in the share: %q, %v", text, err)
		}
	})
}

// TestSharesAreAWorldOfTheirOwn tries all pathnames of some words in both resolvers: they agree, leave no
// descriptor behind, and whatever they open lies in the root or in the share.
func TestSharesAreAWorldOfTheirOwn(t *testing.T) {
	dir := physicalTemp(t)
	f := fixture{home: dir + "/home", outside: dir + "/outside", share: dir + "/share"}
	for _, name := range []string{f.home + "/d", f.outside + "/sub", f.share + "/sub"} {
		must(t, os.MkdirAll(name, 0o755))
	}
	must(t, os.WriteFile(f.outside+"/sub/file", nil, 0o644))
	prepareWaysOut(t, f)
	allowed := inodes(t, f.home, f.share)
	root, err := unix.Open(f.home, unix.O_PATH|unix.O_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(root)
	views := []view{NewCache(f.share).shared, withoutKernel(f.share).shared}
	descriptors := len(inodes(t, "/proc/self/fd"))
	words := []string{"in", "sub", "up", "root", "again", "outside", "file", ".", ".."}
	modes := []int{unix.O_PATH, unix.O_PATH | unix.O_NOFOLLOW, unix.O_RDONLY | unix.O_DIRECTORY, unix.O_WRONLY | unix.O_NOFOLLOW}
	opened := 0
	var try func(path string, depth int)
	try = func(path string, depth int) {
		for _, mode := range modes {
			var got [2]string
			for i, v := range views {
				got[i] = identify(v.open(root, path, mode, 0))
			}
			if got[0] != got[1] {
				t.Errorf("open(%q, %#x) = %s with openat2 and %s without", path, mode, got[0], got[1])
			}
			if strings.HasPrefix(got[0], "inode") {
				if opened++; !allowed[got[0]] {
					t.Errorf("open(%q, %#x) = %s, which lies outside", path, mode, got[0])
				}
			}
		}
		if depth > 0 {
			for _, word := range words {
				try(path+"/"+word, depth-1)
			}
		}
	}
	for _, word := range words {
		try("/"+word, 3)
	}
	if opened < 1000 {
		t.Errorf("only %d pathnames led anywhere", opened)
	}
	if now := len(inodes(t, "/proc/self/fd")); now != descriptors {
		t.Errorf("%d descriptors were open and %d are", descriptors, now)
	}
}

// inodes are the files of some trees, as identify calls them.
func inodes(t *testing.T, dirs ...string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, dir := range dirs {
		err := fs.WalkDir(os.DirFS(dir), ".", func(name string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			var stat unix.Stat_t
			if err := unix.Lstat(dir+"/"+name, &stat); err != nil && err != unix.ENOENT { // proc shows the walk itself
				return err
			}
			all[fmt.Sprintf("inode %d", stat.Ino)] = true
			return nil
		})
		must(t, err)
	}
	return all
}

// TestRacesWithShares lets links into the share, links out of it and directories change places while
// every method runs through them.
func TestRacesWithShares(t *testing.T) {
	eachSharing(t, func(t *testing.T, f fixture) {
		furnish(t, f)
		twin := f.share + "2"
		for _, name := range []string{twin, twin + "/sub", f.home + "/x", f.share + "/x", f.share + "/x/sub"} {
			must(t, os.Mkdir(name, 0o755))
		}
		must(t, os.WriteFile(twin+"/secret", []byte("outside"), 0o644))
		must(t, os.WriteFile(f.share+"/swapped", []byte("shared"), 0o644))
		plant(t, f.home, map[string]string{"/out": twin, "/into": f.share, "/away": f.share + "/../outside"})
		plant(t, f.share, map[string]string{"/abs": f.outside, "/up": "../outside", "/swappedlink": f.outside + "/secret"})
		before := snapshot(t, f.outside) + snapshot(t, twin)

		s := &swapper{stop: make(chan struct{})}
		s.exchange(t, f.home+"/in", f.home+"/out")
		s.exchange(t, f.home+"/x", f.home+"/into")
		s.exchange(t, f.share+"/x", f.share+"/abs")
		s.exchange(t, f.share+"/swapped", f.share+"/swappedlink")
		for range 10 {
			for _, dir := range []string{"/in", "/out", "/x", "/into/x", "/in/abs", "/in/x/../up", "/in/x/sub/..", "/x/../away", "/into/.."} {
				must(t, os.WriteFile(f.home+"/d/f", []byte("inside"), 0o644))
				for _, path := range []string{dir + "/secret", dir + "/swapped", dir + "/swappedlink"} {
					if text, err := f.read(path); strings.Contains(text, "outside") {
						t.Errorf("%s: the file outside was read (%v)", path, err)
					}
					_ = f.Chmod(path, 0o640)
				}
				operations(f, dir)
				if name, err := f.Enter(dir); err == nil && strings.Contains(name, "..") {
					t.Errorf("Enter(%s) = %q", dir, name)
				}
			}
		}
		close(s.stop)
		s.done.Wait()
		if after := snapshot(t, f.outside) + snapshot(t, twin); after != before {
			t.Errorf("outside was\n%s\nand is\n%s", before, after)
		}
	})
}

// TestRaceWithDotsInShares moves a directory out of the share and back while a link's ".." goes
// through it.
func TestRaceWithDotsInShares(t *testing.T) {
	eachSharing(t, func(t *testing.T, f fixture) {
		furnish(t, f)
		must(t, os.MkdirAll(f.share+"/a/b/c", 0o755))
		must(t, os.MkdirAll(f.outside+"/deep/place/c", 0o755))
		must(t, os.WriteFile(f.outside+"/deep/secret", []byte("outside"), 0o644))
		plant(t, f.share, map[string]string{"/one": "a/b/../secret", "/two": "a/b/c/../../secret", "/three": "/a/b/../../../secret"})
		s := &swapper{stop: make(chan struct{})}
		s.exchange(t, f.share+"/a/b", f.outside+"/deep/place")
		for i := range 400 {
			for _, path := range []string{"/in/one", "/in/two", "/in/three", "/in/a/b/../secret"} {
				if text, _ := f.read(path); text != "" {
					t.Fatalf("%s: read %q after %d rounds", path, text, i)
				}
			}
		}
		close(s.stop)
		s.done.Wait()
	})
}
