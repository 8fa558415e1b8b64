package passwdfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

var (
	errTooLarge = errors.New("the file is too large")
	errChanging = errors.New("the file changes all the time")
)

// A version tells a file from any other, and from itself after a change.
type version struct {
	device, inode     uint64
	size              int64
	modified, changed syscall.Timespec
}

// versionOf returns the version of an opened file, which has to be a regular one.
func versionOf(f *os.File) (version, error) {
	info, err := f.Stat()
	if err != nil {
		return version{}, err
	}
	if !info.Mode().IsRegular() {
		return version{}, fmt.Errorf("%s is not a regular file", f.Name())
	}
	s := info.Sys().(*syscall.Stat_t)
	return version{s.Dev, s.Ino, s.Size, s.Mtim, s.Ctim}, nil
}

// age is how long ago the content was written. A time to come, from another machine's clock or one
// that was set back, is taken for long ago.
func (v version) age(now time.Time) time.Duration {
	if age := now.Sub(time.Unix(v.modified.Unix())); age >= 0 {
		return age
	}
	return time.Hour
}

// tellsNext tells whether the next change makes another version. On file systems with a coarse
// clock, which show whole seconds, one of the same second may not.
func (v version) tellsNext(now time.Time) bool {
	const tick = 2 * time.Second
	return v.modified.Nsec != 0 || v.age(now) > tick
}

// haste ends the waiting for a file that never rests.
type haste struct{ since, latest time.Time }

// over notes that the file was found changing, and tells whether that has gone on for too long.
func (h *haste) over(now time.Time) bool {
	if now.Sub(h.latest) > time.Second { // other changes than those before
		h.since = now
	}
	h.latest = now
	return now.Sub(h.since) >= patience
}

// readWhole reads a file of a version. It fails with errChanging if the file is not the same
// afterwards.
func readWhole(f *os.File, v version) ([]byte, error) {
	if v.size > MaxIndexed {
		return nil, fmt.Errorf("%s: %w: %d bytes, and %d are allowed", f.Name(), errTooLarge, v.size, MaxIndexed)
	}
	text := make([]byte, v.size)
	_, err := io.ReadFull(f, text)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return nil, err
	}
	after, failed := versionOf(f)
	switch {
	case failed != nil:
		return nil, failed
	case err != nil || after.size != v.size || after.modified != v.modified:
		return nil, fmt.Errorf("%s: %w", f.Name(), errChanging)
	}
	return text, nil
}
