package puredb

import (
	"errors"
	"io/fs"
	"syscall"
	"time"
)

// A version tells a file from any other, and from itself after a change.
type version struct {
	device, inode     uint64
	size              int64
	modified, changed syscall.Timespec
}

// versionOf returns the version of an opened file.
func versionOf(info fs.FileInfo) version {
	s := info.Sys().(*syscall.Stat_t)
	return version{s.Dev, s.Ino, s.Size, s.Mtim, s.Ctim}
}

// settled is how old the last change of a file must be for its version to tell the next one: the
// coarsest clock of a file system ticks every two seconds.
const settled = 2 * time.Second

// settledAt tells whether the next change makes another version.
func (v version) settledAt(now time.Time) bool {
	age := now.Sub(time.Unix(v.changed.Unix()))
	return age < 0 || age > settled // a time to come is from another machine's clock, or one set back
}

// judge returns the verdict on the file that t reads. It is found once for each version. Others
// wait meanwhile: they would do the same work.
func (r *Reader) judge(t *table, info fs.FileInfo) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := versionOf(info)
	if v == r.checked {
		t.last = r.last
		return r.verdict
	}
	verdict := t.verify()
	_, passing := errors.AsType[*fs.PathError](verdict) // the next try to read may succeed
	if !passing && v.settledAt(time.Now()) {
		r.checked, r.verdict, r.last = v, verdict, t.last
	}
	return verdict
}
