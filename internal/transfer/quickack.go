package transfer

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// AcknowledgeAtOnce has the kernel acknowledge what comes next without delay. Clients that write their half of a handshake in
// pieces, such as GnuTLS, leave it to the kernel when the second one goes out (Nagle): after our acknowledgement of the first
// one, which ours would delay by 40 ms. It holds until we send again. A connection that knows no such thing stays as it is.
func AcknowledgeAtOnce(conn net.Conn) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	if raw, err := c.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { acknowledgeAtOnce(int(fd)) }) // it fails if the connection is closed
	}
}

// acknowledgeAtOnce is AcknowledgeAtOnce. Without it everything works the same, but later.
func acknowledgeAtOnce(fd int) { _ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1) }
