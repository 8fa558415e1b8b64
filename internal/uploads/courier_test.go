package uploads

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// A post is a folder with pipe, lock and spool, and what couriers reported.
type post struct {
	t     *testing.T
	files Files
	spool string

	mu      sync.Mutex
	reports []string
}

func newPost(t *testing.T) *post {
	dir := t.TempDir()
	return &post{t: t, files: Files{Pipe: dir + "/pipe", Lock: dir + "/lock"}, spool: dir + "/spool/uploads"}
}

// open starts a courier. The test closes it.
func (p *post) open() *Courier {
	p.t.Helper()
	c, err := Open(p.config())
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func (p *post) config() Config {
	return Config{Files: p.files, Spool: p.spool, Report: func(text string) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.reports = append(p.reports, text)
	}}
}

// close ends a courier as a server does.
func (p *post) close(c *Courier) {
	p.t.Helper()
	if err := c.Close(); err != nil {
		p.t.Error(err)
	}
}

// count returns how many reports hold the text.
func (p *post) count(text string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.reports {
		if strings.Contains(r, text) {
			n++
		}
	}
	return n
}

// reported waits for a report, and checks that it comes once.
func (p *post) reported(text string) {
	p.t.Helper()
	p.await("a report of "+text, func() bool { return p.count(text) > 0 })
	if n := p.count(text); n != 1 {
		p.t.Errorf("%d reports of %q: %q", n, text, p.reports)
	}
}

func (p *post) await(what string, so func() bool) {
	p.t.Helper()
	for limit := time.Now().Add(patience); !so(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(limit) {
			p.t.Fatalf("waited in vain for %s; reports %q", what, p.reports)
		}
	}
}

// spooled returns how many events are in the spool.
func (p *post) spooled() int {
	p.t.Helper()
	s, err := openSpool(p.spool, os.Geteuid())
	if err != nil {
		p.t.Fatal(err)
	}
	n, err := s.count()
	if err := errors.Join(err, s.close()); err != nil {
		p.t.Fatal(err)
	}
	return n
}

// A listener is a reader of the pipe.
type listener struct {
	post *post
	file *os.File
}

func (p *post) listen() *listener {
	p.t.Helper()
	f, err := p.files.OpenReader(os.Geteuid())
	if err != nil {
		p.t.Fatal(err)
	}
	l := &listener{p, f}
	p.t.Cleanup(func() { f.Close() })
	return l
}

// ReadByte makes it a source of a Reader.
func (l *listener) ReadByte() (byte, error) {
	if err := l.file.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	var b [1]byte
	_, err := l.file.Read(b[:])
	return b[0], err
}

// hears reads events and compares their paths with the numbers from first on.
func (l *listener) hears(first, n int) {
	l.post.t.Helper()
	r := NewReader(l)
	for i := first; i < first+n; i++ {
		if e, err := r.Next(); e != (Event{"ann", fmt.Sprint("/", i)}) || err != nil {
			l.post.t.Fatalf("event %d is %q, %v; reports %q", i, e, err, l.post.reports)
		}
	}
}

func (l *listener) close() {
	l.post.t.Helper()
	if err := l.file.Close(); err != nil {
		l.post.t.Error(err)
	}
}

func announce(c *Courier, first, n int) {
	for i := first; i < first+n; i++ {
		c.Announce("ann", fmt.Sprint("/", i))
	}
}

func TestReaderIsThere(t *testing.T) {
	p := newPost(t)
	c := p.open()
	l := p.listen()
	announce(c, 0, 3000)
	l.hears(0, 3000)
	p.close(c)
	if p.spooled() > 0 || len(p.reports) > 0 {
		t.Errorf("%d events in the spool, reports %q", p.spooled(), p.reports)
	}
}

