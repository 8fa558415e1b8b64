package rootfs

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pureftpd/internal/ftp"
)

func TestFacts(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		must(t, os.Symlink("d/f", f.home+"/link"))
		must(t, os.Chmod(f.home+"/d/f", 0o640))
		must(t, os.Chtimes(f.home+"/d/f", time.Time{}, time.Unix(1e9, 0)))
		facts, err := f.Facts("/link", true)
		if err != nil || !facts.IsRegular() || facts.Mode&0o7777 != 0o640 || facts.Size != 6 || facts.ModTime != 1e9 ||
			facts.Nlink != 1 || int(facts.UID) != os.Getuid() || facts.Ino == 0 {
			t.Errorf("Facts(/link, follow) = %+v, %v", facts, err)
		}
		if facts, err = f.Facts("/link", false); err != nil || !facts.IsSymlink() || facts.Size != 3 {
			t.Errorf("Facts(/link) = %+v, %v", facts, err)
		}
		for _, path := range []string{"/", "//", "/.", "/..", "/../..", "/d/e", "/d/e/"} {
			if facts, err := f.Facts(path, false); err != nil || !facts.IsDir() {
				t.Errorf("Facts(%q) = %+v, %v; want a directory", path, facts, err)
			}
		}
		for path, want := range map[string]error{
			"": fs.ErrNotExist, "/x": fs.ErrNotExist, "/d/f/x": unix.ENOTDIR, "/d/f/": unix.ENOTDIR, "/a\x00": unix.EINVAL,
			"/" + strings.Repeat("n", 256):   unix.ENAMETOOLONG,
			strings.Repeat("/d/../d/.", 500): unix.ENAMETOOLONG,
		} {
			_, err := f.Facts(path, true)
			wantErr(t, fmt.Sprintf("Facts(%.20q)", path), err, want, map[bool]error{true: unix.EPERM, false: want}[f.virtual])
		}
		long := "/" + strings.Repeat("./", 500) + "d/f"
		if _, err := f.Facts(long, true); err != nil {
			t.Errorf("Facts of a pathname of %d bytes: %v", len(long), err)
		}
	})
}

func TestReadlink(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		must(t, os.Symlink("/no/such", f.home+"/link"))
		if got, err := f.Readlink("/link"); got != "/no/such" || err != nil {
			t.Errorf("Readlink = %q, %v", got, err)
		}
		_, err := f.Readlink("/d")
		wantErr(t, "Readlink of a directory", err, unix.EINVAL)
	})
}

func TestOpenFile(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		must(t, os.Symlink("f", f.home+"/d/link"))
		must(t, os.Symlink("new", f.home+"/d/dangling"))
		mkfifo(t, f.home+"/fifo")
		for _, test := range []struct {
			path  string
			flags OpenFlag
			want  error
		}{
			{"/d/f", Read, nil},
			{"/d/link", Read, nil},
			{"/d/link", Write, unix.ELOOP},
			{"/d/link", Write | Create, unix.ELOOP},
			{"/d/dangling", Write | Create, unix.ELOOP},
			{"/d/dangling", Write | Create | Exclusive, fs.ErrExist},
			{"/d/f", Write | Create | Exclusive, fs.ErrExist},
			{"/d/none", Read, fs.ErrNotExist},
			{"/d/none", Write, fs.ErrNotExist},
			{"/d", Read, ErrNotRegular},
			{"/", Read, ErrNotRegular},
			{"/d", Write, unix.EISDIR},
			{"/d/", Write | Create, unix.EISDIR},
			{"/d/..", Write | Create, unix.EISDIR},
			{"/fifo", Read, ErrNotRegular},
			{"/fifo", Write, ErrNotRegular},
			{"/fifo", Read | Write, ErrNotRegular},
			{"/d/f/", Read, unix.ENOTDIR},
			{"/d/f", 0, fs.ErrInvalid},
			{"/d/f", Read | Create, fs.ErrInvalid},
			{"/d/f", Write | Exclusive, fs.ErrInvalid},
		} {
			file, err := f.OpenFile(test.path, test.flags, 0o600)
			want := []error{test.want}
			if f.virtual && strings.HasSuffix(test.path, "/..") {
				want[0] = unix.EPERM
			}
			wantErr(t, fmt.Sprintf("OpenFile(%s, %b)", test.path, test.flags), err, want...)
			if err == nil {
				must(t, file.Close())
			}
		}
		if _, err := os.Lstat(f.home + "/d/new"); err == nil {
			t.Error("a dangling link was followed for writing")
		}
	})
}

