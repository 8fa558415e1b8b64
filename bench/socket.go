package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The load generator uses blocking sockets and one thread per session instead of the runtime's
// poller: it shares the machine with the server it measures and must cost little itself.

// replyTimeout bounds the wait for a reply. Data sockets need none: conduct's watchdog ends a
// measurement that hangs.
const replyTimeout = 60 // seconds

// clientAddress spreads sessions over loopback addresses, so that no server's limit per client and
// no port range is in the way.
func clientAddress(i int) [4]byte { return [4]byte{127, 0, 0, byte(2 + i%32)} }

// connect opens a connection from a given loopback address to 127.0.0.1. The address is the
// caller's, reused to spare the garbage collector.
func connect(from *unix.SockaddrInet4, to *unix.SockaddrInet4) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open socket: %w", err)
	}
	err = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	if err == nil {
		err = unix.Bind(fd, from)
	}
	if err == nil {
		err = unix.Connect(fd, to)
	}
	if err != nil {
		return -1, errors.Join(fmt.Errorf("connect: %w", err), unix.Close(fd))
	}
	return fd, nil
}

// readSome reads once; the end of the stream is io.EOF.
func readSome(fd int, p []byte) (int, error) {
	for {
		n, err := unix.Read(fd, p)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// sendAll writes all of p.
func sendAll(fd int, p []byte) error {
	for len(p) > 0 {
		n, err := unix.Write(fd, p)
		if err != nil && err != unix.EINTR {
			return err
		}
		p = p[max(n, 0):]
	}
	return nil
}

// drain reads a connection to its end and returns the number of bytes. The kernel throws them away
// (MSG_TRUNC, tcp(7)): nothing is copied, and what is measured is the sender.
func drain(fd int) (int64, error) {
	return drainUpTo(fd, math.MaxInt64)
}

// drainUpTo is drain, and ends as well when as many bytes have come.
func drainUpTo(fd int, enough int64) (int64, error) {
	const atOnce = 8 << 20
	var total int64
	var place byte // never written to
	for {
		if total >= enough {
			return total, nil
		}
		n, _, errno := syscall.Syscall6(unix.SYS_RECVFROM, uintptr(fd),
			uintptr(unsafe.Pointer(&place)), uintptr(min(atOnce, enough-total)), unix.MSG_TRUNC, 0, 0)
		switch {
		case errno == unix.EINTR:
		case errno != 0:
			return total, errno
		case n == 0:
			return total, nil
		default:
			total += int64(n)
		}
	}
}

// sendFile sends size bytes of a file without copying them.
func sendFile(fd, file int, size int64) error {
	var offset int64
	for offset < size {
		n, err := unix.Sendfile(fd, file, &offset, int(min(size-offset, 1<<30)))
		switch {
		case err == unix.EINTR:
		case err != nil:
			return err
		case n == 0:
			return io.ErrUnexpectedEOF
		}
	}
	return nil
}