// TestReaderComesLate has events in the pipe's place, in memory and in the spool before anybody reads.
func TestReaderComesLate(t *testing.T) {
	p := newPost(t)
	c := p.open()
	announce(c, 0, 5)
	p.reported("nobody reads the pipe; 5 uploads wait for pure-uploadscript (" + p.files.Pipe + ")")
	p.await("the spool", func() bool { return p.spooled() == 5 })
	announce(c, 5, 2000) // more than may stay in memory
	l := p.listen()
	announce(c, 2005, 100)
	l.hears(0, 2105)
	p.reported("all uploads that waited are announced")
	p.close(c)
	if n := p.spooled(); n > 0 || c.Lost() > 0 {
		t.Errorf("%d events stay in the spool, %d are lost", n, c.Lost())
	}
}

// TestReaderStalls fills the pipe, the memory and then the spool.
func TestReaderStalls(t *testing.T) {
	p := newPost(t)
	c := p.open()
	l := p.listen()
	const n = 20000
	for i := 0; i < n; i += 100 {
		begun := time.Now()
		announce(c, i, 100)
		if took := time.Since(begun); took > patience/4 {
			t.Errorf("announcing 100 uploads took %v", took)
		}
		p.await("room in memory", func() bool { return c.inMemory() < memoryMark })
	}
	p.reported("the reader does not keep up")
	if p.spooled() == 0 {
		t.Error("nothing is in the spool")
	}
	l.hears(0, n)
	p.reported("all uploads that waited are announced")
	p.close(c)
}

// TestReaderDies leaves records in the pipe that nobody has read. They come again, in their place.
func TestReaderDies(t *testing.T) {
	p := newPost(t)
	c := p.open()
	l := p.listen()
	announce(c, 0, 10)
	l.hears(0, 3)
	l.close()
	p.await("the spool", func() bool { return p.spooled() == 7 })
	announce(c, 10, 5)
	p.reported("nobody reads the pipe")
	l = p.listen()
	l.hears(3, 12)
	p.close(c)
}

// TestReaderDiesWithFullPipe has the longest queue: pipe, spool and memory.
func TestReaderDiesWithFullPipe(t *testing.T) {
	p := newPost(t)
	c := p.open()
	l := p.listen()
	announce(c, 0, 7000)
	p.await("the spool", func() bool { return c.inMemory() < memoryMark && p.spooled() > 0 })
	l.hears(0, 1)
	if _, err := l.ReadByte(); err != nil { // and half of the next record, which goes with the reader
		t.Fatal(err)
	}
	l.close()
	announce(c, 7000, 10)
	l = p.listen()
	l.hears(2, 7008)
	p.close(c)
}

// TestNextServer finds what the last one could not tell, and tells it first.
func TestNextServer(t *testing.T) {
	p := newPost(t)
	c := p.open()
	announce(c, 0, 3)
	p.close(c)
	p.reported("nobody reads the pipe; 3 uploads wait")
	c = p.open()
	announce(c, 3, 4)
	p.close(c)
	c = p.open()
	announce(c, 7, 1)
	l := p.listen()
	l.hears(0, 8)
	p.close(c)
}

// TestCloseTakesBack ends a server whose reader has died a moment before.
func TestCloseTakesBack(t *testing.T) {
	p := newPost(t)
	c := p.open()
	l := p.listen()
	announce(c, 0, 4)
	p.await("the pipe", func() bool { return c.inMemory() == 0 })
	l.hears(0, 1)
	l.close()
	p.close(c)
	c = p.open()
	p.listen().hears(1, 3)
	p.close(c)
}

