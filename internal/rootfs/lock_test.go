package rootfs

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// twice opens one file two times.
func twice(t *testing.T, flags OpenFlag) (a, b *File) {
	t.Helper()
	dir := physicalTemp(t)
	must(t, os.WriteFile(dir+"/f", []byte("x"), 0o644))
	r := open(t, NewCache(), Options{Path: dir})
	a, err := r.OpenFile("/f", flags, 0)
	must(t, err)
	t.Cleanup(func() { _ = a.Close() }) // some tests close it themselves
	b, err = r.OpenFile("/f", flags, 0)
	must(t, err)
	t.Cleanup(func() { _ = b.Close() })
	return a, b
}

func TestLockExcludesOtherOpenFiles(t *testing.T) {
	a, b := twice(t, Read|Write)
	must(t, a.Lock())
	must(t, a.Lock()) // having it already is no reason to wait
	var released atomic.Bool
	got := make(chan error, 1)
	go func() { // ends when it has the lock
		err := b.Lock()
		if !released.Load() {
			err = errors.New("two open files have the lock")
		}
		got <- err
	}()
	if err := blocked(b); err != unix.EAGAIN {
		t.Errorf("another open file asked for the lock: %v, want %v", err, unix.EAGAIN)
	}
	released.Store(true)
	must(t, a.Unlock())
	must(t, <-got)
	if err := blocked(a); err != unix.EAGAIN {
		t.Errorf("the lock did not pass on: %v, want %v", err, unix.EAGAIN)
	}
	must(t, b.Close()) // gives it back
	must(t, a.Lock())
	must(t, a.Unlock())
}

// blocked asks for the lock of Lock without waiting.
func blocked(f *File) error {
	return unix.FcntlFlock(uintptr(f.fd), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK})
}

func TestLockMeetsTheLocksOfProcesses(t *testing.T) {
	a, b := twice(t, Read|Write)
	must(t, a.Lock())
	for _, start := range []int64{0, 1, 1 << 40} { // the whole file, however long it grows
		lock := syscall.Flock_t{Type: syscall.F_WRLCK, Start: start, Len: 1}
		must(t, syscall.FcntlFlock(uintptr(b.fd), syscall.F_GETLK, &lock))
		if lock.Type != syscall.F_WRLCK {
			t.Errorf("byte %d: a process would get its lock", start)
		}
	}
	must(t, a.Unlock())
	lock := syscall.Flock_t{Type: syscall.F_WRLCK}
	must(t, syscall.FcntlFlock(uintptr(b.fd), syscall.F_GETLK, &lock))
	if lock.Type != syscall.F_UNLCK {
		t.Error("after Unlock a process would not get its lock")
	}
}

func TestLockNeedsWriting(t *testing.T) {
	a, _ := twice(t, Read)
	wantErr(t, "Lock", a.Lock(), unix.EBADF)
}

func TestTryOwn(t *testing.T) {
	a, b := twice(t, Read)
	wantOwn(t, "the first", a, true)
	wantOwn(t, "the first again", a, true)
	wantOwn(t, "the second", b, false)
	must(t, a.Close())
	wantOwn(t, "the second, alone", b, true)
	if _, err := a.TryOwn(); err == nil {
		t.Error("a closed file was owned")
	}
}

func TestOwningIsNotLocking(t *testing.T) {
	a, b := twice(t, Read|Write)
	must(t, a.Lock())
	wantOwn(t, "a file that another has locked", b, true)
}

func wantOwn(t *testing.T, what string, f *File, want bool) {
	t.Helper()
	if got, err := f.TryOwn(); got != want || err != nil {
		t.Errorf("%s: TryOwn() = %v, %v; want %v, nil", what, got, err, want)
	}
}
