//go:build privileged

package identity

import (
	"errors"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// threads starts n threads that exist until the test ends, before and during a Drop.
func threads(t *testing.T, n int) {
	t.Helper()
	stop := make(chan struct{})
	var up, down sync.WaitGroup
	up.Add(n)
	for range n {
		down.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			up.Done()
			<-stop
		})
	}
	up.Wait()
	t.Cleanup(func() { close(stop); down.Wait() })
}

func TestDropReachesAllThreads(t *testing.T) {
	alone(t, nil, func(t *testing.T) {
		threads(t, 8)
		if err := Drop(Config{Users: []string{"no-such-account", "nobody"}}); err != nil {
			t.Fatal(err)
		}
		if !Active() {
			t.Error("Active() = false after Drop")
		}
		mustRest(t)
		status, err := ReadStatus()
		if err != nil || len(status.Threads) < 9 {
			t.Fatalf("%d threads, %v; want at least 9", len(status.Threads), err)
		}
		for _, thread := range status.Threads {
			if thread.UIDs[0] != 65534 || thread.Effective != effectiveAtRest || thread.Permitted != permittedAtRest ||
				thread.Bounding != 0 || !thread.NoNewPrivs {
				t.Errorf("thread at rest: %+v", thread)
			}
		}
		if dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); dumpable != 0 || err != nil {
			t.Errorf("dumpable = %d, %v; want 0", dumpable, err)
		}
	})
}

func TestDropOfUnprivilegedProcess(t *testing.T) {
	attr := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65533, Gid: 65533}}
	alone(t, attr, func(t *testing.T) {
		if err := Drop(Config{}); !errors.Is(err, ErrUnprivileged) {
			t.Errorf("Drop = %v, want %v", err, ErrUnprivileged)
		}
		if Active() {
			t.Error("Active() = true")
		}
	})
}

// TestDropOfAmbientProcess starts as a systemd unit with User= and AmbientCapabilities= would.
func TestDropOfAmbientProcess(t *testing.T) {
	attr := &syscall.SysProcAttr{
		Credential: &syscall.Credential{Uid: 65533, Gid: 65532, Groups: []uint32{0, 4}},
		AmbientCaps: []uintptr{
			unix.CAP_SETUID, unix.CAP_SETGID, unix.CAP_DAC_READ_SEARCH, unix.CAP_SYS_ADMIN, unix.CAP_SYS_CHROOT,
		},
	}
	alone(t, attr, func(t *testing.T) {
		if err := Drop(Config{RootLogins: true}); err != nil {
			t.Fatal(err)
		}
		mustRest(t)
		have, err := threadCaps()
		if want := effectiveAtRest | ReadSearch.set(); have.permitted != want || have.inheritable != 0 || err != nil {
			t.Errorf("permitted %v, inheritable %v, %v; want %v and none", have.permitted, have.inheritable, err, want)
		}
		dir := open(t)
		defer clean(t, dir)
		if err := As(&Who{UID: 1234, GID: 2345}, func() error { return create(dir + "/f") }); err != nil {
			t.Error(err)
		}
		if uid, gid := owner(t, dir+"/f"); uid != 1234 || gid != 2345 {
			t.Errorf("owner %d:%d, want 1234:2345", uid, gid)
		}
	})
}

// TestDropWithNothingToGiveUp is how a binary built with cgo, the race detector's, can be brought
// to rest.
func TestDropWithNothingToGiveUp(t *testing.T) {
	attr := &syscall.SysProcAttr{
		Credential:  &syscall.Credential{Uid: 65533, Gid: 65532},
		AmbientCaps: []uintptr{unix.CAP_SETUID, unix.CAP_SETGID},
	}
	alone(t, attr, func(t *testing.T) {
		if err := Drop(Config{}); err != nil {
			t.Fatal(err)
		}
		mustRest(t)
		err := As(&Who{UID: 1234}, func() error {
			if uid := setFSUID(query); uid != 1234 {
				t.Errorf("fsuid = %d, want 1234", uid)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestNoExecStopsProgramsOnAllThreads(t *testing.T) {
	dropped(t, Config{}, func(t *testing.T) {
		threads(t, 4)
		if err := exec.Command("/bin/true").Run(); err != nil {
			t.Fatalf("before the filter: %v", err)
		}
		if err := NoExec(); err != nil {
			t.Fatal(err)
		}
		if err := exec.Command("/bin/true").Run(); !errors.Is(err, unix.EPERM) {
			t.Errorf("start a program: %v, want %v", err, unix.EPERM)
		}
		status, err := ReadStatus()
		if err != nil {
			t.Fatal(err)
		}
		for _, thread := range status.Threads {
			if !thread.Filtered {
				t.Errorf("thread %d has no filter", thread.ID)
			}
		}
		if err := As(&Who{UID: 1234}, func() error { return nil }); err != nil {
			t.Errorf("As under the filter: %v", err)
		}
	})
}
