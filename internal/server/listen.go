package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// Bind says where to listen (-S, -4, -6).
type Bind struct {
	Host string // name or address; "" is every address
	Port string // number or service name
	IPv4 bool
	IPv6 bool
	// From are sockets of another process that may be what is wanted. It may be nil.
	From *Inherited
}

// A family is an address of a Bind.
type family struct{ network, address string }

// families are the addresses to listen on.
func (b Bind) families() (all []family) {
	for _, f := range []struct {
		network, wildcard string
		wanted            bool
	}{{"tcp4", "0.0.0.0", b.IPv4}, {"tcp6", "::", b.IPv6}} {
		if f.wanted {
			all = append(all, family{f.network, net.JoinHostPort(cmp.Or(b.Host, f.wildcard), b.Port)})
		}
	}
	return all
}

var errNothingToListenOn = errors.New("nothing to listen on: IPv4 and IPv6 are both switched off or unavailable")

// Listen opens one listener for each address family. A family that the host's name or the kernel does not have is passed over, as
// long as the other one is there; a port that is taken is an error that names it.
func Listen(ctx context.Context, b Bind) ([]net.Listener, error) {
	var listeners []net.Listener
	var missing []error
	for _, f := range b.families() {
		if b.IPv6 && b.From.covers(f) {
			continue
		}
		l := b.From.take(f)
		var err error
		if l == nil {
			l, err = listen(ctx, f.network, f.address)
		}
		switch {
		case err == nil:
			listeners = append(listeners, l)
		case notThisFamily(err):
			missing = append(missing, err)
		default:
			closeAll(listeners)
			return nil, err
		}
	}
	if len(listeners) == 0 {
		return nil, errors.Join(append([]error{errNothingToListenOn}, missing...)...)
	}
	return listeners, nil
}

// listen opens one listener. Keep-alive is off, as in the original: idle sessions end by their own clock. Urgent data stays
// in its place in the stream, so that a telnet Synch ahead of ABOR loses nothing (RFC 959, 4.1.3); accepted connections inherit that.
func listen(ctx context.Context, network, address string) (net.Listener, error) {
	config := net.ListenConfig{KeepAlive: -1, Control: func(_, _ string, c syscall.RawConn) error {
		var failed error
		err := c.Control(func(fd uintptr) {
			failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_OOBINLINE, 1)
		})
		return errors.Join(err, failed)
	}}
	config.SetMultipathTCP(false) // it costs memory and time for each session, and FTP has no use for it
	l, err := config.Listen(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return l, nil
}

// notThisFamily reports whether an address cannot be had in the family asked for.
func notThisFamily(err error) bool {
	if errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EADDRNOTAVAIL) {
		return true
	}
	if _, ok := errors.AsType[*net.AddrError](err); ok {
		return true
	}
	dns, ok := errors.AsType[*net.DNSError](err)
	return ok && dns.IsNotFound
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		_ = l.Close() // on the way out of a failed start
	}
}
