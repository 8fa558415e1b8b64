package rootfs

import (
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// Enter checks that path is a directory which the user may enter, and returns what the working
// directory is called then: its physical path inside the root, or in a virtual chroot the path by
// which it was entered.
func (r *Root) Enter(dir string) (string, error) {
	var name string
	err := r.lookup("enter", dir+"/.", unix.O_DIRECTORY, func(fd int) (err error) { // "/." asks for search permission
		if r.virtual() {
			below, err := clamp(dir)
			name = path.Clean("/" + below)
			return err
		}
		name, err = r.anchor.physical(fd, dir)
		return err
	})
	return name, err
}

// RealPath returns the physical path that a file has on the system, for programs that look at it
// from outside: the root's path and the path inside it. In a virtual chroot the file may be
// anywhere.
func (r *Root) RealPath(name string) (string, error) {
	var full string
	err := r.lookup("resolve", name, 0, func(fd int) error {
		if r.virtual() {
			if full = procPath(fd); full != "" {
				return nil
			}
		}
		inside, err := r.anchor.physical(fd, name)
		full = path.Join(r.anchor.key.path, inside)
		return err
	})
	return full, err
}

// maxLooks bounds how often two paths are read that a rename of the root may have changed in
// between.
const maxLooks = 4

// physical is the path of an open file inside the root. Where /proc is missing, or the file has
// left the root, it is name as text.
func (a *anchor) physical(fd int, name string) (string, error) {
	for range maxLooks {
		root, full := procPath(a.fd), procPath(fd)
		if root == "" || full == "" {
			break
		}
		if strings.HasSuffix(full, " (deleted)") {
			var stat unix.Stat_t
			if err := unix.Fstat(fd, &stat); err != nil || stat.Nlink == 0 {
				return "", unix.ENOENT
			}
		}
		if inside, ok := below(root, full); ok {
			return inside, nil
		}
	}
	return path.Clean("/" + name), nil
}

// below takes a root's path off a path in it.
func below(root, full string) (string, bool) {
	if root == "/" {
		return full, strings.HasPrefix(full, "/")
	}
	inside, ok := strings.CutPrefix(full, root)
	switch {
	case !ok:
		return "", false
	case inside == "":
		return "/", true
	}
	return inside, inside[0] == '/'
}