func TestFile(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		file, err := f.OpenFile("/new", Read|Write|Create|Exclusive, 0o600)
		must(t, err)
		defer file.Close()
		if file.Fd() < 0 || file.Initial().Size != 0 || file.Initial().Mode != ftp.ModeRegular|0o600 {
			t.Errorf("a new file: descriptor %d, facts %+v", file.Fd(), file.Initial())
		}
		n, err := io.WriteString(file, "0123456789")
		if n != 10 || err != nil {
			t.Errorf("Write = %d, %v", n, err)
		}
		n, err = file.WriteAt([]byte("ab"), 4)
		if n != 2 || err != nil {
			t.Errorf("WriteAt = %d, %v", n, err)
		}
		must(t, file.Truncate(8))
		must(t, file.Sync())
		must(t, file.Chmod(0o640))
		must(t, file.Chtimes(time.Time{}, time.Unix(1234567, 0)))
		facts, err := file.Facts()
		if err != nil || facts.Size != 8 || facts.Mode&0o7777 != 0o640 || facts.ModTime != 1234567 {
			t.Errorf("Facts = %+v, %v", facts, err)
		}
		if at, err := file.Seek(2, io.SeekStart); at != 2 || err != nil {
			t.Errorf("Seek = %d, %v", at, err)
		}
		if text, err := io.ReadAll(file); string(text) != "23ab67" || err != nil {
			t.Errorf("read %q, %v; want 23ab67", text, err)
		}
		buf := make([]byte, 5)
		if n, err := file.ReadAt(buf, 5); string(buf[:n]) != "b67" || err != io.EOF {
			t.Errorf("ReadAt = %q, %v; want b67, EOF", buf[:n], err)
		}
		must(t, file.Close())
		_, err = file.Write([]byte("x"))
		wantErr(t, "Write after Close", err, unix.EBADF)
	})
}

func TestReadDir(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		must(t, os.Symlink("/nowhere", f.home+"/link"))
		var names []string
		err := f.ReadDir("/", WithFacts, func(name []byte, facts *ftp.Facts) bool {
			names = append(names, string(name))
			var stat unix.Stat_t
			path := f.home + "/" + string(name)
			if string(name) == ".." {
				path = f.home
			}
			must(t, unix.Lstat(path, &stat))
			var want ftp.Facts
			fill(&want, &stat)
			if *facts != want {
				t.Errorf("%s: facts %+v, want %+v", name, *facts, want)
			}
			return true
		})
		slices.Sort(names)
		if want := []string{".", "..", "d", "link"}; !slices.Equal(names, want) || err != nil {
			t.Errorf("ReadDir = %q, %v; want %q", names, err, want)
		}
		root, err := f.Facts("/", true)
		must(t, err)
		err = f.ReadDir("/d", WithFacts, func(name []byte, facts *ftp.Facts) bool {
			if string(name) == ".." && *facts != root {
				t.Errorf("the facts of /d/.. are %+v, want those of the root", *facts)
			}
			return true
		})
		must(t, err)
		calls := 0
		must(t, f.ReadDir("/", Names, func(_ []byte, facts *ftp.Facts) bool {
			calls++
			return facts != nil
		}))
		if calls != 1 {
			t.Errorf("%d calls, want one: the first returned false", calls)
		}
		wantErr(t, "ReadDir of a file", f.ReadDir("/d/f", Names, nil), unix.ENOTDIR)
		wantErr(t, "ReadDir of nothing", f.ReadDir("/x", Names, nil), fs.ErrNotExist)
	})
}

