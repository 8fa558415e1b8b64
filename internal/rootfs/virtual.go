package rootfs

import (
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"pureftpd/internal/ftp"
)

// virtualView is the virtual chroot: a prefix put before every pathname, and links that lead
// anywhere. ".." would undo the prefix, so it may only lead a pathname, where it ends at the root;
// after another component it is refused.
type virtualView struct{ under view }

func (v virtualView) open(root int, path string, flags int, perm uint32) (int, error) {
	if path == "" {
		return -1, unix.ENOENT
	}
	below, err := clamp(path)
	if err != nil {
		return -1, err
	}
	if below == "" {
		below = "."
	}
	return v.under.open(root, below, flags, perm)
}

// clamp makes a pathname relative to the root and takes leading ".." off it. It fails with EPERM
// where ".." follows another component.
func clamp(path string) (string, error) {
	_, below := leadingDots(path)
	for part := range strings.SplitSeq(below, "/") {
		if part == ".." {
			return "", unix.EPERM
		}
	}
	return below, nil
}

// leadingDots takes slashes, "." and ".." off the front of a pathname and counts the "..".
func leadingDots(path string) (up int, below string) {
	for {
		path = strings.TrimLeft(path, "/")
		name, rest, _ := strings.Cut(path, "/")
		switch name {
		case "..":
			up++
		case ".":
			if rest == "" {
				return up, path // a last "." stays: it asks for the right to search
			}
		default:
			return up, path
		}
		path = rest
	}
}

// Join gives the pathname inside the root that a client means by name while it is in dir. Nothing
// is resolved but, in a virtual chroot, the ".." that lead name: they go up in dir as text, so that
// CDUP leaves a link by the way it was entered. There ".." after another component fails with
// EPERM. A link into a share is left likewise, but that is seen to when the pathname is resolved.
func (r *Root) Join(dir, name string) (string, error) {
	if !r.virtual() {
		return ftp.Join(dir, name), nil
	}
	up, below := leadingDots(name)
	if strings.HasPrefix(name, "/") {
		dir = "/"
	}
	for range up {
		dir = path.Dir(dir)
	}
	if _, err := clamp(below); err != nil {
		return "", failed("resolve", name, err)
	}
	return ftp.Join(dir, below), nil
}
