package rootfs

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// kernelView leaves the resolution to openat2(2), with these RESOLVE_* flags.
type kernelView struct{ resolve uint64 }

const (
	insideRoot = unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS
	anywhere   = unix.RESOLVE_NO_MAGICLINKS
)

// maxAgain bounds how often a resolution is begun anew. With RESOLVE_IN_ROOT the kernel gives up a
// pathname with ".." as soon as anything on the machine is renamed meanwhile.
const maxAgain = 128

func (v kernelView) open(root int, path string, flags int, perm uint32) (int, error) {
	if err := checkPath(path); err != nil {
		return -1, err
	}
	var short [256]byte // longer pathnames are rare and go to the heap
	text := append(append(short[:0], path...), 0)
	how := unix.OpenHow{Flags: uint64(flags | unix.O_CLOEXEC), Mode: uint64(perm), Resolve: v.resolve}
	for again := 0; ; {
		fd, _, errno := unix.Syscall6(unix.SYS_OPENAT2, uintptr(root), uintptr(unsafe.Pointer(&text[0])),
			uintptr(unsafe.Pointer(&how)), unix.SizeofOpenHow, 0, 0)
		switch {
		case errno == 0:
			return int(fd), nil
		case errno == unix.EINTR:
		case errno == unix.EAGAIN && again < maxAgain:
			again++
		default:
			return -1, errno
		}
	}
}
