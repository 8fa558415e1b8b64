package rootfs

import (
	"strings"

	"golang.org/x/sys/unix"
)

// A place is a name in an open directory: what calls that make or remove names act on.
type place struct {
	dir   int
	name  string // one component, neither "." nor ".."
	slash bool   // the pathname ended with a slash: only a directory is meant
	own   bool   // dir is to be closed
}

// place opens the parent directory of path. dots is the error for pathnames that end in no name of
// their own: "/", "." and "..", which are directories.
func (a *anchor) place(path string, dots unix.Errno) (place, error) {
	if err := checkPath(path); err != nil {
		return place{}, err
	}
	parent, name := splitName(path)
	if name == "" {
		return place{}, dots
	}
	p := place{dir: a.fd, name: name, slash: path[len(path)-1] == '/'}
	if strings.Trim(parent, "/") == "" {
		return p, nil
	}
	dir, err := a.view.open(a.fd, parent, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return place{}, err
	}
	p.dir, p.own = dir, true
	return p, nil
}

// splitName takes the name that path ends with off it. If that is none of its own, "/", "." or "..",
// parent is the whole path.
func splitName(path string) (parent, name string) {
	trimmed := strings.TrimRight(path, "/")
	i := strings.LastIndexByte(trimmed, '/') + 1
	if name = trimmed[i:]; name == "." || name == ".." || name == "" {
		return path, ""
	}
	return trimmed[:i], name
}

func (p *place) close() {
	if p.own {
		_ = unix.Close(p.dir)
	}
}

// given is the name with the slash that followed it, for calls that do not resolve it.
func (p *place) given() string {
	if p.slash {
		return p.name + "/"
	}
	return p.name
}
