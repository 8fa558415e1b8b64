package rootfs

import (
	"strings"

	"golang.org/x/sys/unix"
)

// A view resolves pathnames below a root.
type view interface {
	// open opens path as openat(2) does with the flags given, but seen from root. O_CLOEXEC is
	// implied. The error is a unix.Errno.
	open(root int, path string, flags int, perm uint32) (int, error)
}

// maxPath is the kernel's bound of a pathname with its NUL, in bytes.
const maxPath = 4096

// checkPath refuses what no system call could be given.
func checkPath(path string) error {
	switch {
	case path == "":
		return unix.ENOENT
	case len(path) >= maxPath:
		return unix.ENAMETOOLONG
	case strings.IndexByte(path, 0) >= 0:
		return unix.EINVAL
	}
	return nil
}

// openat is openat(2), asked again when a signal interrupts it.
func openat(dir int, path string, flags int, perm uint32) (int, error) {
	for {
		fd, err := unix.Openat(dir, path, flags|unix.O_CLOEXEC, perm)
		if err != unix.EINTR {
			return fd, err
		}
	}
}
