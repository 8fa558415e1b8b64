//go:build privileged

package identity

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

func TestAsIsTheUser(t *testing.T) {
	dropped(t, Config{}, func(t *testing.T) {
		dir := open(t)
		defer clean(t, dir)
		ann := &Who{UID: 1234, GID: 2345, Groups: []uint32{2345, 77}}
		if err := As(ann, func() error { return create(dir + "/ann") }); err != nil {
			t.Fatal(err)
		}
		if uid, gid := owner(t, dir+"/ann"); uid != 1234 || gid != 2345 {
			t.Errorf("owner %d:%d, want 1234:2345", uid, gid)
		}
		read := func() error { _, err := os.ReadFile(dir + "/ann"); return err } // mode 0640
		for _, test := range []struct {
			name    string
			who     *Who
			allowed bool
		}{
			{"owner", ann, true},
			{"primary group", &Who{UID: 1, GID: 2345}, true},
			{"supplementary group", &Who{UID: 1, GID: 1, Groups: []uint32{8, 2345, 9}}, true},
			{"stranger", &Who{UID: 1, GID: 1, Groups: []uint32{77}}, false},
			{"nobody", nil, false},
			{"root", &Who{}, true},
		} {
			err := As(test.who, read)
			if test.allowed && err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			if !test.allowed {
				wantDenied(t, test.name, err)
			}
		}
		wantDenied(t, "without a bracket", read())
	})
}

func TestAsRefusesNoID(t *testing.T) {
	dropped(t, Config{}, func(t *testing.T) {
		for _, who := range []*Who{{UID: query, GID: 1}, {UID: 1, GID: query}} {
			err := As(who, func() error { t.Error("the function ran"); return nil })
			if !errors.Is(err, errRefused) {
				t.Errorf("As(%+v) = %v, want %v", who, err, errRefused)
			}
		}
		tooMany := &Who{UID: 1, Groups: make([]uint32, 65537)}
		if err := As(tooMany, func() error { return nil }); !errors.Is(err, unix.EINVAL) {
			t.Errorf("As with 65537 groups = %v, want %v", err, unix.EINVAL)
		}
	})
}

func TestAsGivesBackAfterPanic(t *testing.T) {
	dropped(t, Config{}, func(t *testing.T) {
		func() {
			defer func() {
				if got := recover(); got != "in fn" {
					t.Errorf("recovered %v, want the function's panic", got)
				}
			}()
			_ = As(&Who{UID: 5, GID: 5, Groups: []uint32{6}}, func() error { panic("in fn") })
		}()
	})
}

func TestAsDoesNotNest(t *testing.T) {
	dropped(t, Config{}, func(t *testing.T) {
		defer func() {
			if got, _ := recover().(error); !errors.Is(got, errNested) {
				t.Errorf("recovered %v, want %v", got, errNested)
			}
		}()
		_ = As(&Who{UID: 5}, func() error {
			return As(&Who{UID: 6}, func() error { t.Error("the inner function ran"); return nil })
		})
	})
}

// TestAsManyAtOnce has many goroutines act as many users and checks that none is taken for another.
func TestAsManyAtOnce(t *testing.T) {
	dropped(t, Config{}, func(t *testing.T) {
		dir := open(t)
		defer clean(t, dir)
		var all sync.WaitGroup
		for i := range uint32(32) {
			all.Go(func() {
				who := &Who{UID: 3000 + i, GID: 4000 + i, Groups: []uint32{5000 + i}}
				for n := range 20 {
					name := fmt.Sprintf("%s/%d.%d", dir, i, n)
					if err := As(who, func() error { return create(name) }); err != nil {
						t.Error(err)
						return
					}
					if uid, gid := owner(t, name); uid != who.UID || gid != who.GID {
						t.Errorf("owner %d:%d, want %d:%d", uid, gid, who.UID, who.GID)
					}
				}
			})
		}
		all.Wait()
	})
}