func TestReadDirOfManyBatches(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		want := map[string]bool{".": true, "..": true, "e": true, "f": true}
		for i := range 1500 {
			name := fmt.Sprintf("%d-%s", i, strings.Repeat("n", i%200))
			want[name] = true
			must(t, os.WriteFile(f.home+"/d/"+name, nil, 0o600))
		}
		for _, w := range []Want{Names, WithFacts} {
			seen := map[string]bool{}
			must(t, f.ReadDir("/d", w, func(name []byte, _ *ftp.Facts) bool {
				if seen[string(name)] || !want[string(name)] {
					t.Errorf("name %q is wrong or comes twice", name)
				}
				seen[string(name)] = true
				return true
			}))
			if len(seen) != len(want) {
				t.Errorf("%d names, want %d", len(seen), len(want))
			}
		}
		// Inside the callback the root may be used, also for another listing.
		must(t, f.ReadDir("/", Names, func(name []byte, _ *ftp.Facts) bool {
			_, err := f.names("/" + string(name))
			wantErr(t, "a listing within a listing", err, nil, unix.EPERM)
			return true
		}))
	})
}

func TestChanges(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		must(t, os.Symlink("d", f.home+"/link"))
		for _, test := range []struct {
			what string
			err  error
			want error
		}{
			{"Mkdir", f.Mkdir("/m", 0o750), nil},
			{"Mkdir with a slash", f.Mkdir("/m/n//", 0o755), nil},
			{"Mkdir again", f.Mkdir("/m", 0o750), fs.ErrExist},
			{"Mkdir of a link", f.Mkdir("/link/", 0o750), fs.ErrExist},
			{"Mkdir through a link", f.Mkdir("/link/x", 0o750), nil},
			{"Mkdir /", f.Mkdir("/", 0o755), fs.ErrExist},
			{"Mkdir .", f.Mkdir("/m/.", 0o755), fs.ErrExist},
			{"Mkdir ..", f.Mkdir("/..", 0o755), fs.ErrExist},
			{"Mkdir in nothing", f.Mkdir("/x/y", 0o755), fs.ErrNotExist},
			{"Rmdir of a full directory", f.Rmdir("/m"), unix.ENOTEMPTY},
			{"Rmdir", f.Rmdir("/m/n/"), nil},
			{"Rmdir of a file", f.Rmdir("/d/f"), unix.ENOTDIR},
			{"Rmdir of a link", f.Rmdir("/link/"), unix.ENOTDIR},
			{"Rmdir /", f.Rmdir("//"), unix.EBUSY},
			{"Rmdir ..", f.Rmdir("/m/.."), unix.EBUSY},
			{"Unlink of a directory", f.Unlink("/m"), unix.EISDIR},
			{"Unlink with a slash", f.Unlink("/d/f/"), unix.ENOTDIR},
			{"Unlink /", f.Unlink("/"), unix.EISDIR},
			{"Unlink of a link", f.Unlink("/link"), nil},
			{"Link", f.Link("/d/f", "/f2"), nil},
			{"Link over a file", f.Link("/d/f", "/f2"), fs.ErrExist},
			{"Link of a directory", f.Link("/d/..", "/x"), unix.EPERM},
			{"Rename", f.Rename("/f2", "/m/f3"), nil},
			{"Rename over a file", f.Rename("/m/f3", "/d/f"), nil}, // two names of one file: both stay
			{"Rename of a file with a slash", f.Rename("/m/f3/", "/x"), unix.ENOTDIR},
			{"Rename of a directory", f.Rename("/d/e/", "/m/e/"), nil},
			{"Rename over a directory", f.Rename("/d/f", "/m"), unix.EISDIR},
			{"Rename into itself", f.Rename("/m", "/m/e/m"), unix.EINVAL},
			{"Rename of the root", f.Rename("/", "/x"), unix.EBUSY},
			{"Rename to ..", f.Rename("/m", "/d/.."), unix.EBUSY},
			{"RenameNew", f.RenameNew("/d/f", "/m/f3"), fs.ErrExist},
			{"RenameNew to a new name", f.RenameNew("/d/f", "/f4"), nil},
			{"Unlink", f.Unlink("/f4"), nil},
			{"Unlink again", f.Unlink("/f4"), fs.ErrNotExist},
		} {
			wantErr(t, test.what, test.err, test.want)
		}
		if info, err := os.Stat(f.home + "/d/x"); err != nil || !info.IsDir() {
			t.Errorf("the directory made through a link: %v", err)
		}
	})
}

