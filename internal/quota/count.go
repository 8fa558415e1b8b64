package quota

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"pureftpd/internal/ftp"
)

// FileName is the name of the quota file in a user's root. Files of that name count nowhere.
const FileName = ".ftpquota"

// A Tree is what is counted: a user's root, seen by the user. Pathnames are absolute inside of it.
type Tree interface {
	// ReadDir calls fn for each entry of a directory, with the entry's own facts, until fn returns false. Name and facts
	// are valid during the call only. "." and ".." may be among them.
	ReadDir(path string, fn func(name []byte, facts *ftp.Facts) bool) error
	// Facts returns the facts of a file: of a symbolic link itself, or with follow of what it leads to.
	Facts(path string, follow bool) (ftp.Facts, error)
}

// Watch is told how a count goes on. Either function may be nil.
type Watch struct {
	Entries func(n int64)                // n more entries were looked at
	Closed  func(path string, err error) // a directory that the user may not read: it counts, what is in it does not
}

// Count counts what is in a tree, the way the server does when it is put there: each regular file, under each of its names,
// with its size; each directory once, but not the root; both also where only a symbolic link leads to them. Devices, FIFOs,
// sockets and links that lead nowhere or out do not count, nor does any file called FileName.
//
// Entries that come and go meanwhile may be counted or not, and one that is moved may be missed: Recount is for trees in use.
func Count(ctx context.Context, tree Tree, w Watch) (Usage, error) {
	c := counter{ctx: ctx, tree: tree, watch: w, seen: make(map[key]bool)}
	root, err := tree.Facts("/", true)
	if err != nil {
		return Usage{}, fmt.Errorf("count: %w", err)
	}
	c.seen[key{root.Dev, root.Ino}] = true
	if err := c.read(nil); err != nil {
		return Usage{}, fmt.Errorf("count: %w", err)
	}
	for {
		f := c.next()
		if f == nil {
			return c.used, nil
		}
		if err := c.enter(f); err != nil {
			return Usage{}, fmt.Errorf("count: %w", err)
		}
	}
}

// A folder is a directory that was found. It knows its name and not its pathname, so that deep trees need no more memory
// than flat ones.
type folder struct {
	parent *folder // nil stands for the root
	name   string
	id     key
}

func (f *folder) path() string {
	if f == nil {
		return ""
	}
	return f.parent.path() + "/" + f.name
}

// A counter is one count under way. Directories wait in lists, not on the stack.
type counter struct {
	ctx   context.Context
	tree  Tree
	watch Watch
	used  Usage
	seen  map[key]bool // the directories that were counted

	found []*folder // directories to be read
	// linked are those that links lead to. They come last: by then all that can be reached without links has been, by the
	// shortest pathname there is, and neither loops nor chains of links have made any longer.
	linked []*folder
}

// next takes a directory off the lists.
func (c *counter) next() *folder {
	list := &c.found
	if len(*list) == 0 {
		list = &c.linked
	}
	last := len(*list) - 1
	if last < 0 {
		return nil
	}
	f := (*list)[last]
	(*list)[last] = nil
	*list = (*list)[:last]
	return f
}

// enter counts a directory and reads it, if that was not done yet.
func (c *counter) enter(f *folder) error {
	if c.seen[f.id] {
		return nil
	}
	c.seen[f.id] = true
	err := c.read(f)
	switch {
	case gone(err):
		return nil
	case errors.Is(err, fs.ErrPermission):
		if c.watch.Closed != nil {
			c.watch.Closed(f.path(), err)
		}
	case err != nil:
		return err
	}
	c.used.Files++
	return nil
}

// read counts the entries of a directory.
func (c *counter) read(f *folder) error {
	path := f.path()
	var failed error
	entries := int64(0)
	err := c.tree.ReadDir(path+"/", func(name []byte, facts *ftp.Facts) bool {
		entries++
		if failed = c.ctx.Err(); failed == nil {
			failed = c.entry(f, path, name, *facts)
		}
		return failed == nil
	})
	if c.watch.Entries != nil {
		c.watch.Entries(entries)
	}
	return errors.Join(failed, err)
}

// entry counts a file, or puts a directory on its list.
func (c *counter) entry(parent *folder, path string, name []byte, facts ftp.Facts) error {
	switch string(name) {
	case ".", "..", FileName:
		return nil
	}
	list := &c.found
	if facts.IsSymlink() {
		target, err := c.tree.Facts(path+"/"+string(name), true)
		if nowhere(err) {
			return nil
		}
		if err != nil {
			return err
		}
		facts, list = target, &c.linked
	}
	switch {
	case facts.IsRegular():
		c.used = c.used.plus(Delta{1, facts.Size})
	case facts.IsDir():
		*list = append(*list, &folder{parent, string(name), key{facts.Dev, facts.Ino}})
	}
	return nil
}

// gone reports whether a directory that was there a moment ago is none any more.
func gone(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) }

// nowhere reports whether following a link failed because of where it leads.
func nowhere(err error) bool {
	return gone(err) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ELOOP) ||
		errors.Is(err, syscall.ENAMETOOLONG)
}
