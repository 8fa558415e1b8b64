package uploads

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// Files are what server and reader share, by pathname.
type Files struct{ Pipe, Lock string }

// System returns the files of this system, which are the original's.
func System() Files {
	return Files{Pipe: "/var/run/pure-ftpd.upload.pipe", Lock: "/var/run/pure-ftpd.upload.lock"}
}

// mode is that of all files of this package: who could write to them would choose what a program is run for.
const mode = 0o600

// Prepare makes what is not there and checks what is: a pipe and a regular file, no links, that belong to owner and that
// nobody else may touch.
func (f Files) Prepare(owner int) error {
	if err := f.makePipe(); err != nil {
		return err
	}
	if err := checkPath(f.Pipe, fs.ModeNamedPipe, owner); err != nil {
		return err
	}
	lock, err := openRegular(f.Lock, owner)
	if err != nil {
		return err
	}
	return lock.Close()
}

// makePipe makes the pipe if there is nothing in its place.
func (f Files) makePipe() error {
	err := syscall.Mkfifo(f.Pipe, mode)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make the pipe %s: %w", f.Pipe, err)
	}
	return os.Chmod(f.Pipe, mode) // whatever the umask
}

// OpenReader opens the reader's end without waiting for a writer. The file is open for writing, too, so that reading does not
// end when the last server does.
func (f Files) OpenReader(owner int) (*os.File, error) {
	return openPipe(f.Pipe, os.O_RDWR, owner)
}

// openPipe opens the pipe at one of its ends, without waiting for the other.
func openPipe(path string, flag, owner int) (*os.File, error) {
	pipe, err := os.OpenFile(path, flag|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, plain(path, err)
	}
	return checked(pipe, fs.ModeNamedPipe, owner)
}

// openRegular opens a file for reading and writing, and makes it if it is not there.
func openRegular(path string, owner int) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if errors.Is(err, fs.ErrNotExist) {
		file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, mode)
		if err == nil {
			err = file.Chmod(mode) // whatever the umask
		}
	}
	if err != nil {
		return nil, plain(path, err)
	}
	return checked(file, 0, owner)
}

// plain says in words what the system says of links.
func plain(path string, err error) error {
	if errors.Is(err, syscall.ELOOP) {
		return fmt.Errorf("%s is a symbolic link; remove it", path)
	}
	return err
}

// checkPath looks at a file that is not open.
func checkPath(path string, kind fs.FileMode, owner int) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	return check(path, info, kind, owner)
}

// checked returns a file that has passed the check.
func checked(f *os.File, kind fs.FileMode, owner int) (*os.File, error) {
	info, err := f.Stat()
	if err == nil {
		err = check(f.Name(), info, kind, owner)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func check(path string, info fs.FileInfo, kind fs.FileMode, owner int) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	what := "regular file"
	if kind == fs.ModeNamedPipe {
		what = "named pipe"
	}
	switch {
	case info.Mode().Type() != kind:
		return fmt.Errorf("%s is not a %s; remove it", path, what)
	case !ok || int(st.Uid) != owner:
		return fmt.Errorf("%s does not belong to user %d; remove it", path, owner)
	case info.Mode().Perm() != mode:
		return fmt.Errorf("%s has mode %04o, not %04o; remove it", path, info.Mode().Perm(), mode)
	}
	return nil
}

// tryLock locks a file for this process, or returns errLocked. The lock is fcntl's, as the original's.
func tryLock(f *os.File) error {
	err := fcntl(f, syscall.F_SETLK, syscall.F_WRLCK)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		return errLocked
	}
	return err
}

// waitLock waits for the lock. It is for locks that nobody holds for long.
func waitLock(f *os.File) error { return fcntl(f, syscall.F_SETLKW, syscall.F_WRLCK) }

func unlock(f *os.File) error { return fcntl(f, syscall.F_SETLK, syscall.F_UNLCK) }

func fcntl(f *os.File, command int, kind int16) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		for {
			failed = syscall.FcntlFlock(fd, command, &syscall.Flock_t{Type: kind})
			if failed != syscall.EINTR {
				return
			}
		}
	})
	if failed != nil {
		return &fs.PathError{Op: "lock", Path: f.Name(), Err: failed}
	}
	return err
}
