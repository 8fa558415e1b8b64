package rootfs

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"pureftpd/internal/identity"
)

// A Cache opens roots and lets those of the same directory share one descriptor: a session in a
// root that others have open costs a few dozen bytes. It also knows what the kernel can do. A
// server has one; any number of goroutines may use it.
type Cache struct {
	kernel   Kernel
	inside   view      // a root of its own
	anywhere view      // the whole system, without magic links
	shared   view      // a root of its own, with links into shares; inside if there are none
	batches  sync.Pool // of *batch
	unmarked sync.Map  // by device: the file systems known to keep no marks

	mu      sync.Mutex
	anchors map[anchorKey]*anchor
}

// An anchor is the open directory that roots share.
type anchor struct {
	cache *Cache
	key   anchorKey
	view  view
	fd    int
	real  string // physical path when it was opened, "" where /proc is missing
	refs  int    // guarded by cache.mu
}

// anchorKey tells directories apart: the path is part of it because a root answers for its path.
type anchorKey struct {
	dev, ino uint64
	path     string
	virtual  bool
}

// NewCache asks the kernel what it can do and returns an empty cache.
//
// shares are directories into which absolute symbolic links lead out of the roots, other than "/"
// and virtual ones. Each is an absolute pathname, clean and not "/"; one that is not is left out, so
// that nothing leads there.
func NewCache(shares ...string) *Cache { return newCache(probe(), shares...) }

func newCache(k Kernel, shares ...string) *Cache {
	c := &Cache{kernel: k, anchors: make(map[anchorKey]*anchor)}
	c.batches.New = func() any { return new(batch) }
	if k.Openat2 {
		c.inside, c.anywhere = kernelView{insideRoot}, kernelView{anywhere}
	} else {
		c.inside, c.anywhere = walkView{jail: true}, walkView{}
	}
	c.shared = c.inside
	if v := newShareView(c.inside, c.anywhere, shares); len(v.shares) > 0 {
		c.shared = v
	}
	return c
}

// Kernel reports what the kernel can do, for the server to say at start.
func (c *Cache) Kernel() Kernel { return c.kernel }

// Directories reports how many descriptors the cache holds.
func (c *Cache) Directories() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.anchors)
}

// Options say which root to open.
type Options struct {
	Path    string        // absolute; "/" for a user without chroot
	Who     *identity.Who // in whose name the methods act; nil is nobody. Not changed while the root is open
	Virtual bool          // a virtual chroot; without meaning for "/"
	Owner   *Ownership    // nil: nothing is marked, and whatever the kernel allows may be changed
}

// Open opens a root. The directory is entered in the user's name, but with the right to pass
// through directories that are closed to the user, as the home of an account may lie below such.
// The error is a *fs.PathError.
func (c *Cache) Open(o Options) (*Root, error) {
	if !strings.HasPrefix(o.Path, "/") {
		return nil, failed("enter", o.Path, fmt.Errorf("not an absolute path: %w", fs.ErrInvalid))
	}
	name := path.Clean(o.Path)
	fd, tried := -1, false
	enter := func() error {
		tried = true
		return identity.As(o.Who, func() (err error) {
			fd, err = c.anywhere.open(unix.AT_FDCWD, o.Path, unix.O_PATH|unix.O_DIRECTORY, 0)
			return err
		})
	}
	err := identity.With(identity.ReadSearch, enter)
	if !tried { // the process was started without that capability
		err = enter()
	}
	if err != nil {
		return nil, failed("enter", o.Path, err)
	}
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		_ = unix.Close(fd)
		return nil, failed("enter", o.Path, err)
	}
	key := anchorKey{dev: stat.Dev, ino: stat.Ino, path: name, virtual: o.Virtual && name != "/"}
	return &Root{anchor: c.share(key, fd), who: o.Who, owner: o.Owner}, nil
}

// share finds the anchor for a directory just opened, or makes one. It takes over the descriptor.
func (c *Cache) share(key anchorKey, fd int) *anchor {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.anchors[key]
	if a != nil {
		_ = unix.Close(fd)
	} else {
		a = &anchor{cache: c, key: key, view: c.shared, fd: fd, real: procPath(fd)}
		switch {
		case key.virtual:
			a.view = virtualView{c.anywhere}
		case key.path == "/":
			a.view = c.inside
		}
		c.anchors[key] = a
	}
	a.refs++
	return a
}

// release gives back what share gave.
func (c *Cache) release(a *anchor) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.refs--; a.refs == 0 {
		delete(c.anchors, a.key)
		_ = unix.Close(a.fd)
	}
}
