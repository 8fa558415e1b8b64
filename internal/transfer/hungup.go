package transfer

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// HungUp reports, without waiting, whether the peer of a connection has closed it, or reset it, and all that it sent has
// been read.
func HungUp(conn syscall.Conn) bool {
	raw, err := conn.SyscallConn()
	if err != nil {
		return true // closed on our side
	}
	gone := false
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		n, _, err := unix.Recvfrom(int(fd), b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		gone = err == nil && n == 0 || err != nil && err != unix.EAGAIN && err != unix.EINTR
	})
	return gone || err != nil
}

// Ended reports, without waiting, whether the peer of a connection has closed its direction, or reset it, whatever of what it
// sent has not been read yet.
func Ended(conn syscall.Conn) bool {
	raw, err := conn.SyscallConn()
	if err != nil {
		return true // closed on our side
	}
	gone := false
	err = raw.Control(func(fd uintptr) {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
		n, err := unix.Poll(fds, 0)
		gone = err == nil && n > 0
	})
	return gone || err != nil
}
