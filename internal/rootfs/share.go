package rootfs

import (
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// shareView is a jail with doors: an absolute symbolic link that names a share, or something in
// one, leads there, although it lies outside of the root. A share is a directory that the
// administrator has listed.
//
// What lies inside the root wins, as in chroot(2): a link is a door only if its text names nothing
// there. Behind the door the share is the root: ".." of a link ends at its top, and an absolute
// link begins there, unless it is a door again. The share's own path is the administrator's and may
// hold links; it is opened in the user's name, as everything is.
//
// The client's own ".." leaves a share by the way it was entered: behind a door it takes the
// component before it off as text, also the door itself. So "/door/.." is the directory in which the
// door lies, however deep in the share the door leads.
//
// The kernel resolves the pathname first; only what it does not find is walked. The walk's answer
// rests on no look that was taken before: whatever is exchanged meanwhile, it stands in a directory
// that it holds open, in the root or in a share.
type shareView struct {
	inside   view // a jail; used for roots and for shares
	anywhere view // the whole system
	shares   []string
}

// newShareView keeps the shares that can be one: absolute, clean and not the whole system.
func newShareView(inside, anywhere view, shares []string) *shareView {
	v := &shareView{inside: inside, anywhere: anywhere}
	for _, share := range shares {
		if strings.HasPrefix(share, "/") && share != "/" && path.Clean(share) == share {
			v.shares = append(v.shares, share)
		}
	}
	return v
}

// A crossing says where a client's pathname left the root.
type crossing struct {
	link  string // the pathname up to the door; "" if it stayed inside
	below string // the rest of it, without ".."
}

func (v *shareView) open(root int, path string, flags int, perm uint32) (int, error) {
	fd, _, err := v.resolve(root, path, flags, perm)
	return fd, err
}

// resolve is open; it says as well where the pathname left the root.
func (v *shareView) resolve(root int, path string, flags int, perm uint32) (int, crossing, error) {
	links := 0
	for {
		fd, err := v.inside.open(root, path, flags, perm)
		if err == nil || path == "" || !mayBeDoor(err) {
			return fd, crossing{}, err
		}
		x := exit{view: v, path: path, left: len(path)}
		w := walk{jail: true, root: root, cur: root, links: links, exit: &x}
		fd, walked := w.open(path, flags, perm)
		w.close()
		switch {
		case x.again != "": // shorter than path by a link at least, and all rounds share the bound of links
			path, links = x.again, w.links
		case walked == nil || walked == unix.ELOOP || x.link != "":
			return fd, crossing{x.link, x.below}, walked
		default:
			return -1, crossing{}, err
		}
	}
}

// mayBeDoor tells what the kernel says of a link whose text names nothing inside the root: nothing
// there, something that is no directory on the way, or the link itself.
func mayBeDoor(err error) bool { return err == unix.ENOENT || err == unix.ENOTDIR || err == unix.ELOOP }

// match finds the share, the innermost one, that the text of a link leads into, and the path below
// its top. A text with ".." leads into none: what it means would depend on links in it.
func (v *shareView) match(text string) (share, below string, ok bool) {
	if !strings.HasPrefix(text, "/") {
		return "", "", false
	}
	for part := range strings.SplitSeq(text, "/") {
		if part == ".." {
			return "", "", false
		}
	}
	clean := path.Clean(text)
	for _, s := range v.shares {
		if rest, found := strings.CutPrefix(clean, s); found && (rest == "" || rest[0] == '/') && len(s) > len(share) {
			share, below = s, rest
		}
	}
	if strings.HasSuffix(text, "/") || strings.HasSuffix(text, "/.") {
		below += "/." // "must be a directory" survives the cleaning
	}
	return share, below, share != ""
}

// An exit lets a walk leave its root through doors.
type exit struct {
	view  *shareView
	path  string // the client's pathname
	left  int    // how many bytes at its end are yet to be walked
	link  string // as in crossing
	below string
	again string // the pathname to begin anew with, because ".." went back through the door
}

// step notes that a component was taken off what is to be walked: the text of links, if any, and
// then the client's own.
func (x *exit) step(tail string) { x.left = min(x.left, len(tail)) }

// door returns the share that a link with this text leads into, seen from a root.
func (x *exit) door(root int, text string) (share, below string, ok bool) {
	if share, below, ok = x.view.match(text); !ok {
		return "", "", false
	}
	fd, err := x.view.inside.open(root, text, unix.O_PATH, 0)
	if err == nil {
		_ = unix.Close(fd)
	}
	return share, below, err != nil && mayBeDoor(err)
}

// cross notes that the client's pathname goes through a door here. It returns what is to be walked
// behind it, of the text that followed the link. It fails if ".." leads back out.
func (x *exit) cross(tail string) (string, error) {
	if x.link != "" {
		return tail, nil // there is no ".." in the client's own text any more
	}
	split := len(x.path) - x.left
	link, own := x.path[:split], x.path[split:]
	below, after, back := foldDots(own)
	if back {
		x.again = link[:strings.LastIndexByte(link, '/')+1] + "." + after
		return "", unix.EXDEV
	}
	tail = tail[:len(tail)-x.left] + below
	x.link, x.below = link, below
	x.path, x.left = link+below, len(below)
	return tail, nil
}

// foldDots takes each ".." off as text, with the component before it. If one has none before it,
// back is true and after is what follows that one.
func foldDots(text string) (folded, after string, back bool) {
	var kept []string
	dots, end := false, "" // end says that a directory is meant
	for rest, last := text, false; !last; {
		var name string
		name, rest, last = cutName(rest)
		switch name {
		case "", ".":
			end = "/."
		case "..":
			if len(kept) == 0 {
				return "", rest, true
			}
			kept, dots, end = kept[:len(kept)-1], true, "/."
		default:
			kept, end = append(kept, "/"+name), ""
			if last && rest != "" {
				end = "/"
			}
		}
	}
	if !dots {
		return text, "", false
	}
	return strings.Join(kept, "") + end, "", false
}
