package rootfs

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"pureftpd/internal/ftp"
	"pureftpd/internal/identity"
)

// ownerAttr is the extended attribute that marks a file with the login of its owner. It tells users apart who share a uid.
const ownerAttr = "user.pureftpd.owner"

const (
	maxMark    = 1024  // bytes of a mark that are read; no login is so long
	ownerRead  = 0o400 // the kernel shows a mark only to whoever may read the file,
	ownerWrite = 0o200 // and has it set only by whoever may write it
)

// An Ownership has a root tell the user's own files from those of others. A file is his if it has his uid, and no mark or
// his own. The mark is an extended attribute with the login of the user who made the file; symbolic links have none.
type Ownership struct {
	Login string // what new files and directories are marked with
	// Exempt lets the user change the files of others as well, as far as the kernel does.
	Exempt bool
	// Unmarked hears, once for each file system and cache, that a file system keeps no marks. path was made on it.
	Unmarked func(path string)
}

// A ForeignError says that a file stays as it is because it is somebody else's.
type ForeignError struct {
	UID   uint32
	Login string // the file's mark, "" if it has none
}

func (e *ForeignError) Error() string {
	if e.Login != "" {
		return fmt.Sprintf("it belongs to %q (uid %d)", e.Login, e.UID)
	}
	return fmt.Sprintf("it belongs to uid %d", e.UID)
}

// Unwrap makes it a kind of fs.ErrPermission.
func (e *ForeignError) Unwrap() error { return unix.EPERM }

// MayChange fails with a *ForeignError if what path names, a symbolic link itself, is somebody else's and to be left alone.
// It is for refusing early: every method that changes something looks at what it changes.
func (r *Root) MayChange(path string) error {
	if !r.restricted() {
		return nil
	}
	return r.lookup("change", path, unix.O_NOFOLLOW, r.own)
}

// restricted reports whether the user may change his own files only.
func (r *Root) restricted() bool { return r.owner != nil && !r.owner.Exempt }

// own fails unless the user may change the file that a descriptor stands for.
func (r *Root) own(fd int) error {
	if !r.restricted() {
		return nil
	}
	var facts ftp.Facts
	if err := fstat(fd, &facts); err != nil {
		return err
	}
	mark, err := readMark(fd, &facts)
	switch {
	case facts.UID != identity.Owner(r.who): // the mark is only for the log, and may be closed to this user
		return &ForeignError{UID: facts.UID, Login: mark}
	case err != nil:
		return fmt.Errorf("find out the owner: %w", err)
	case mark != "" && mark != r.owner.Login:
		return &ForeignError{UID: facts.UID, Login: mark}
	}
	return nil
}

// readMark returns the mark of the file that a descriptor stands for, "" if it has none. A descriptor opened with O_PATH is
// asked by its name in /proc.
func readMark(fd int, facts *ftp.Facts) (string, error) {
	if !facts.IsRegular() && !facts.IsDir() {
		return "", nil
	}
	var buf [maxMark]byte
	n, err := unix.Fgetxattr(fd, ownerAttr, buf[:])
	if err == unix.EBADF {
		n, err = unix.Getxattr(procName(fd), ownerAttr, buf[:])
	}
	switch err {
	case nil:
		return string(buf[:n]), nil
	case unix.ENODATA, unix.ENOTSUP:
		return "", nil
	}
	return "", err
}

