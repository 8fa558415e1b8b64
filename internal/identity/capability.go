package identity

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A Cap is one capability that With may raise (capabilities(7)).
type Cap uint

// The capabilities that single steps need.
const (
	Chown      Cap = unix.CAP_CHOWN            // give files away
	ReadSearch Cap = unix.CAP_DAC_READ_SEARCH  // enter a home whose parents are closed to its owner
	BindLow    Cap = unix.CAP_NET_BIND_SERVICE // send data from port 20

	ReadShadow = ReadSearch // read the shadow file
)

func (c Cap) set() Set { return 1 << c }

// A Set is a set of capabilities, as the kernel prints it in /proc.
type Set uint64

// The sets a process at rest has.
const (
	// effectiveAtRest is in force at all times: changing identity is what brackets do.
	effectiveAtRest Set = 1<<unix.CAP_SETUID | 1<<unix.CAP_SETGID
	permittedAtRest     = effectiveAtRest | 1<<unix.CAP_NET_BIND_SERVICE | 1<<unix.CAP_DAC_READ_SEARCH | 1<<unix.CAP_CHOWN
	// permittedForRoot makes fsuid 0 what its owner expects: the kernel brings these into force
	// with the uid.
	permittedForRoot Set = 1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_FOWNER | 1<<unix.CAP_FSETID
)

var capNames = [...]string{
	unix.CAP_CHOWN: "CHOWN", unix.CAP_DAC_OVERRIDE: "DAC_OVERRIDE", unix.CAP_DAC_READ_SEARCH: "DAC_READ_SEARCH",
	unix.CAP_FOWNER: "FOWNER", unix.CAP_FSETID: "FSETID", unix.CAP_SETGID: "SETGID", unix.CAP_SETUID: "SETUID",
	unix.CAP_NET_BIND_SERVICE: "NET_BIND_SERVICE",
}

func (c Cap) String() string {
	if int(c) < len(capNames) && capNames[c] != "" {
		return capNames[c]
	}
	return strconv.Itoa(int(c))
}

// String lists the names of the set's capabilities, or their numbers where the server has no use
// for them.
func (s Set) String() string {
	var names []string
	for c := range Cap(64) {
		if s&c.set() != 0 {
			names = append(names, c.String())
		}
	}
	return strings.Join(names, " ")
}

// With runs fn with one permitted capability raised on the calling thread. It fails with EPERM,
// without running fn, if the process was not left that capability. A panic in fn lowers it again.
func With(c Cap, fn func() error) error {
	if !Active() {
		return fn()
	}
	runtime.LockOSThread()
	before, err := threadCaps()
	if err == nil {
		raised := before
		raised.effective |= c.set()
		err = raised.apply()
	}
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("raise %s: %w", c, err)
	}
	defer lower(before)
	return fn()
}

// lower gives the thread back the sets it had, or else fails as rest.leave does.
func lower(before caps) {
	for range 20 {
		if before.apply() == nil {
			runtime.UnlockOSThread()
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	panic("identity: the thread cannot lower its capability")
}

// caps are the capability sets of one thread.
type caps struct{ effective, permitted, inheritable Set }

// sameForce reports whether two threads may do the same, now and by raising what they are
// permitted. What programs they start would inherit does not count: they start none.
func (c caps) sameForce(d caps) bool { return c.effective == d.effective && c.permitted == d.permitted }

const capVersion = unix.LINUX_CAPABILITY_VERSION_3

func threadCaps() (caps, error) {
	header := unix.CapUserHeader{Version: capVersion}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return caps{}, fmt.Errorf("capget: %w", err)
	}
	join := func(low, high uint32) Set { return Set(low) | Set(high)<<32 }
	return caps{
		effective:   join(data[0].Effective, data[1].Effective),
		permitted:   join(data[0].Permitted, data[1].Permitted),
		inheritable: join(data[0].Inheritable, data[1].Inheritable),
	}, nil
}

// apply sets the calling thread's capabilities.
func (c caps) apply() error {
	header, data := c.words()
	return unix.Capset(&header, &data[0])
}

// words are the arguments of capset(2).
func (c caps) words() (unix.CapUserHeader, [2]unix.CapUserData) {
	var data [2]unix.CapUserData
	for i := range data {
		shift := 32 * i
		data[i] = unix.CapUserData{
			Effective:   uint32(c.effective >> shift),
			Permitted:   uint32(c.permitted >> shift),
			Inheritable: uint32(c.inheritable >> shift),
		}
	}
	return unix.CapUserHeader{Version: capVersion}, data
}
