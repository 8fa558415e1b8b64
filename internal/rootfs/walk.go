package rootfs

import (
	"strings"

	"golang.org/x/sys/unix"
)

// walkView resolves pathnames itself, component by component, where openat2(2) is missing. Each
// step opens one name without following links; a link's text takes the name's place. In a jail ".."
// returns to the directory the walk came from, which is kept open, so that nothing moved meanwhile
// can lead out.
type walkView struct{ jail bool }

const (
	maxLinks = 40  // as the kernel's
	maxDepth = 255 // descriptors that one resolution may hold
	maxSwaps = 32  // how often a last component may be exchanged between two looks at it
)

func (v walkView) open(root int, path string, flags int, perm uint32) (int, error) {
	if err := checkPath(path); err != nil {
		return -1, err
	}
	w := walk{jail: v.jail, root: root, cur: root}
	defer w.close()
	return w.open(path, flags, perm)
}

// A walk is one resolution under way.
type walk struct {
	jail  bool
	root  int
	cur   int   // where it stands: root, or a descriptor of its own
	above []int // in a jail: the directories it came through, root first
	links int
	exit  *exit // nil: no link leads out of the jail
	owns  bool  // root is a share, and to be closed
}

func (w *walk) open(path string, flags int, perm uint32) (int, error) {
	if err := w.begin(path); err != nil {
		return -1, err
	}
	for rest := path; ; {
		name, tail, last := cutName(rest)
		if w.exit != nil {
			w.exit.step(tail)
		}
		slash := last && tail != ""
		var target string
		var err error
		switch {
		case name == "":
			return w.reopen(flags)
		case name == "." || name == "..":
			err = w.dots(name)
			if err == nil && last {
				return openat(w.cur, ".", flags&^unix.O_NOFOLLOW, perm)
			}
		case !last:
			target, err = w.down(name)
		default:
			var fd int
			if slash && flags&unix.O_CREAT != 0 {
				return -1, unix.EISDIR
			}
			if slash { // "link/" is the directory that the link names
				flags = flags&^unix.O_NOFOLLOW | unix.O_DIRECTORY
			}
			fd, target, err = w.last(name, flags, perm)
			if target == "" {
				return fd, err
			}
		}
		if err != nil {
			return -1, err
		}
		rest = tail
		if target != "" {
			if rest, err = w.turn(target, tail); err != nil {
				return -1, err
			}
		}
	}
}

// turn goes where a link leads. It returns what is to be walked next: the link's text and then the
// tail.
func (w *walk) turn(target, tail string) (rest string, err error) {
	if w.exit != nil {
		if share, below, ok := w.exit.door(w.root, target); ok {
			return w.leave(share, below, tail)
		}
	}
	if rest = target + tail; len(rest) > 2*maxPath {
		return "", unix.ENAMETOOLONG
	}
	return rest, w.begin(target)
}

// leave moves the walk into a share, which is its root from now on.
func (w *walk) leave(share, below, tail string) (rest string, err error) {
	if tail, err = w.exit.cross(tail); err != nil {
		return "", err
	}
	if rest = below + tail; len(rest) > 2*maxPath {
		return "", unix.ENAMETOOLONG
	}
	fd, err := w.exit.view.anywhere.open(unix.AT_FDCWD, share, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return "", err
	}
	w.close()
	w.root, w.cur, w.above, w.owns = fd, fd, nil, true
	return rest, nil
}

// cutName takes the first component off a pathname. The component is the last one if only slashes
// follow.
func cutName(path string) (name, tail string, last bool) {
	path = strings.TrimLeft(path, "/")
	i := strings.IndexByte(path, '/')
	if i < 0 {
		return path, "", true
	}
	return path[:i], path[i:], strings.Trim(path[i:], "/") == ""
}

// begin puts the walk where the pathname starts: an absolute one at the root, of the jail or of the
// system.
func (w *walk) begin(path string) error {
	if path[0] != '/' {
		return nil
	}
	if w.jail {
		w.to(w.root)
		for _, fd := range w.above {
			w.drop(fd)
		}
		w.above = w.above[:0]
		return nil
	}
	fd, err := openat(unix.AT_FDCWD, "/", unix.O_PATH|unix.O_DIRECTORY, 0)
	if err == nil {
		w.to(fd)
	}
	return err
}

// reopen opens the directory in which the walk stands, once the pathname is used up.
func (w *walk) reopen(flags int) (int, error) {
	if flags&unix.O_PATH != 0 {
		return unix.FcntlInt(uintptr(w.cur), unix.F_DUPFD_CLOEXEC, 0)
	}
	return openat(w.cur, ".", flags&^unix.O_NOFOLLOW, 0)
}

