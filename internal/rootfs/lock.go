package rootfs

import "golang.org/x/sys/unix"

// Lock waits, without bound, until this open file has the write lock of the whole file. The file must be open for writing.
//
// The lock belongs to the open file (an open file description lock, fcntl(2)): it excludes other open files of this process
// as well as other processes, those with the older locks of fcntl among them, which is what Pure-FTPd's own programs take.
// Close gives it back, and so does the end of the process, whatever ends it.
func (f *File) Lock() error { return f.failed("lock", setLock(f.fd, unix.F_WRLCK)) }

// Unlock gives back the lock of Lock.
func (f *File) Unlock() error { return f.failed("unlock", setLock(f.fd, unix.F_UNLCK)) }

// setLock changes the lock on the whole file, and waits again when a signal interrupts it.
func setLock(fd int, kind int16) error {
	for {
		lock := unix.Flock_t{Type: kind} // from 0, with length 0: to the end, wherever that comes to be
		if err := unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLKW, &lock); err != unix.EINTR {
			return err
		}
	}
}

// TryOwn marks the file as in use by this open file (flock(2), which does not meet the lock of Lock). It reports false, at
// once, if another open file has marked it. The mark lasts until Close.
//
// Where the file system has no such marks the answer is true: there, nobody can tell, and the caller is no worse off than
// without asking. (NFS says EBADF if the file is not open for writing, and ENOLCK without a lock daemon.)
func (f *File) TryOwn() (bool, error) {
	for {
		switch err := unix.Flock(f.fd, unix.LOCK_EX|unix.LOCK_NB); err {
		case unix.EINTR:
		case unix.EWOULDBLOCK:
			return false, nil
		case unix.EBADF, unix.ENOLCK, unix.EOPNOTSUPP:
			if f.fd < 0 { // closed: here EBADF means what it says
				return false, f.failed("own", err)
			}
			return true, nil
		default:
			return err == nil, f.failed("own", err)
		}
	}
}
