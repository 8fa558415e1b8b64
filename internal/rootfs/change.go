package rootfs

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"pureftpd/internal/identity"
)

// Mkdir makes a directory with the mode perm.
func (r *Root) Mkdir(path string, perm uint32) error {
	b := birth{perm: perm}
	err := r.at("mkdir", path, unix.EEXIST, func(p *place) error {
		if r.owner != nil {
			return r.mkdirOwn(p, &b)
		}
		return unix.Mkdirat(p.dir, p.name, perm)
	})
	r.tell(path, &b)
	return err
}

// Rmdir removes an empty directory.
func (r *Root) Rmdir(path string) error {
	return r.at("rmdir", path, unix.EBUSY, func(p *place) error {
		if err := r.ownAt(p); err != nil {
			return err
		}
		return unix.Unlinkat(p.dir, p.name, unix.AT_REMOVEDIR)
	})
}

// Unlink removes a file that is no directory: a symbolic link itself.
func (r *Root) Unlink(path string) error {
	return r.at("unlink", path, unix.EISDIR, func(p *place) error {
		if p.slash {
			return unix.ENOTDIR
		}
		if err := r.ownAt(p); err != nil {
			return err
		}
		return unix.Unlinkat(p.dir, p.name, 0)
	})
}

// Rename moves a file, over what is there unless that is a directory with entries, as rename(2).
func (r *Root) Rename(from, to string) error {
	return r.between("rename", from, to, unix.EBUSY, func(p, q *place) error {
		if r.restricted() {
			return r.renameOwn(p, q)
		}
		return unix.Renameat2(p.dir, p.given(), q.dir, q.given(), 0)
	})
}

// RenameNew moves a file to a name that does not exist; if it does, the error is fs.ErrExist. Not
// every file system can do so in one step: EINVAL says that this one cannot.
func (r *Root) RenameNew(from, to string) error {
	return r.between("rename", from, to, unix.EBUSY, func(p, q *place) error {
		if err := r.ownAt(p); err != nil {
			return err
		}
		return unix.Renameat2(p.dir, p.given(), q.dir, q.given(), unix.RENAME_NOREPLACE)
	})
}

// Link gives a file a second name, which must not exist. A symbolic link is not followed.
func (r *Root) Link(from, to string) error {
	return r.between("link", from, to, unix.EPERM, func(p, q *place) error {
		if p.slash || q.slash {
			return unix.ENOTDIR
		}
		return unix.Linkat(p.dir, p.name, q.dir, q.name, 0)
	})
}

// at runs fn on the name that path ends with.
func (r *Root) at(op, path string, dots unix.Errno, fn func(p *place) error) error {
	return r.act(op, path, func(a *anchor) error {
		p, err := a.place(path, dots)
		if err != nil {
			return err
		}
		defer p.close()
		return fn(&p)
	})
}

// between runs fn on two names.
func (r *Root) between(op, from, to string, dots unix.Errno, fn func(p, q *place) error) error {
	a := r.anchor
	err := fs.ErrClosed
	if a != nil {
		err = identity.As(r.who, func() error {
			p, err := a.place(from, dots)
			if err != nil {
				return err
			}
			defer p.close()
			q, err := a.place(to, dots)
			if err != nil {
				return err
			}
			defer q.close()
			return fn(&p, &q)
		})
	}
	if err != nil {
		return &os.LinkError{Op: op, Old: from, New: to, Err: err}
	}
	return nil
}
