package transfer

import (
	"errors"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A listener is one open passive port and the goroutine that accepts on it.
type listener struct {
	p    *Passive
	at   netip.AddrPort
	file *os.File
	raw  syscall.RawConn
	pull func(fd uintptr) // acceptAll for drain, made once

	// accepting makes accept4 and delivery one step, so that after drain returns no connection that
	// had reached the port before is still on its way. It is taken before Passive.mu.
	accepting sync.Mutex
	name      unix.RawSockaddrAny // where accept4 leaves the peer's address
	paused    bool                // the port is being handed over: nothing is accepted

	// Guarded by Passive.mu.
	held int    // pairs of this port in Passive.pairs, in use or at rest
	any  *Lease // the lease that has the port for itself alone

	// stuck says that accept fails for want of descriptors: the queue is not known to be empty.
	stuck atomic.Bool
}

// throughput is the type of service of data connections (RFC 1349); connections inherit it and
// TCP_NODELAY from the listening socket, so that they cost nothing for each transfer.
const throughput = 0x08

// listen opens a passive port; port 0 lets the kernel choose.
func listen(at netip.AddrPort, backlog int) (*listener, error) {
	sa, err := sockaddr(at)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Socket(family(at.Addr()), unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, &PortError{at.String(), "socket", err}
	}
	port, err := bindListener(fd, sa, at, backlog)
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	return openListener(fd, port)
}

// openListener makes a listener of a socket that listens.
func openListener(fd int, at netip.AddrPort) (*listener, error) {
	file := os.NewFile(uintptr(fd), "passive port "+at.String())
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	l := &listener{at: at, file: file, raw: raw}
	l.pull = func(fd uintptr) { _ = l.acceptAll(int(fd)) }
	return l, nil
}

// bindListener binds and listens, and returns the address with the port the kernel chose.
func bindListener(fd int, sa unix.Sockaddr, at netip.AddrPort, backlog int) (netip.AddrPort, error) {
	for _, step := range []struct {
		name string
		run  func() error
	}{
		{"reuse", func() error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1) }},
		{"options", func() error { return setTraits(fd, at.Addr()) }},
		{"bind", func() error { return unix.Bind(fd, sa) }},
		{"listen", func() error { return unix.Listen(fd, backlog) }},
	} {
		if err := step.run(); err != nil {
			return at, &PortError{at.String(), step.name, err}
		}
	}
	if at.Port() != 0 {
		return netip.AddrPortFrom(plain(at.Addr()), at.Port()), nil
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return at, &PortError{at.String(), "getsockname", err}
	}
	return netip.AddrPortFrom(plain(at.Addr()), addrPort(name).Port()), nil
}

// setTraits sets what a data connection wants: no delay of the last short segment, and the type of
// service for bulk data. Keepalive is left out: the stall limit ends a dead transfer much sooner.
func setTraits(fd int, addr netip.Addr) error {
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return err
	}
	if plain(addr).Is4() {
		return unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_TOS, throughput)
	}
	return unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_TCLASS, throughput)
}

// serve accepts until the port is closed.
func (l *listener) serve() {
	const first, last = 5 * time.Millisecond, time.Second
	var failed error
	accept := func(fd uintptr) bool {
		failed = l.acceptAll(int(fd))
		return failed != unix.EAGAIN
	}
	for pause := first; ; pause = min(2*pause, last) {
		if err := l.raw.Read(accept); err != nil {
			return // closed, or paused
		}
		if !l.stuck.Swap(true) {
			pause = first
		}
		select {
		case <-time.After(pause):
		case <-l.p.ctx.Done():
			return
		}
	}
}

// scarce reports whether accept failed for want of descriptors or memory: the connection stays in
// the queue, and trying again at once would only burn the processor.
func scarce(err error) bool {
	switch err {
	case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
		return true
	}
	return false
}

// acceptAll delivers everything in the queue and returns why it ended, EAGAIN if it is empty.
func (l *listener) acceptAll(fd int) error {
	l.accepting.Lock()
	defer l.accepting.Unlock()
	if l.paused {
		return unix.EAGAIN
	}
	for {
		nfd, err := accept4(fd, &l.name)
		if err == unix.EAGAIN {
			l.stuck.Store(false)
			return err
		}
		if scarce(err) {
			return err
		}
		if err != nil {
			continue // an error of the connection that was to be accepted, see accept(2)
		}
		if a := (arrival{nfd, rawAddrPort(&l.name)}); !l.p.deliver(l, a) {
			closeArrivals([]arrival{a})
		}
	}
}

// drain empties the queue now, from the goroutine of a session. Errors are the accept loop's: it
// sees them too.
func (l *listener) drain() {
	_ = l.raw.Control(l.pull)
}
