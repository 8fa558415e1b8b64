package rootfs

import (
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pureftpd/internal/ftp"
)

// wayOut is a link that names a directory outside, or a pathname that does.
type wayOut struct{ link, text, path string }

func waysOut(f fixture) []wayOut {
	up := strings.Repeat("../", 30)
	return []wayOut{
		{path: "/../outside"},
		{path: "/d/../../outside"},
		{path: "/d/e/../../../outside"},
		{path: "/" + up + f.outside[1:]},
		{path: f.outside},
		{link: "/abs", text: f.outside, path: "/abs"},
		{link: "/rel", text: "../outside", path: "/rel"},
		{link: "/d/rel", text: "../../outside", path: "/d/rel"},
		{link: "/far", text: up + f.outside[1:], path: "/far"},
		{link: "/mixed", text: "d/../../outside", path: "/mixed"},
		{link: "/chain", text: "abs", path: "/chain"},
		{link: "/chain2", text: "/d/rel", path: "/chain2"},
		{link: "/above", text: "..", path: "/above/outside"},
		{link: "/magic", text: "/proc/self/root" + f.outside, path: "/magic"},
		{link: "/cwd", text: "/proc/self/cwd", path: "/cwd/" + up + f.outside[1:]},
	}
}

// operations tries every method on a directory and on names in it.
func operations(f fixture, dir string) map[string]error {
	errs := map[string]error{}
	_, errs["read"] = f.read(dir + "/secret")
	errs["write"] = f.write(dir+"/secret", "overwritten")
	errs["create"] = f.write(dir+"/new", "created")
	_, errs["facts"] = f.Facts(dir+"/secret", true)
	_, errs["facts of the link"] = f.Facts(dir+"/secret", false)
	_, errs["facts of the directory"] = f.Facts(dir+"/", true)
	_, errs["readlink"] = f.Readlink(dir + "/secret")
	errs["list"] = f.ReadDir(dir, WithFacts, func([]byte, *ftp.Facts) bool { return true })
	errs["list with a slash"] = f.ReadDir(dir+"/", Names, func([]byte, *ftp.Facts) bool { return true })
	errs["mkdir"] = f.Mkdir(dir+"/made", 0o755)
	errs["rmdir"] = f.Rmdir(dir + "/sub")
	errs["unlink"] = f.Unlink(dir + "/secret")
	errs["rename out"] = f.Rename("/d/f", dir+"/moved")
	errs["rename in"] = f.Rename(dir+"/secret", "/stolen")
	errs["rename new"] = f.RenameNew(dir+"/secret", "/stolen")
	errs["link out"] = f.Link("/d/f", dir+"/linked")
	errs["link in"] = f.Link(dir+"/secret", "/stolen")
	errs["chmod"] = f.Chmod(dir+"/secret", 0o777)
	errs["chmod of the directory"] = f.Chmod(dir, 0o777)
	errs["chtimes"] = f.Chtimes(dir+"/secret", time.Unix(1, 0), time.Unix(1, 0))
	errs["chtimes of the directory"] = f.Chtimes(dir+"/.", time.Unix(1, 0), time.Unix(1, 0))
	_, _, errs["space"] = f.FreeSpace(dir)
	_, errs["enter"] = f.Enter(dir)
	_, errs["real path"] = f.RealPath(dir)
	return errs
}

func TestNothingLeadsOut(t *testing.T) {
	eachJail(t, func(t *testing.T, f fixture) {
		ways := waysOut(f)
		for _, way := range ways {
			if way.link != "" {
				must(t, os.Symlink(way.text, f.home+way.link))
			}
		}
		before := snapshot(t, f.outside)
		for _, way := range ways {
			for what, err := range operations(f, way.path) {
				wantErr(t, what+" at "+way.path, err, fs.ErrNotExist)
			}
		}
		if after := snapshot(t, f.outside); after != before {
			t.Errorf("outside was\n%s\nand is\n%s", before, after)
		}
		if text, err := f.read("/d/f"); text != "inside" || err != nil {
			t.Errorf("the file inside: %q, %v", text, err)
		}
	})
}