// ownAt fails unless the user may change what a name stands for. If that is nothing, the error is ENOENT, and the deed must
// not be tried: something may have come meanwhile.
func (r *Root) ownAt(p *place) error {
	if !r.restricted() {
		return nil
	}
	fd, err := openat(p.dir, p.name, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return r.own(fd)
}

// renameOwn moves a file of the user's own, over another of his own. A file that appears under the new name meanwhile is
// looked at as well.
func (r *Root) renameOwn(p, q *place) error {
	if err := r.ownAt(p); err != nil {
		return err
	}
	for range maxSwaps {
		switch err := r.ownAt(q); err {
		case nil:
			return unix.Renameat2(p.dir, p.given(), q.dir, q.given(), 0)
		case unix.ENOENT:
		default:
			return err
		}
		err := unix.Renameat2(p.dir, p.given(), q.dir, q.given(), unix.RENAME_NOREPLACE)
		switch err {
		case unix.EEXIST:
		case unix.EINVAL: // not every file system can do that in one step
			return unix.Renameat2(p.dir, p.given(), q.dir, q.given(), 0)
		default:
			return err
		}
	}
	return unix.EEXIST
}

// A birth is the making of a file or directory that is to be marked.
type birth struct {
	perm uint32
	// unmarked is set if the file system, dev, keeps no marks.
	unmarked bool
	dev      uint64
}

// mode is what the file is made with. Its owner can read it, or nobody could see whose it is, and write it until it is marked.
func (b *birth) mode() uint32 { return b.perm | ownerRead | ownerWrite }

// mark writes the user's login on the file just made that a descriptor stands for, and gives it its final mode.
func (r *Root) mark(fd int, b *birth) error {
	err := unix.Fsetxattr(fd, ownerAttr, []byte(r.owner.Login), unix.XATTR_CREATE)
	var stat unix.Stat_t
	if err == unix.ENOTSUP {
		b.unmarked = true
	} else if err != nil {
		return fmt.Errorf("mark with the owner: %w", err)
	}
	if !b.unmarked && b.perm&ownerWrite != 0 {
		return nil
	}
	if err := unix.Fstat(fd, &stat); err != nil {
		return err
	}
	b.dev = stat.Dev
	excess := uint32(ownerWrite)
	if b.unmarked {
		excess |= ownerRead
	}
	if excess &^= b.perm; excess == 0 {
		return nil
	}
	return unix.Fchmod(fd, stat.Mode&0o7777&^excess)
}

// tell says, once for each file system, that it keeps no marks.
func (r *Root) tell(path string, b *birth) {
	if !b.unmarked || r.owner.Unmarked == nil {
		return
	}
	if _, known := r.anchor.cache.unmarked.LoadOrStore(b.dev, nil); !known {
		r.owner.Unmarked(path)
	}
}

// mkdirOwn makes a directory and marks it.
func (r *Root) mkdirOwn(p *place, b *birth) error {
	if err := unix.Mkdirat(p.dir, p.name, b.mode()); err != nil {
		return err
	}
	fd, err := openat(p.dir, p.name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	switch {
	case err == unix.ENOENT:
		return nil // it was made, and another session has taken it away
	case err != nil:
		_ = unix.Unlinkat(p.dir, p.name, unix.AT_REMOVEDIR) // the first error says more
		return err
	}
	defer unix.Close(fd)
	err = r.mark(fd, b)
	if err != nil && !errors.Is(err, unix.EEXIST) { // a mark is there: another's directory has taken the place
		_ = r.unmake(p, fd, unix.AT_REMOVEDIR) // the mark's error says more
	}
	return err
}

// openOwn opens a file for writing: one of the user's own, or one that it makes and marks.
func (r *Root) openOwn(a *anchor, path string, mode int, b *birth) (fd int, err error) {
	if mode&unix.O_CREAT == 0 {
		return r.openThere(a, path, mode)
	}
	for range maxSwaps {
		if mode&unix.O_EXCL == 0 {
			if fd, err = r.openThere(a, path, mode&^unix.O_CREAT); err != unix.ENOENT {
				return fd, err
			}
		}
		fd, err = a.view.open(a.fd, path, mode|unix.O_EXCL, b.mode())
		switch {
		case err == nil:
			return r.markNew(a, path, fd, b)
		case err != unix.EEXIST || mode&unix.O_EXCL != 0:
			return -1, err
		}
	}
	return -1, unix.EEXIST
}

// openThere opens a file that exists. What is not the user's is not emptied.
func (r *Root) openThere(a *anchor, path string, mode int) (int, error) {
	fd, err := a.view.open(a.fd, path, mode&^unix.O_TRUNC, 0)
	if err != nil {
		return -1, err
	}
	var facts ftp.Facts
	if err = transferable(fd, &facts); err == nil {
		err = r.own(fd)
	}
	if err == nil && mode&unix.O_TRUNC != 0 {
		err = unix.Ftruncate(fd, 0)
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// markNew marks a file just made. One that cannot be marked does not stay.
func (r *Root) markNew(a *anchor, path string, fd int, b *birth) (int, error) {
	err := r.mark(fd, b)
	if err == nil {
		return fd, nil
	}
	if p, found := a.place(path, unix.EISDIR); found == nil {
		_ = r.unmake(&p, fd, 0) // the mark's error says more
		p.close()
	}
	_ = unix.Close(fd)
	return -1, err
}

// unmake removes a name, provided that it still stands for the file just made.
func (r *Root) unmake(p *place, fd int, flags int) error {
	var made, named unix.Stat_t
	if err := unix.Fstat(fd, &made); err != nil {
		return err
	}
	if err := unix.Fstatat(p.dir, p.name, &named, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if made.Dev != named.Dev || made.Ino != named.Ino {
		return unix.ENOENT
	}
	return unix.Unlinkat(p.dir, p.name, flags)
}
