package rootfs

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"

	"pureftpd/internal/identity"
)

// A Root is one user's view of the file system: a directory that is "/" to them, and their
// identity. Its pathnames are absolute inside the root. A Root belongs to one session; its methods
// may be called from several goroutines as long as none of them is Close. Errors are *fs.PathError
// or *os.LinkError around the kernel's errno.
type Root struct {
	anchor *anchor // nil once closed
	who    *identity.Who
	owner  *Ownership // nil: nothing is marked, and whatever the kernel allows may be changed
}

// ErrGone and ErrMoved are what Alive finds.
var (
	ErrGone  = errors.New("the root directory was deleted")
	ErrMoved = errors.New("the root directory was moved")
)

// Path returns the root's path on the system, as it was given.
func (r *Root) Path() string {
	if r.anchor == nil {
		return ""
	}
	return r.anchor.key.path
}

func (r *Root) virtual() bool { return r.anchor != nil && r.anchor.key.virtual }

// Close gives the root up. Files opened in it stay open. Closing again does nothing.
func (r *Root) Close() {
	if a := r.anchor; a != nil {
		r.anchor = nil
		a.cache.release(a)
	}
}

// Alive returns ErrGone if the directory was deleted since the root was opened, ErrMoved if it is
// elsewhere now. A root that was moved goes on working, as in chroot(2). Where /proc is missing a
// move is not noticed.
func (r *Root) Alive() error {
	a := r.anchor
	if a == nil {
		return failed("check", "/", fs.ErrClosed)
	}
	var stat unix.Stat_t
	if err := unix.Fstat(a.fd, &stat); err != nil {
		return failed("check", a.key.path, err)
	}
	if stat.Nlink == 0 {
		return failed("check", a.key.path, ErrGone)
	}
	if now := procPath(a.fd); now != "" && a.real != "" && now != a.real {
		return failed("check", a.key.path, ErrMoved)
	}
	return nil
}

// act runs fn, one operation, in the user's name.
func (r *Root) act(op, path string, fn func(a *anchor) error) error {
	a := r.anchor
	if a == nil {
		return failed(op, path, fs.ErrClosed)
	}
	if err := identity.As(r.who, func() error { return fn(a) }); err != nil {
		return failed(op, path, err)
	}
	return nil
}

// lookup opens a descriptor that stands for the file at path and gives it to fn.
func (r *Root) lookup(op, path string, flags int, fn func(fd int) error) error {
	return r.act(op, path, func(a *anchor) error {
		fd, err := a.view.open(a.fd, path, unix.O_PATH|flags, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		return fn(fd)
	})
}

func failed(op, path string, err error) error { return &fs.PathError{Op: op, Path: path, Err: err} }
