package rootfs

import (
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/sys/unix"

	"pureftpd/internal/identity"
)

// CreateHome makes an account's home and the directories above it that are missing. Those are
// root's, with mode 0755; the home itself gets the mode perm and the owner who. A home that exists
// is left as it is. It is done in root's name: the directories need to be root's or open to it,
// because no capability to override permissions is raised. A server without privilege makes
// everything its own. A login that is not empty is the mark the home gets, as files get it that are made in a root with an
// [Ownership].
func (c *Cache) CreateHome(home string, who *identity.Who, perm uint32, login string) error {
	parts, err := homeParts(home)
	if err != nil {
		return failed("create home", home, err)
	}
	err = identity.As(&identity.Who{}, func() error {
		dir, err := c.anywhere.open(unix.AT_FDCWD, "/", unix.O_PATH|unix.O_DIRECTORY, 0)
		if err != nil {
			return err
		}
		defer func() { _ = unix.Close(dir) }()
		for i, name := range parts {
			mode, owner := uint32(0o755), (*heir)(nil)
			if i == len(parts)-1 {
				mode, owner = perm, &heir{who, login}
			}
			next, err := c.step(dir, name, mode, owner)
			if err != nil {
				return fmt.Errorf("/%s: %w", strings.Join(parts[:i+1], "/"), err)
			}
			_ = unix.Close(dir)
			dir = next
		}
		return nil
	})
	if err != nil {
		return failed("create home", home, err)
	}
	return nil
}

// homeParts takes a home apart. The "/./" that marks a chroot says nothing here.
func homeParts(home string) ([]string, error) {
	if !strings.HasPrefix(home, "/") {
		return nil, fs.ErrInvalid
	}
	var parts []string
	for part := range strings.SplitSeq(home, "/") {
		switch part {
		case "", ".":
		case "..":
			return nil, fs.ErrInvalid
		default:
			parts = append(parts, part)
		}
	}
	return parts, nil
}

// An heir is who a home is given to.
type heir struct {
	who   *identity.Who
	login string // the mark; "" for none
}

// step opens a directory, or makes it and gives it to its owner. What was not made here is not
// given away.
func (c *Cache) step(dir int, name string, mode uint32, owner *heir) (int, error) {
	fd, err := c.anywhere.open(dir, name, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != unix.ENOENT {
		return fd, err
	}
	switch err := unix.Mkdirat(dir, name, mode); {
	case err == unix.EEXIST: // somebody was faster
		return c.anywhere.open(dir, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	case err != nil:
		return -1, err
	}
	fd, err = c.anywhere.open(dir, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil || owner == nil {
		return fd, err
	}
	if err := give(fd, owner); err != nil {
		_ = unix.Close(fd)
		_ = unix.Unlinkat(dir, name, unix.AT_REMOVEDIR) // else the next login would find a home that is not the user's
		return -1, err
	}
	return fd, nil
}

// give changes the owner of a directory just made, provided that it is still the server's own.
func give(fd int, owner *heir) error {
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return err
	}
	if int(stat.Uid) != unix.Geteuid() && stat.Uid != 0 {
		return unix.EPERM
	}
	if owner.login != "" { // once it is the user's, the mark could be set in his name only
		if err := unix.Setxattr(procName(fd), ownerAttr, []byte(owner.login), 0); err != nil && err != unix.ENOTSUP {
			return fmt.Errorf("mark with the owner: %w", err)
		}
	}
	err := unix.Fchownat(fd, "", int(owner.who.UID), int(owner.who.GID), unix.AT_EMPTY_PATH)
	if err == unix.EPERM && !identity.Active() {
		return nil // without privilege all files are the server's
	}
	return err
}
