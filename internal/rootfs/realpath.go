package rootfs

import (
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// Enter checks that path is a directory which the user may enter, and returns what the working
// directory is called then, a path by which it is found again: its physical path inside the root,
// and in a virtual chroot the path by which it was entered. In a share it is the physical path of
// the link that leads there and what follows in the share.
func (r *Root) Enter(dir string) (string, error) {
	var name string
	err := r.act("enter", dir, func(a *anchor) error {
		fd, door, err := a.resolve(dir+"/.", unix.O_DIRECTORY) // "/." asks for search permission
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		switch {
		case a.key.virtual:
			var below string
			below, err = clamp(dir)
			name = path.Clean("/" + below)
		case door.link != "":
			name, err = a.entered(fd, door)
		default:
			name, err = a.physical(fd, dir)
		}
		return err
	})
	return name, err
}

// RealPath returns the physical path that a file has on the system, for programs that look at it
// from outside: the root's path and the path inside it. In a virtual chroot and behind a link into
// a share the file may be anywhere.
func (r *Root) RealPath(name string) (string, error) {
	var full string
	err := r.act("resolve", name, func(a *anchor) error {
		fd, door, err := a.resolve(name, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		if a.key.virtual || door.link != "" {
			if full = procPath(fd); full != "" {
				return nil
			}
		}
		inside, err := a.physical(fd, name)
		full = path.Join(a.key.path, inside)
		return err
	})
	return full, err
}

// Outside reports whether the directory in which path names something lies outside the root's own
// tree: in a share, or where a link of a virtual chroot leads. For other roots it is false without a
// look at the directory. In a virtual chroot it takes /proc to tell.
func (r *Root) Outside(name string) (bool, error) {
	out := false
	err := r.act("resolve", name, func(a *anchor) error {
		if _, sharing := a.view.(*shareView); !sharing && !a.key.virtual {
			return nil
		}
		parent, _ := splitName(name)
		fd, door, err := a.resolve(parent, unix.O_DIRECTORY)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		if door.link == "" && !a.key.virtual || a.key.virtual && procPath(fd) == "" {
			return nil
		}
		_, inside, err := within(a.fd, fd) // a share may lie in the root
		out = !inside
		return err
	})
	return out && err == nil, err
}

// resolve opens a descriptor that stands for the file at path, and says where the pathname left the
// root for a share.
func (a *anchor) resolve(path string, flags int) (int, crossing, error) {
	if v, ok := a.view.(*shareView); ok {
		return v.resolve(a.fd, path, unix.O_PATH|flags, 0)
	}
	fd, err := a.view.open(a.fd, path, unix.O_PATH|flags, 0)
	return fd, crossing{}, err
}

// entered is the name of a directory in a share. Where its physical path does not begin with what
// the link leads to, what follows the link is the client's text.
func (a *anchor) entered(fd int, door crossing) (string, error) {
	parent, link := splitName(door.link)
	up, err := a.view.open(a.fd, parent+".", unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(up)
	where, err := a.physical(up, parent)
	if err != nil {
		return "", err
	}
	top, err := a.view.open(a.fd, door.link, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(top)
	inside, ok, err := within(top, fd)
	if !ok {
		inside = door.below
	}
	return path.Join(where, link, inside), err
}

// physical is the path of an open file inside the root. Where /proc is missing, or the file has
// left the root, it is name as text.
func (a *anchor) physical(fd int, name string) (string, error) {
	inside, ok, err := within(a.fd, fd)
	if ok || err != nil {
		return inside, err
	}
	return path.Clean("/" + name), nil
}

// maxLooks bounds how often two paths are read that a rename may have changed in between.
const maxLooks = 4

// within is the path of an open file below an open directory, beginning with a slash. ok is false
// if it is not below, or where /proc is missing. A file that was deleted is ENOENT.
func within(dir, fd int) (inside string, ok bool, err error) {
	for range maxLooks {
		top, full := procPath(dir), procPath(fd)
		if top == "" || full == "" {
			break
		}
		if strings.HasSuffix(full, " (deleted)") {
			var stat unix.Stat_t
			if err := unix.Fstat(fd, &stat); err != nil || stat.Nlink == 0 {
				return "", false, unix.ENOENT
			}
		}
		if inside, ok := below(top, full); ok {
			return inside, true, nil
		}
	}
	return "", false, nil
}

// below takes a directory's path off a path in it.
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
