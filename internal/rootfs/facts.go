package rootfs

import (
	"golang.org/x/sys/unix"

	"pureftpd/internal/ftp"
)

// Facts returns the facts of a file: of a symbolic link itself, or with follow of what it leads to.
func (r *Root) Facts(path string, follow bool) (ftp.Facts, error) {
	flags := unix.O_NOFOLLOW
	if follow {
		flags = 0
	}
	var facts ftp.Facts
	err := r.lookup("stat", path, flags, func(fd int) error { return fstat(fd, &facts) })
	return facts, err
}

// Readlink returns the text of a symbolic link.
func (r *Root) Readlink(path string) (string, error) {
	var target string
	err := r.lookup("readlink", path, unix.O_NOFOLLOW, func(fd int) (err error) {
		target, err = readlink(fd, "")
		if err == unix.ENOENT { // what the kernel says of a descriptor that is no link
			err = unix.EINVAL
		}
		return err
	})
	return target, err
}

// FreeSpace returns the bytes that the user may still write on the file system of path, and its
// size.
func (r *Root) FreeSpace(path string) (avail, total uint64, err error) {
	err = r.lookup("statfs", path, 0, func(fd int) error {
		var stat unix.Statfs_t
		if err := unix.Fstatfs(fd, &stat); err != nil {
			return err
		}
		unit := uint64(stat.Frsize)
		if unit == 0 {
			unit = uint64(stat.Bsize)
		}
		avail, total = stat.Bavail*unit, stat.Blocks*unit
		return nil
	})
	return avail, total, err
}

// fstat fills in the facts of an open file.
func fstat(fd int, facts *ftp.Facts) error {
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return err
	}
	fill(facts, &stat)
	return nil
}

func fill(facts *ftp.Facts, stat *unix.Stat_t) {
	*facts = ftp.Facts{
		Mode: stat.Mode, Nlink: uint32(stat.Nlink), UID: stat.Uid, GID: stat.Gid,
		Size: stat.Size, ModTime: stat.Mtim.Sec, Dev: stat.Dev, Ino: stat.Ino,
	}
}
