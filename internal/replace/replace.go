package replace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// maxLinks bounds a chain of symbolic links, as the kernel does.
const maxLinks = 40

// Target returns the path of the file that path leads to. The file need not exist; its directory
// must.
func Target(path string) (string, error) {
	for range maxLinks {
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return "", err
		}
		path = filepath.Join(dir, filepath.Base(path))
		next, err := os.Readlink(path)
		switch {
		case errors.Is(err, syscall.EINVAL) || errors.Is(err, fs.ErrNotExist):
			return path, nil // no link
		case err != nil:
			return "", err
		case filepath.IsAbs(next):
			path = next
		default:
			path = filepath.Join(dir, next)
		}
	}
	return "", &fs.PathError{Op: "resolve", Path: path, Err: syscall.ELOOP}
}

// ErrLocked says that another open file holds the lock.
var ErrLocked = errors.New("locked by another program")

// TryLock locks the file as a whole, until it is closed, or returns ErrLocked at once. The lock (flock)
// keeps out only those who ask for it.
func TryLock(f *os.File) error {
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = c.Control(func(fd uintptr) { failed = syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB) })
	switch {
	case err != nil:
		return err
	case errors.Is(failed, syscall.EWOULDBLOCK):
		return fmt.Errorf("%s: %w", f.Name(), ErrLocked)
	case failed != nil:
		return &fs.PathError{Op: "lock", Path: f.Name(), Err: failed}
	}
	return nil
}

// Current tells whether f, opened without following a link, is still what its name stands for.
func Current(f *os.File) (bool, error) {
	mine, err := f.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Lstat(f.Name())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(mine, there), err
}

// Resemble gives f the owner, group and mode of the file that old describes.
func Resemble(f *os.File, old fs.FileInfo) error {
	now, err := f.Stat()
	if err != nil {
		return err
	}
	want, is := old.Sys().(*syscall.Stat_t), now.Sys().(*syscall.Stat_t)
	if want.Uid != is.Uid || want.Gid != is.Gid {
		if err := f.Chown(int(want.Uid), int(want.Gid)); err != nil {
			return fmt.Errorf("keep the owner of the old file: %w", err)
		}
	}
	return f.Chmod(old.Mode().Perm())
}

// SyncDir makes the names in the directory of the file at path outlive a power failure.
func SyncDir(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
