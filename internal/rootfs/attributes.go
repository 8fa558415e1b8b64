package rootfs

import (
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Chmod sets the permission bits of what path leads to. The file need not be readable.
func (r *Root) Chmod(path string, mode uint32) error {
	return r.lookup("chmod", path, 0, func(fd int) error {
		if err := r.own(fd); err != nil {
			return err
		}
		return r.anchor.cache.chmod(fd, mode)
	})
}

// Chtimes sets the times of what path leads to. A zero time leaves that time as it is.
func (r *Root) Chtimes(path string, atime, mtime time.Time) error {
	return r.lookup("utime", path, 0, func(fd int) error {
		if err := r.own(fd); err != nil {
			return err
		}
		return r.anchor.cache.chtimes(fd, atime, mtime)
	})
}

// chmod sets the mode of the file that a descriptor stands for. fchmod(2) refuses those opened with
// O_PATH; where its successor is missing, the descriptor's name in /proc serves, which no rename
// can redirect.
func (c *Cache) chmod(fd int, mode uint32) error {
	if c.kernel.Fchmodat2 {
		return fchmodat2(fd, mode)
	}
	return unix.Fchmodat(unix.AT_FDCWD, procName(fd), mode, 0)
}

// chtimes is the same for the times.
func (c *Cache) chtimes(fd int, atime, mtime time.Time) error {
	times := [2]unix.Timespec{timespec(atime), timespec(mtime)}
	if c.kernel.Utimensat {
		return utimens(fd, &times)
	}
	return unix.UtimesNanoAt(unix.AT_FDCWD, procName(fd), times[:], 0)
}

func timespec(t time.Time) unix.Timespec {
	if t.IsZero() {
		return unix.Timespec{Nsec: unix.UTIME_OMIT}
	}
	return unix.Timespec{Sec: t.Unix(), Nsec: int64(t.Nanosecond())}
}

// procName is the name that /proc has for a descriptor of this process: a magic link to the open
// file.
func procName(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }

// procPath is the physical path of an open file, as the kernel knows it now, or "" where /proc is
// missing.
func procPath(fd int) string {
	name, err := readlink(unix.AT_FDCWD, procName(fd))
	if err != nil {
		return ""
	}
	return name
}