// dots takes a step "." or "..". Like any other it needs the right to search the directory.
func (w *walk) dots(name string) error {
	if name == ".." && !w.jail {
		fd, err := openat(w.cur, "..", unix.O_PATH|unix.O_DIRECTORY, 0)
		if err == nil {
			w.to(fd)
		}
		return err
	}
	fd, err := openat(w.cur, ".", unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	_ = unix.Close(fd)
	if n := len(w.above); name == ".." && n > 0 {
		w.to(w.above[n-1])
		w.above = w.above[:n-1]
	}
	return nil
}

// down takes a step into a directory, or returns the text of a link that stands there instead.
func (w *walk) down(name string) (target string, err error) {
	fd, mode, err := peek(w.cur, name)
	if err != nil {
		return "", err
	}
	switch mode & unix.S_IFMT {
	case unix.S_IFLNK:
		defer unix.Close(fd)
		return w.follow(fd)
	case unix.S_IFDIR:
		if !w.jail {
			w.to(fd)
			return "", nil
		}
		if len(w.above) < maxDepth {
			w.above = append(w.above, w.cur)
			w.cur = fd
			return "", nil
		}
		err = unix.ENAMETOOLONG
	default:
		err = unix.ENOTDIR
	}
	_ = unix.Close(fd)
	return "", err
}

// last opens the last component, or returns the text of a link to be followed. Between the look at
// it and the opening it may have become a link: then it is looked at again.
func (w *walk) last(name string, flags int, perm uint32) (fd int, target string, err error) {
	for range maxSwaps {
		fd, mode, err := peek(w.cur, name)
		switch {
		case err == unix.ENOENT && flags&unix.O_CREAT != 0:
		case err != nil:
			return -1, "", err
		case mode&unix.S_IFMT == unix.S_IFLNK && flags&unix.O_NOFOLLOW == 0 && flags&unix.O_EXCL == 0:
			defer unix.Close(fd)
			target, err := w.follow(fd)
			return -1, target, err
		case flags&unix.O_PATH != 0:
			if flags&unix.O_DIRECTORY != 0 && mode&unix.S_IFMT != unix.S_IFDIR {
				_ = unix.Close(fd)
				return -1, "", unix.ENOTDIR
			}
			return fd, "", nil
		default:
			_ = unix.Close(fd)
		}
		fd, err = openat(w.cur, name, flags|unix.O_NOFOLLOW, perm)
		if err != unix.ELOOP || flags&unix.O_NOFOLLOW != 0 {
			return fd, "", err
		}
	}
	return -1, "", unix.ELOOP
}

// follow reads a link. Those of proc that seem absolute are its magic links: they are refused, as
// the kernel refuses them.
func (w *walk) follow(fd int) (string, error) {
	if w.links++; w.links > maxLinks {
		return "", unix.ELOOP
	}
	text, err := readlink(fd, "")
	switch {
	case err != nil:
		return "", err
	case text == "": // no file system of the kernel's own has such
		return "", unix.ENOENT
	case text[0] != '/':
		return text, nil
	}
	var stat unix.Statfs_t
	if err := unix.Fstatfs(fd, &stat); err != nil {
		return "", err
	}
	if stat.Type == unix.PROC_SUPER_MAGIC {
		return "", unix.ELOOP
	}
	return text, nil
}

// peek opens a name for looking at it only, itself if it is a link.
func peek(dir int, name string) (fd int, mode uint32, err error) {
	fd, err = openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if err != nil {
		return -1, 0, err
	}
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		_ = unix.Close(fd)
		return -1, 0, err
	}
	return fd, stat.Mode, nil
}

// to moves the walk to a directory and gives up the one it stood in.
func (w *walk) to(fd int) {
	if fd != w.cur {
		w.drop(w.cur)
		w.cur = fd
	}
}

// drop closes a descriptor of the walk's own.
func (w *walk) drop(fd int) {
	if fd != w.root {
		_ = unix.Close(fd)
	}
}

func (w *walk) close() {
	w.drop(w.cur)
	for _, fd := range w.above {
		w.drop(fd)
	}
	if w.owns {
		_ = unix.Close(w.root)
	}
}

// readlink reads the link at path below dir, or the link dir itself if path is empty.
func readlink(dir int, path string) (string, error) {
	buf := make([]byte, maxPath)
	n, err := unix.Readlinkat(dir, path, buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}
