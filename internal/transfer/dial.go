package transfer

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// A Dialer opens data connections for active mode (RFC 959, 3.3).
type Dialer struct {
	// Timeout bounds a connect. 0 means 30 seconds.
	Timeout time.Duration
	// BindLow runs bind with the privilege to use ports below 1024, such as identity.With for the
	// capability NET_BIND_SERVICE, on the calling thread. Nil: the source port is the kernel's choice.
	BindLow func(bind func() error) error
}

// sourcePorts returns the source ports in the order they are tried. 20 is the data port of RFC 959;
// the others stand in for it where it is busy; 0 is any port.
func sourcePorts() [10]uint16 { return [10]uint16{20, 2, 3, 4, 5, 6, 10, 14, 16, 0} }

// Dial connects from the control connection's local address to the address the client named. A
// failure carries the errno of the step, or the cause of ctx.
func (d *Dialer) Dial(ctx context.Context, local netip.Addr, peer netip.AddrPort) (*Conn, error) {
	peer = netip.AddrPortFrom(plain(peer.Addr()), peer.Port())
	local = plain(local)
	ports := sourcePorts()
	next := 0
	if d.BindLow == nil {
		next = len(ports) - 1
	}
	for {
		fd, at, err := d.bound(local, ports[:], next)
		if err != nil {
			return nil, err
		}
		c, err := d.connect(ctx, fd, peer)
		if err == nil {
			return c, nil
		}
		// The pair of source and destination is still in use by an earlier transfer: another
		// source port is another pair.
		busy := errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.EADDRINUSE)
		if next = at + 1; !busy || next >= len(ports) {
			return nil, err
		}
	}
}

// bound returns a socket bound to the first port from next on that can be had, and which one it is.
func (d *Dialer) bound(local netip.Addr, ports []uint16, next int) (fd, at int, err error) {
	fd, err = unix.Socket(family(local), unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, 0, fmt.Errorf("data socket: %w", err)
	}
	if err := setTraits(fd, local); err != nil {
		return -1, 0, errors.Join(fmt.Errorf("data socket options: %w", err), unix.Close(fd))
	}
	at = len(ports) - 1
	if next < at {
		low, err := d.bindLow(fd, local, ports[next:at])
		if err == nil {
			return fd, next + low, nil
		}
	}
	if err := bindAny(fd, local); err != nil {
		return -1, 0, errors.Join(fmt.Errorf("bind data socket to %s: %w", local, err), unix.Close(fd))
	}
	return fd, at, nil
}

// bindLow binds to the first of the privileged ports that is free. One bracket covers them all; a
// refusal of the privilege ends the attempt.
func (d *Dialer) bindLow(fd int, local netip.Addr, ports []uint16) (at int, err error) {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return 0, err
	}
	err = d.BindLow(func() error {
		var err error
		for i, port := range ports {
			sa, bad := sockaddr(netip.AddrPortFrom(local, port))
			if bad != nil {
				return bad
			}
			if err = unix.Bind(fd, sa); err == nil {
				at = i
				return nil
			}
			if err == unix.EACCES || err == unix.EPERM {
				return err
			}
		}
		return err
	})
	return at, err
}

// bindAny binds to the address and leaves the port to connect, which then may share it between
// connections to different peers.
func bindAny(fd int, local netip.Addr) error {
	err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	if err != nil {
		return err
	}
	sa, err := sockaddr(netip.AddrPortFrom(local, 0))
	if err != nil {
		return err
	}
	return unix.Bind(fd, sa)
}

// connect connects the socket, or closes it.
func (d *Dialer) connect(ctx context.Context, fd int, peer netip.AddrPort) (*Conn, error) {
	sa, err := sockaddr(peer)
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	c := newConn(fd, peer)
	err = unix.Connect(fd, sa)
	if err == unix.EINPROGRESS || err == unix.EINTR {
		c.stall = d.Timeout
		if c.stall == 0 {
			c.stall = 30 * time.Second
		}
		stop := context.AfterFunc(ctx, func() { c.Abort(context.Cause(ctx)) })
		err = c.perform(&c.out, connecting{})
		c.stall = 0
		if !stop() && err == nil {
			err = context.Cause(ctx)
		}
	}
	if err == nil {
		return c, nil
	}
	if errors.Is(err, ErrStalled) {
		err = unix.ETIMEDOUT
	}
	err = fmt.Errorf("connect to %s: %w", peer, err)
	return nil, errors.Join(err, c.Close())
}

// connecting is the stepper that waits for the outcome of connect.
type connecting struct{}

func (connecting) step(fd int) error {
	if errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR); err != nil {
		return err
	} else if errno != 0 {
		return unix.Errno(errno)
	}
	// No error and no peer: the handshake is still going on.
	if _, err := unix.Getpeername(fd); err == unix.ENOTCONN {
		return unix.EAGAIN
	} else if err != nil {
		return err
	}
	return nil
}