func TestAttributes(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		must(t, os.Symlink("/d/f", f.home+"/abs"))
		must(t, os.Symlink("d/f", f.home+"/rel"))
		link := "/rel"
		if !f.virtual {
			link = "/abs"
		}
		must(t, f.Chmod("/d/f", 0))
		must(t, f.Chmod(link, 0o4711)) // through a link, of a file that nobody may read
		must(t, f.Chmod("/d/e", 0o1777))
		must(t, f.Chtimes(link, time.Unix(5, 6), time.Unix(7, 8)))
		must(t, f.Chtimes(link, time.Time{}, time.Unix(-9, 0)))
		var stat unix.Stat_t
		must(t, unix.Stat(f.home+"/d/f", &stat))
		if stat.Mode&0o7777 != 0o4711 || stat.Atim != (unix.Timespec{Sec: 5, Nsec: 6}) || stat.Mtim.Sec != -9 {
			t.Errorf("mode %o, times %v %v; want 4711, 5.000000006, -9", stat.Mode, stat.Atim, stat.Mtim)
		}
		wantErr(t, "Chmod of nothing", f.Chmod("/x", 0o644), fs.ErrNotExist)
		wantErr(t, "Chtimes of nothing", f.Chtimes("/x", time.Time{}, time.Now()), fs.ErrNotExist)
		file, err := f.OpenFile("/d/g", Write|Create, 0o200)
		must(t, err)
		must(t, file.Chtimes(time.Unix(1, 0), time.Unix(2, 0)))
		must(t, file.Close())
	})
}

func TestFreeSpace(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		avail, total, err := f.FreeSpace("/d")
		if total == 0 || avail > total || err != nil {
			t.Errorf("FreeSpace = %d, %d, %v", avail, total, err)
		}
	})
}

func TestEnter(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		must(t, os.Symlink("d/e", f.home+"/link"))
		physical := map[bool]string{false: "/d/e", true: "/link"}[f.virtual]
		for path, want := range map[string]string{
			"/": "/", "/..": "/", "/d": "/d", "/d/": "/d", "/d//e/.": "/d/e", "/link": physical, "/link/": physical,
			"/../d": "/d",
		} {
			if got, err := f.Enter(path); got != want || err != nil {
				t.Errorf("Enter(%q) = %q, %v; want %q", path, got, err, want)
			}
		}
		for path, want := range map[string]error{"/d/f": unix.ENOTDIR, "/x": fs.ErrNotExist} {
			_, err := f.Enter(path)
			wantErr(t, "Enter("+path+")", err, want)
		}
		if got, err := f.RealPath("/link"); got != f.home+"/d/e" || err != nil {
			t.Errorf("RealPath = %q, %v; want %q", got, err, f.home+"/d/e")
		}
		if got, err := f.RealPath("/d/f"); got != f.home+"/d/f" || err != nil {
			t.Errorf("RealPath = %q, %v; want %q", got, err, f.home+"/d/f")
		}
	})
}

func TestEnterAfterTheRootMoved(t *testing.T) {
	eachJail(t, func(t *testing.T, f fixture) {
		must(t, os.Rename(f.home, f.home+"2"))
		must(t, os.Mkdir(f.home+"2/d (deleted)", 0o755))
		for _, path := range []string{"/d/e", "/d (deleted)"} {
			if got, err := f.Enter(path); got != path || err != nil {
				t.Errorf("Enter(%q) = %q, %v", path, got, err)
			}
		}
	})
}

// The allocations counted are one File, and for what builds pathnames those of the pathname.
func TestAllocations(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		if strings.HasSuffix(t.Name(), "walk") {
			return // the walk is for old systems and need not be cheap
		}
		for _, test := range []struct {
			name string
			want float64
			run  func()
		}{
			{"Facts", 0, func() { _, _ = f.Facts("/d/f", true) }},
			{"OpenFile", 1, func() { file, _ := f.OpenFile("/d/f", Read, 0); _ = file.Close() }},
			{"ReadDir", 1, func() { _ = f.ReadDir("/d", WithFacts, func([]byte, *ftp.Facts) bool { return true }) }},
		} {
			if got := testing.AllocsPerRun(100, test.run); got > test.want {
				t.Errorf("%s makes %v allocations, want %v", test.name, got, test.want)
			}
		}
	})
}