// TestManyCouriers share one pipe, as the processes of inetd do, and each keeps its order.
func TestManyCouriers(t *testing.T) {
	p := newPost(t)
	l := p.listenSoon()
	const couriers, each = 8, 500
	var running sync.WaitGroup
	for n := range couriers {
		running.Go(func() {
			c := p.open()
			for i := range each {
				c.Announce(fmt.Sprint("user", n), fmt.Sprint("/", i))
			}
			p.close(c)
		})
	}
	next := make(map[string]int)
	hear := func(n int) {
		for range n {
			e, err := NewReader(l).Next()
			if want := fmt.Sprint("/", next[e.Login]); err != nil || e.Path != want {
				t.Fatalf("%q, %v; want %s", e, err, want)
			}
			next[e.Login]++
		}
	}
	hear(couriers * each / 2)
	running.Wait() // what they could not tell is in the spool
	c := p.open()
	hear(couriers * each / 2)
	p.close(c)
}

// listenSoon listens on a pipe that no server has made yet.
func (p *post) listenSoon() *listener {
	p.t.Helper()
	if err := p.files.Prepare(os.Geteuid()); err != nil {
		p.t.Fatal(err)
	}
	return p.listen()
}

// TestLockIsHeld by another process, as an original server does that waits for a reader.
func TestLockIsHeld(t *testing.T) {
	p := newPost(t)
	c := p.open()
	l := p.listen()
	release := holdLock(t, p.files.Lock)
	announce(c, 0, 3)
	p.reported("another process holds the lock")
	release()
	l.hears(0, 3)
	p.close(c)
}

func TestTidiedAway(t *testing.T) {
	p := newPost(t)
	c := p.open()
	if err := os.Remove(p.files.Pipe); err != nil {
		t.Fatal(err)
	}
	announce(c, 0, 2)
	p.await("the pipe", func() bool { _, err := os.Lstat(p.files.Pipe); return err == nil })
	p.listen().hears(0, 2)
	p.close(c)
}

func TestNotAnnounced(t *testing.T) {
	p := newPost(t)
	c := p.open()
	l := p.listen()
	c.Announce("ann", "/x\x02root\x01/etc/passwd")
	announce(c, 0, 1)
	l.hears(0, 1)
	p.reported("is not announced: a control character")
	p.close(c)
}

// TestLongRecords are longer than what a pipe takes as a whole.
func TestLongRecords(t *testing.T) {
	p := newPost(t)
	c := p.open()
	l := p.listen()
	long := strings.Repeat("x", MaxPath)
	for range 40 {
		c.Announce("ann", long)
	}
	time.Sleep(10 * time.Millisecond) // the pipe is full with the half of one
	r := NewReader(l)
	for i := range 40 {
		if e, err := r.Next(); e != (Event{"ann", long}) || err != nil {
			t.Fatalf("event %d: %.20q, %v", i, e, err)
		}
	}
	p.close(c)
}

// TestSpoolFails leaves as many events as memory holds, and says that the others are lost.
func TestSpoolFails(t *testing.T) {
	p := newPost(t)
	c, err := newCourier(p.config())
	if err != nil {
		t.Fatal(err)
	}
	c.spool.size = frontRoom + 10
	go c.run()
	announce(c, 0, 1)
	p.await("the spool", func() bool { return p.spooled() == 1 })
	announce(c, 1, memoryLimit+5)
	if n := c.Lost(); n != 5 {
		t.Errorf("%d are lost; want 5", n)
	}
	p.reported("the spool is full")
	l := p.listen()
	l.hears(0, memoryLimit+1)
	p.close(c)
	p.await("the report", func() bool { return p.count("found no room to wait and are not announced") > 0 })
}

func TestPrepareRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(f Files) error
		want  string
	}{
		"pipe is a link": {func(f Files) error {
			return errors.Join(os.Remove(f.Pipe), syscall.Mkfifo(f.Pipe+"2", 0o600), os.Symlink(f.Pipe+"2", f.Pipe))
		}, "is not a named pipe"},
		"pipe is a file":   {func(f Files) error { return errors.Join(os.Remove(f.Pipe), os.WriteFile(f.Pipe, nil, 0o600)) }, "is not a named pipe"},
		"pipe is open":     {func(f Files) error { return os.Chmod(f.Pipe, 0o620) }, "has mode 0620, not 0600"},
		"lock is a link":   {func(f Files) error { return errors.Join(os.Rename(f.Lock, f.Lock+"2"), os.Symlink(f.Lock+"2", f.Lock)) }, "is a symbolic link"},
		"lock is a pipe":   {func(f Files) error { return errors.Join(os.Remove(f.Lock), syscall.Mkfifo(f.Lock, 0o600)) }, "is not a regular file"},
		"lock is open":     {func(f Files) error { return os.Chmod(f.Lock, 0o644) }, "has mode 0644, not 0600"},
		"folder is no one": {func(f Files) error { return os.RemoveAll(filepath.Dir(f.Lock)) }, "no such file"},
	} {
		p := newPost(t)
		if err := errors.Join(p.files.Prepare(os.Geteuid()), test.spoil(p.files)); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(Config{Files: p.files, Spool: p.spool}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: Open = %v; want %q in it", name, err, test.want)
		}
	}
	p := newPost(t)
	if err := p.files.Prepare(os.Geteuid() + 1); err == nil || !strings.Contains(err.Error(), "does not belong to user") {
		t.Errorf("somebody else's pipe: %v", err)
	}
}

func TestModesWhateverTheUmask(t *testing.T) {
	for _, mask := range []int{0, 0o777} {
		before := syscall.Umask(mask)
		p := newPost(t)
		syscall.Umask(before)
		if err := os.Chmod(filepath.Dir(p.files.Pipe), 0o700); err != nil {
			t.Fatal(err)
		}
		syscall.Umask(mask)
		err := p.files.Prepare(os.Geteuid())
		syscall.Umask(before)
		if err != nil {
			t.Errorf("umask %04o: %v", mask, err)
		}
	}
}

func TestSpoolIsDamaged(t *testing.T) {
	p := newPost(t)
	c := p.open()
	announce(c, 0, 3)
	p.close(c)
	f, err := os.OpenFile(p.spool, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte("scribble scribble"), 0)
	info, failed := f.Stat()
	err = errors.Join(err, failed)
	if err == nil {
		_, err = f.WriteAt([]byte("\x02ann\x01/torn"), info.Size())
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	c = p.open()
	l := p.listen()
	l.hears(0, 3)
	p.await("an empty spool", func() bool { return p.spooled() == 0 })
	announce(c, 3, 1)
	l.hears(3, 1)
	p.close(c)
}

// TestCompact fills the spool up to its bound while a part of it has been told.
func TestCompact(t *testing.T) {
	p := newPost(t)
	s, err := openSpool(p.spool, os.Geteuid())
	if err != nil {
		t.Fatal(err)
	}
	s.size = frontRoom + 1000
	var all, got []string
	add := func(i int) error {
		record := fmt.Sprintf("\x02ann\x01/%08d\x00", i)
		if err := s.add([]byte(record)); err != nil {
			return err
		}
		all = append(all, record)
		return nil
	}
	i := 0
	for ; ; i++ {
		if err := add(i); errors.Is(err, errSpoolFull) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	enough := errors.New("enough")
	drain := func(n int) {
		_, err := s.drain(func(record []byte) error {
			if n == 0 {
				return enough
			}
			n--
			got = append(got, string(record))
			return nil
		})
		if err != nil && !errors.Is(err, enough) {
			t.Fatal(err)
		}
	}
	drain(len(all) / 4)
	if err := add(i); !errors.Is(err, errSpoolFull) {
		t.Errorf("add with three quarters waiting = %v", err) // moving them would not be safe
	}
	drain(len(all) / 2)
	for range 20 {
		if err := add(i); err != nil {
			t.Fatal(err)
		}
		i++
	}
	drain(len(all))
	if !slices.Equal(got, all) {
		t.Errorf("told %q; want %q", got, all)
	}
	if info, err := s.file.Stat(); err != nil || info.Size() != 0 {
		t.Errorf("the empty spool has %d bytes, %v", info.Size(), err)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}