// TestDotsEndAtTheRoot: what would lead out names the same inside, as in chroot(2).
func TestDotsEndAtTheRoot(t *testing.T) {
	eachJail(t, func(t *testing.T, f fixture) {
		must(t, os.MkdirAll(f.home+f.outside, 0o755))
		must(t, os.Mkdir(f.home+"/outside", 0o755))
		must(t, os.WriteFile(f.home+f.outside+"/secret", []byte("inside"), 0o644))
		must(t, os.WriteFile(f.home+"/outside/secret", []byte("inside"), 0o644))
		for _, way := range waysOut(f) {
			if strings.Contains(way.text, "/proc/") {
				continue
			}
			if way.link != "" {
				must(t, os.Symlink(way.text, f.home+way.link))
			}
			if text, err := f.read(way.path + "/secret"); text != "inside" || err != nil {
				t.Errorf("%s (%s): %q, %v; want the file inside", way.path, way.text, text, err)
			}
		}
		for link, text := range map[string]string{"/loop": "loop", "/loop2": "/d/../loop2/x", "/root": "/", "/up": "d/.."} {
			must(t, os.Symlink(text, f.home+link))
		}
		_, err := f.Facts("/loop", true)
		wantErr(t, "a link to itself", err, unix.ELOOP)
		_, err = f.Facts("/loop2", true)
		wantErr(t, "a link through itself", err, unix.ELOOP)
		for _, link := range []string{"/root", "/up", "/root/up/root/.."} {
			if got, err := f.Enter(link); got != "/" || err != nil {
				t.Errorf("Enter(%s) = %q, %v; want /", link, got, err)
			}
		}
	})
}

// A swapper exchanges things in the root with things outside as fast as it can.
type swapper struct {
	stop chan struct{}
	done sync.WaitGroup
}

func (s *swapper) exchange(t *testing.T, a, b string) {
	s.done.Go(func() {
		for {
			select {
			case <-s.stop:
				return
			default:
			}
			if err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE); err != nil {
				t.Errorf("exchange %s and %s: %v", a, b, err)
				return
			}
			runtime.Gosched()
		}
	})
}

// TestRaces lets directories and links change places while every method runs through them.
func TestRaces(t *testing.T) {
	eachJail(t, func(t *testing.T, f fixture) {
		for _, name := range []string{"/x", "/x/sub", "/y"} {
			must(t, os.Mkdir(f.home+name, 0o755))
		}
		must(t, os.Symlink(f.outside, f.home+"/abs"))
		must(t, os.Symlink("../../../../../.."+f.outside, f.home+"/rel"))
		must(t, os.WriteFile(f.home+"/file", []byte("inside"), 0o644))
		must(t, os.Symlink(f.outside+"/secret", f.home+"/filelink"))
		before := snapshot(t, f.outside)

		s := &swapper{stop: make(chan struct{})}
		s.exchange(t, f.home+"/x", f.home+"/abs")
		s.exchange(t, f.home+"/y", f.home+"/rel")
		s.exchange(t, f.home+"/file", f.home+"/filelink")
		rounds := 80
		if f.share != "" { // what a link out might explain takes longer; more of it is in TestRacesWithShares
			rounds = 20
		}
		for range rounds {
			for _, dir := range []string{"/x", "/y", "/abs", "/rel", "/d/../x", "/x/../y"} {
				must(t, os.WriteFile(f.home+"/d/f", []byte("inside"), 0o644))
				for _, path := range []string{dir + "/secret", "/file", "/filelink"} {
					if text, err := f.read(path); strings.Contains(text, "outside") {
						t.Errorf("%s: the file outside was read (%v)", path, err)
					}
				}
				operations(f, dir)
				_ = f.write("/file", "inside")
				_ = f.Chmod("/filelink", 0o644)
			}
		}
		close(s.stop)
		s.done.Wait()
		if after := snapshot(t, f.outside); after != before {
			t.Errorf("outside was\n%s\nand is\n%s", before, after)
		}
	})
}

