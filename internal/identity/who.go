package identity

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Who is a user as the file system knows one. It is not changed while an As that was given it runs.
type Who struct {
	UID    uint32
	GID    uint32
	Groups []uint32 // supplementary groups; GID need not be among them
}

// resting is the identity of every thread outside of a bracket, nil until Drop. It mirrors what the
// kernel keeps for the process, which is why it is the process's too; it is written once.
var resting atomic.Pointer[rest]

// A rest is the identity a thread returns to. Its supplementary groups are none.
type rest struct{ uid, gid uint32 }

// Active reports whether As changes identities: whether Drop has succeeded in this process.
func Active() bool { return resting.Load() != nil }

// As runs fn in the name of who: the calling thread's fsuid, fsgid and supplementary groups are
// theirs until fn returns or panics. fn must make its system calls on its own goroutine. UID 0 also
// brings the permitted capabilities that concern files into force, as the kernel does for root. A
// nil who is nobody, the identity at rest.
//
// The kernel does not say when it refuses an id, as it does one that its user namespace does not
// map. As learns of it on the way back: fn has then acted as nobody, and As returns an error
// whatever fn returned.
//
// As does not nest in itself: doing so panics, after the thread is back at rest.
func As(who *Who, fn func() error) (err error) {
	r := resting.Load()
	if r == nil || who == nil {
		return fn()
	}
	if who.UID == query || who.GID == query {
		return fmt.Errorf("act as uid %d, gid %d: %w", who.UID, who.GID, errRefused)
	}
	runtime.LockOSThread()
	defer r.leave(who, &err)
	if err := r.take(who); err != nil {
		return err
	}
	return fn()
}

// Owner is the uid that files made in the name of who belong to: the process's own where As changes nothing.
func Owner(who *Who) uint32 {
	r := resting.Load()
	switch {
	case r == nil:
		return uint32(unix.Geteuid())
	case who == nil:
		return r.uid
	}
	return who.UID
}

var (
	errNested  = errors.New("identity: As within As")
	errRefused = errors.New("the kernel does not take the identity")
)

// take makes the thread who's. The uid comes last: until it is taken the thread is nobody with a
// user's groups.
func (r *rest) take(who *Who) error {
	if who.needsGroups() {
		if err := setGroups(who.Groups); err != nil {
			return fmt.Errorf("act as uid %d: setgroups: %w", who.UID, err)
		}
	}
	setFSGID(who.GID)
	if before := setFSUID(who.UID); before != r.uid {
		setFSUID(r.uid)
		panic(errNested)
	}
	return nil
}

// leave brings the thread back to rest, uid first, and unlocks it. That the uid is given back is
// read from the kernel. A system call costs more than everything else here, so the other answers
// are had for nothing: each id set on the way back returns the one that fn had, and the next
// bracket on the thread sets its fsgid in any case.
func (r *rest) leave(who *Who, err *error) {
	uid, gid := setFSUID(r.uid), setFSGID(r.gid)
	if who.needsGroups() && setGroups(nil) != nil || setFSUID(query) != r.uid {
		r.insist()
	}
	runtime.UnlockOSThread()
	if (uid != who.UID || gid != who.GID) && *err == nil {
		*err = fmt.Errorf("act as uid %d, gid %d: %w", who.UID, who.GID, errRefused)
	}
}

// insist goes on where leave failed. The kernel needs a little memory to change an identity and may
// have had none: it is asked again for a while. If it goes on refusing, insist panics and the
// thread stays locked, so that no other goroutine ever runs on it; the goroutine's end is the
// thread's. Ending the session is the price, ending the server is not.
func (r *rest) insist() {
	for range 20 {
		time.Sleep(5 * time.Millisecond)
		setFSUID(r.uid)
		setFSGID(r.gid)
		if setGroups(nil) == nil && setFSUID(query) == r.uid && setFSGID(query) == r.gid {
			return
		}
	}
	panic("identity: the thread cannot give up its user's identity")
}

// needsGroups reports whether the thread's list of groups has to change: the fsgid alone serves a
// user whose only group is the primary one, and two system calls are saved.
func (w *Who) needsGroups() bool {
	return len(w.Groups) > 1 || len(w.Groups) == 1 && w.Groups[0] != w.GID
}

// query is no id: setfsuid and setfsgid change nothing then and return the present one.
const query = ^uint32(0)

// The raw calls below concern the calling thread only. They neither block nor let the scheduler in.

func setFSUID(uid uint32) (before uint32) {
	r, _ := unix.RawSyscallNoError(unix.SYS_SETFSUID, uintptr(uid), 0, 0)
	return uint32(r)
}

func setFSGID(gid uint32) (before uint32) {
	r, _ := unix.RawSyscallNoError(unix.SYS_SETFSGID, uintptr(gid), 0, 0)
	return uint32(r)
}

func setGroups(groups []uint32) error {
	_, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(groups)),
		uintptr(unsafe.Pointer(unsafe.SliceData(groups))), 0)
	if errno != 0 {
		return errno
	}
	return nil
}
