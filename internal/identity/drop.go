package identity

import (
	"errors"
	"fmt"
	"os/user"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Config says what Drop leaves the process.
type Config struct {
	// Users are the accounts to become at rest; the first that exists is taken. Nil means
	// _pure-ftpd, pure-ftpd, nobody.
	Users []string
	// RootLogins keeps permitted what an FTP login of uid 0 needs to act as root in the file
	// system. Without it such a login is bound by permission bits, apart from reading.
	RootLogins bool
}

// ErrUnprivileged says that the process may not change identities: it goes on as the user who
// started it.
var ErrUnprivileged = errors.New("started without privilege: files are accessed as the user who started the server")

// ErrCgo says that the binary was linked with the C library, where identities of all threads cannot
// be changed.
var ErrCgo = errors.New("built with cgo: privileges can only be dropped in a binary built with CGO_ENABLED=0")

// Drop makes every thread of the process an unprivileged user for good, with the short list of
// permitted capabilities that As and With use. It is called once, after the sockets are bound and
// before the first client.
//
// A process that is not root but was handed the capabilities to change identity
// (AmbientCapabilities= of systemd) keeps its uid and gives up the rest alike. One that has neither
// gets ErrUnprivileged and is left as it is. After any other error the process is in between and
// must end.
func Drop(c Config) error {
	have, err := threadCaps()
	if err != nil {
		return err
	}
	root := syscall.Geteuid() == 0 || syscall.Getuid() == 0
	if have.permitted&effectiveAtRest != effectiveAtRest {
		if root {
			return errors.New("drop privileges: root without CAP_SETUID and CAP_SETGID cannot become anybody else")
		}
		return ErrUnprivileged
	}
	home := rest{uid: uint32(syscall.Geteuid()), gid: uint32(syscall.Getegid())}
	if root {
		if home, err = restingUser(c.Users); err != nil {
			return err
		}
	}
	keep := permittedAtRest
	if c.RootLogins {
		keep |= permittedForRoot
	}
	if err := settle(home, have, keep); err != nil {
		return err
	}
	resting.Store(&home)
	return nil
}

// settle changes the process to what home and keep say, and checks that it is so.
func settle(home rest, have caps, keep Set) error {
	want := caps{permitted: have.permitted & keep, effective: effectiveAtRest}
	if err := change(home, have, want); err != nil {
		return err
	}
	got, err := threadCaps()
	if err != nil {
		return err
	}
	uids, gids := ids(unix.Getresuid()), ids(unix.Getresgid())
	if !got.sameForce(want) || uids != [3]uint32{home.uid, home.uid, home.uid} || gids != [3]uint32{home.gid, home.gid, home.gid} {
		return fmt.Errorf("drop privileges: uids %v, gids %v and capabilities %q are left", uids, gids, got.permitted)
	}
	return nil
}

func ids(r, e, s int) [3]uint32 { return [3]uint32{uint32(r), uint32(e), uint32(s)} }

// change makes the calls on all threads. The permitted set outlives the change of uid
// (PR_SET_KEEPCAPS), the effective set does not and is put back by capset.
func change(home rest, have, want caps) error {
	if have.sameForce(want) && home == (rest{uint32(syscall.Getuid()), uint32(syscall.Getgid())}) {
		return syscall.Setgroups(nil) // nothing else to give up: the one case that also works with cgo
	}
	if err := prctl(unix.PR_SET_KEEPCAPS, 1, 0); err != nil {
		return err
	}
	if have.effective&(1<<unix.CAP_SETPCAP) != 0 {
		for c := Cap(0); c <= unix.CAP_LAST_CAP; c++ {
			err := prctl(unix.PR_CAPBSET_DROP, uintptr(c), 0)
			if err != nil && !errors.Is(err, unix.EINVAL) { // EINVAL: the kernel is older than this list
				return fmt.Errorf("drop privileges: bounding set: %w", err)
			}
		}
	}
	uid, gid := int(home.uid), int(home.gid)
	steps := []struct {
		name string
		run  func() error
	}{
		{"setgroups", func() error { return syscall.Setgroups(nil) }},
		{"setresgid", func() error { return syscall.Setresgid(gid, gid, gid) }},
		{"setresuid", func() error { return syscall.Setresuid(uid, uid, uid) }},
		{"clear ambient", func() error { return prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0) }},
		{"capset", func() error { return capsetAll(want) }},
		{"keepcaps", func() error { return prctl(unix.PR_SET_KEEPCAPS, 0, 0) }},
		{"no new privileges", func() error { return prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0) }},
		{"dumpable", func() error { return prctl(unix.PR_SET_DUMPABLE, 0, 0) }}, // no core holds a password
	}
	for _, step := range steps {
		if err := step.run(); err != nil {
			return fmt.Errorf("drop privileges: %s: %w", step.name, err)
		}
	}
	return nil
}

// prctl is prctl(2) on every thread.
func prctl(option int, arg2, arg3 uintptr) error {
	return allThreads(unix.SYS_PRCTL, uintptr(option), arg2, arg3)
}

// capsetAll is capset(2) on every thread.
func capsetAll(c caps) error {
	header, data := c.words()
	var pin runtime.Pinner
	pin.Pin(&header)
	pin.Pin(&data)
	defer pin.Unpin()
	return allThreads(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data)), 0)
}

func allThreads(trap, a1, a2, a3 uintptr) error {
	_, _, errno := syscall.AllThreadsSyscall6(trap, a1, a2, a3, 0, 0, 0)
	switch errno {
	case 0:
		return nil
	case unix.ENOTSUP:
		return ErrCgo
	}
	return errno
}

// restingUser finds the account to be at rest. Should not even nobody exist, its customary number
// serves.
func restingUser(names []string) (rest, error) {
	if names == nil {
		names = []string{"_pure-ftpd", "pure-ftpd", "nobody"}
	}
	for _, name := range names {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return rest{}, fmt.Errorf("account %s: %w", name, err)
		}
		if uid == 0 || gid == 0 {
			return rest{}, fmt.Errorf("account %s is root: it cannot be the identity at rest", name)
		}
		return rest{uint32(uid), uint32(gid)}, nil
	}
	return rest{uid: 65534, gid: 65534}, nil
}