// TestRaceWithDots moves a directory out of the root and back while ".." goes through it.
func TestRaceWithDots(t *testing.T) {
	eachJail(t, func(t *testing.T, f fixture) {
		must(t, os.MkdirAll(f.home+"/a/b/c", 0o755))
		must(t, os.MkdirAll(f.outside+"/deep/place", 0o755))
		must(t, os.WriteFile(f.outside+"/deep/secret", []byte("outside"), 0o644))
		s := &swapper{stop: make(chan struct{})}
		s.exchange(t, f.home+"/a/b", f.outside+"/deep/place")
		for i := range 3000 {
			for _, path := range []string{"/a/b/../secret", "/a/b/c/../../secret", "/a/b/../../../secret"} {
				if text, _ := f.read(path); text != "" {
					t.Fatalf("%s: read %q after %d rounds", path, text, i)
				}
			}
		}
		close(s.stop)
		s.done.Wait()
	})
}

// TestWalkAgreesWithTheKernel compares the two resolvers on pathnames through a tree of links.
func TestWalkAgreesWithTheKernel(t *testing.T) {
	k := kinds[0].cache()
	if !k.Kernel().Openat2 {
		t.Log("this kernel has no openat2: nothing to compare with")
		return
	}
	dir := physicalTemp(t)
	for _, name := range []string{"/a/b/c", "/d"} {
		must(t, os.MkdirAll(dir+name, 0o755))
	}
	must(t, os.WriteFile(dir+"/a/file", nil, 0o644))
	for link, text := range map[string]string{
		"/l": "a/b", "/a/l": "/d", "/a/b/l": "../../../a", "/d/l": "l", "/d/file": "../a/file", "/a/b/x": "none", "/d/x": "/a/l/",
	} {
		must(t, os.Symlink(text, dir+link))
	}
	root, err := unix.Open(dir, unix.O_PATH, 0)
	must(t, err)
	defer unix.Close(root)
	words := []string{"a", "b", "d", "l", "x", "file", ".", "..", ""}
	modes := []int{
		unix.O_PATH, unix.O_PATH | unix.O_NOFOLLOW, unix.O_PATH | unix.O_DIRECTORY, unix.O_RDONLY,
		unix.O_RDONLY | unix.O_DIRECTORY, unix.O_WRONLY | unix.O_NOFOLLOW,
	}
	var try func(path string, depth int)
	try = func(path string, depth int) {
		for _, mode := range modes {
			want := identify(k.inside.open(root, path, mode, 0))
			got := identify(walkView{jail: true}.open(root, path, mode, 0))
			if got != want {
				t.Errorf("open(%q, %#x) = %s, want %s", path, mode, got, want)
			}
		}
		if depth > 0 {
			for _, word := range words {
				try(path+"/"+word, depth-1)
			}
		}
	}
	for _, word := range words[:8] {
		try(word, 3)
	}
}

// identify says which file was opened, and closes it.
func identify(fd int, err error) string {
	if err != nil {
		return err.Error()
	}
	defer unix.Close(fd)
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("inode %d", stat.Ino)
}

func TestWalkIsBounded(t *testing.T) {
	dir := physicalTemp(t)
	deep := dir
	for range 300 {
		deep += "/d"
	}
	must(t, os.MkdirAll(deep, 0o755))
	r := open(t, withoutKernel(), Options{Path: dir})
	_, err := r.Facts(strings.Repeat("/d", 200), true)
	wantErr(t, "200 directories deep", err, nil)
	_, err = r.Facts(strings.Repeat("/d", 300), true)
	wantErr(t, "300 directories deep", err, unix.ENAMETOOLONG)
	for i := range 41 {
		must(t, os.Symlink(fmt.Sprintf("l%d", i+1), fmt.Sprintf("%s/l%d", dir, i)))
	}
	must(t, os.Mkdir(dir+"/l41", 0o755))
	_, err = r.Facts("/l1", true)
	wantErr(t, "40 links", err, nil)
	_, err = r.Facts("/l0", true)
	wantErr(t, "41 links", err, unix.ELOOP)
}