func TestRootLogin(t *testing.T) {
	for _, full := range []bool{false, true} {
		t.Run(fmt.Sprintf("full=%v", full), func(t *testing.T) {
			dropped(t, Config{RootLogins: full}, func(t *testing.T) {
				dir := open(t)
				defer clean(t, dir)
				file := dir + "/f"
				if err := As(&Who{UID: 7, GID: 7}, func() error { return create(file) }); err != nil {
					t.Fatal(err)
				}
				root := &Who{}
				if err := As(root, func() error { return os.Chown(file, 8, 8) }); err != nil {
					t.Errorf("chown: %v", err)
				}
				for what, fn := range map[string]func() error{
					"write into another's file": func() error { return os.WriteFile(file, nil, 0) },
					"chmod of another's file":   func() error { return os.Chmod(file, 0o600) },
				} {
					if err := As(root, fn); full && err != nil {
						t.Errorf("%s: %v", what, err)
					} else if !full {
						wantDenied(t, what, err)
					}
				}
			})
		})
	}
}

func TestWithRaisesOne(t *testing.T) {
	dropped(t, Config{}, func(t *testing.T) {
		shadow := func() error { _, err := os.ReadFile("/etc/shadow"); return err }
		wantDenied(t, "shadow at rest", shadow())
		if err := With(ReadShadow, shadow); err != nil {
			t.Errorf("shadow with the capability: %v", err)
		}
		wantDenied(t, "shadow with another capability", With(Chown, shadow))
		ann := &Who{UID: 1234, GID: 1234, Groups: []uint32{9}}
		if err := With(ReadSearch, func() error { return As(ann, shadow) }); err != nil {
			t.Errorf("shadow as a user with the capability: %v", err)
		}
		if err := As(ann, func() error { return With(ReadSearch, shadow) }); err != nil {
			t.Errorf("shadow with the capability as a user: %v", err)
		}
		wantDenied(t, "after it", As(ann, shadow))
		err := With(ReadSearch, func() error {
			if err := As(&Who{}, shadow); err != nil {
				t.Errorf("shadow as root: %v", err)
			}
			return shadow()
		})
		wantDenied(t, "the kernel takes file capabilities away with fsuid 0", err)
		err = With(unix.CAP_SYS_ADMIN, func() error { t.Error("the function ran"); return nil })
		wantDenied(t, "a capability that was not kept", err)
	})
}

// TestAsStuck lets the kernel refuse to give the identity back and checks that it stays with its
// goroutine.
func TestAsStuck(t *testing.T) {
	alone(t, nil, func(t *testing.T) {
		if err := Drop(Config{}); err != nil {
			t.Fatal(err)
		}
		stuck := &Who{UID: 666, GID: 666}
		done := make(chan any)
		go func() {
			defer func() { done <- recover() }() // the goroutine ends with its thread locked
			_ = As(stuck, func() error { return refuse(unix.SYS_SETFSUID) })
		}()
		if got := <-done; got == nil {
			t.Error("As returned although the identity could not be given back")
		}
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				if uid := setFSUID(query); uid == stuck.UID {
					t.Error("another goroutine runs in the stuck identity")
				}
			})
		}
		all.Wait()
	})
}

// refuse makes a system call fail on the calling thread for good.
func refuse(nr uint32) error {
	raw, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 0, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: nr, SkipFalse: 1},
		bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOMEM)},
		bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW},
	})
	if err != nil {
		return err
	}
	filter := make([]unix.SockFilter, len(raw))
	for i, ins := range raw {
		filter[i] = unix.SockFilter{Code: ins.Op, Jt: ins.Jt, Jf: ins.Jf, K: ins.K}
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return errno
	}
	return nil
}

// The benchmarks need the resting identity and take it for the whole binary.
func benchmark(b *testing.B, bracket func(fn func() error) error) {
	if !Active() {
		if err := Drop(Config{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := bracket(func() error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkAs(b *testing.B, who *Who) {
	benchmark(b, func(fn func() error) error { return As(who, fn) })
}

func BenchmarkAsPrimaryGroupOnly(b *testing.B) { benchmarkAs(b, &Who{UID: 1234, GID: 1234}) }

func BenchmarkAsFourGroups(b *testing.B) {
	benchmarkAs(b, &Who{UID: 1234, GID: 1234, Groups: []uint32{1, 2, 3, 4}})
}

func BenchmarkWith(b *testing.B) {
	benchmark(b, func(fn func() error) error { return With(ReadSearch, fn) })
}
