package unixauth

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
	"time"
)

// maxFile bounds a file of accounts, in bytes: half a million of them.
const maxFile = 64 << 20

// settled is how old a file must be for its time of modification to tell a later change: the
// coarsest clock of a file system that holds /etc ticks every two seconds.
const settled = 2 * time.Second

// A source is a file and what was understood of it last. It may be used by many goroutines at once;
// two that find it changed at the same time both read it.
type source[T any] struct {
	path  string
	open  func(path string) (*os.File, error)
	parse func(text string) T
	last  atomic.Pointer[snapshot[T]]
}

// A snapshot is the content of a file at a time. It is not changed once it is stored.
type snapshot[T any] struct {
	info    os.FileInfo
	trusted bool // info will differ after the next change
	content T
}

// load returns the content of the file as it is now.
func (s *source[T]) load() (T, error) {
	if last := s.last.Load(); last != nil && last.trusted {
		info, err := os.Stat(s.path)
		if err == nil && same(info, last.info) {
			return last.content, nil
		}
	}
	next, err := s.read()
	if err != nil {
		var none T
		return none, err
	}
	s.last.Store(next)
	return next.content, nil
}

// loadIfExists is load, but for a file that does not exist: that is the zero value.
func (s *source[T]) loadIfExists() (T, error) {
	content, err := s.load()
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return content, err
}

// same tells whether two looks at a file saw the same content.
func same(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

// read reads and understands the file. The time of modification is taken before the content: a
// change in between is found at the next look.
func (s *source[T]) read() (next *snapshot[T], err error) {
	f, err := s.open(s.path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s is larger than %d MiB", s.path, maxFile>>20)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, err
	}
	trusted := time.Since(info.ModTime()) > settled
	return &snapshot[T]{info, trusted, s.parse(string(text))}, nil
}
