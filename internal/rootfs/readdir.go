package rootfs

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"pureftpd/internal/ftp"
)

// Want says what ReadDir shall find out.
type Want uint8

const (
	// Names are the names only; the facts are nil.
	Names Want = iota
	// WithFacts adds each entry's own facts, not those of what a symbolic link leads to.
	WithFacts
)

// ReadDir calls fn for each entry of a directory, "." and ".." among them, in the order in which
// the directory has them, until fn returns false. Name and facts are valid during the call only.
// Entries that are gone, or closed to the user, before their facts are read are left out. The facts
// of ".." at the root are the root's.
//
// Entries are read in batches, each in one bracket; fn runs outside of it and may use the root
// itself.
func (r *Root) ReadDir(path string, want Want, fn func(name []byte, facts *ftp.Facts) bool) error {
	a := r.anchor
	if a == nil {
		return r.act("read directory", path, nil)
	}
	b := a.cache.batches.Get().(*batch)
	defer a.cache.batches.Put(b)
	dir := -1
	defer func() {
		if dir >= 0 {
			_ = unix.Close(dir)
		}
	}()
	for end := false; !end; {
		err := r.act("read directory", path, func(a *anchor) (err error) {
			if dir < 0 {
				dir, err = a.view.open(a.fd, path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NONBLOCK, 0)
				if err != nil {
					return err
				}
			}
			if end, err = b.read(dir); err != nil || want == Names {
				return err
			}
			b.stat(dir, path, a)
			return nil
		})
		if err != nil {
			return err
		}
		if !b.each(want, fn) {
			return nil
		}
	}
	return nil
}

const (
	batchBytes = 32 << 10                 // of directory entries
	direntHead = 19                       // bytes before the name in struct linux_dirent64
	direntMin  = 24                       // the shortest entry
	direntMax  = direntHead + 256 + 5     // the longest, with its padding
	batchMax   = batchBytes/direntMin + 1 // entries
	batchSpare = batchBytes - 8*direntMax // filled up to here, a batch is full
	statFlags  = unix.AT_SYMLINK_NOFOLLOW | unix.AT_NO_AUTOMOUNT
)

// A batch is a number of directory entries as the kernel wrote them, and their facts.
type batch struct {
	raw   [batchBytes]byte
	size  int                 // of raw
	facts [batchMax]ftp.Facts // Mode 0: none
	buf   unix.Stat_t
}

// read fills the batch and reports whether the directory ends with it. A small directory takes one
// batch.
func (b *batch) read(dir int) (end bool, err error) {
	b.size = 0
	for b.size < batchSpare {
		n, err := unix.Getdents(dir, b.raw[b.size:])
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.ENOENT: // deleted meanwhile
			return true, nil
		case err != nil:
			return false, err
		case n == 0:
			return true, nil
		}
		b.size += n
	}
	return false, nil
}

// next returns the name at offset at, without the NUL that follows it, and the offset of the next
// entry.
func (b *batch) next(at int) (name []byte, next int) {
	length := int(binary.NativeEndian.Uint16(b.raw[at+16:]))
	name = b.raw[at+direntHead : at+length]
	for i, c := range name {
		if c == 0 {
			return name[:i], at + length
		}
	}
	return name, at + length
}

// stat reads the facts of all entries. Those of ".." it asks for again: the name alone would tell of the directory
// above the root.
func (b *batch) stat(dir int, path string, a *anchor) {
	b.statAll(dir)
	for i, at := 0, 0; at < b.size; i++ {
		name, next := b.next(at)
		if len(name) == 2 && name[0] == '.' && name[1] == '.' {
			b.statParent(i, dir, path, a)
			return
		}
		at = next
	}
}

// statParent reads the facts of "..", which are the root's own at the root.
func (b *batch) statParent(i, dir int, path string, a *anchor) {
	facts := &b.facts[i]
	above := *facts
	facts.Mode = 0
	if fstat(dir, facts) != nil || facts.Dev == a.key.dev && facts.Ino == a.key.ino {
		return
	}
	if *facts = above; a.key.virtual {
		return
	}
	facts.Mode = 0
	if up, err := a.view.open(a.fd, path+"/..", unix.O_PATH|unix.O_DIRECTORY, 0); err == nil {
		_ = fstat(up, facts)
		_ = unix.Close(up)
	}
}

// each hands the entries to fn until it returns false.
func (b *batch) each(want Want, fn func(name []byte, facts *ftp.Facts) bool) bool {
	for i, at := 0, 0; at < b.size; i++ {
		var name []byte
		name, at = b.next(at)
		var facts *ftp.Facts
		if want == WithFacts {
			if facts = &b.facts[i]; facts.Mode == 0 {
				continue
			}
		}
		if !fn(name, facts) {
			return false
		}
	}
	return true
}
