package identity

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Peer is the process at the other end of a Unix socket, as the kernel vouches for it: who it was when it connected.
type Peer struct {
	PID      int32
	UID, GID uint32
	Groups   []uint32 // supplementary groups
}

// In reports whether the peer is a member of a group.
func (p Peer) In(gid uint32) bool { return p.GID == gid || slices.Contains(p.Groups, gid) }

// maxPeerGroups is what Linux lets a process have.
const maxPeerGroups = 65536

// PeerOf asks the kernel for the other end of a connected Unix socket.
func PeerOf(c syscall.RawConn) (Peer, error) {
	var p Peer
	var failed error
	err := c.Control(func(fd uintptr) {
		var cred *unix.Ucred
		if cred, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); failed != nil {
			return
		}
		p = Peer{PID: cred.Pid, UID: cred.Uid, GID: cred.Gid}
		p.Groups, failed = peerGroups(fd)
	})
	if err = errors.Join(err, failed); err != nil {
		return Peer{}, fmt.Errorf("peer of a socket: %w", err)
	}
	return p, nil
}

// peerGroups are the supplementary groups. A kernel before 4.13 does not tell them: then there are none.
func peerGroups(fd uintptr) ([]uint32, error) {
	groups := make([]uint32, 32)
	for {
		size := uint32(len(groups)) * uint32(unsafe.Sizeof(groups[0]))
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_PEERGROUPS,
			uintptr(unsafe.Pointer(unsafe.SliceData(groups))), uintptr(unsafe.Pointer(&size)), 0)
		switch {
		case errno == 0:
			return groups[:size/uint32(unsafe.Sizeof(groups[0]))], nil
		case errno == unix.ENOPROTOOPT:
			return nil, nil
		case errno != unix.ERANGE || len(groups) >= maxPeerGroups:
			return nil, errno
		}
		groups = make([]uint32, maxPeerGroups)
	}
}
