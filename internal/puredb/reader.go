package puredb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

var (
	// ErrOpen says that the file could not be opened, or is no PureDB file at all.
	ErrOpen = errors.New("no usable PureDB file")

	// ErrNotFound says that the key is not in the file.
	ErrNotFound = errors.New("no such key")

	// ErrDamaged says that the file is not as it was written, or that reading it failed: nothing in
	// it is trusted.
	ErrDamaged = errors.New("damaged PureDB file")
)

// A Reader looks keys up in the file at Path. It may be used by many goroutines at once, and must
// not be copied after its first use.
//
// The file is opened for each lookup. One that is new or has changed is checked first, which reads
// all of its buckets and none of its records but the last: some milliseconds for a million keys.
type Reader struct {
	Path string

	// Open opens the file for reading; nil means os.Open. A caller that needs a privilege to read
	// the file takes it on here, for the opening only.
	Open func(path string) (*os.File, error)

	mu      sync.Mutex
	checked version // the file that verdict is about
	verdict error   // nil if it is sound
	last    int64   // offset of its last record
}

// Find returns the value of the first record with the given key. Its error wraps one of ErrOpen,
// ErrNotFound and ErrDamaged.
func (r *Reader) Find(key string) ([]byte, error) {
	t, err := r.open()
	if err != nil {
		return nil, err
	}
	defer t.close()
	value, err := t.find(key)
	if err != nil {
		return nil, fmt.Errorf("look up %q in %s: %w", key, r.Path, err)
	}
	return value, nil
}

// First returns the value of the record that was written first. It serves callers that need any
// value as a sample; its error is like that of Find.
func (r *Reader) First() ([]byte, error) {
	t, err := r.open()
	if err != nil {
		return nil, err
	}
	defer t.close()
	value, err := t.first()
	if err != nil {
		return nil, fmt.Errorf("read first record of %s: %w", r.Path, err)
	}
	return value, nil
}

// open opens the file and makes sure that it is sound.
func (r *Reader) open() (*table, error) {
	open := r.Open
	if open == nil {
		open = os.Open
	}
	f, err := open(r.Path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOpen, err)
	}
	t, err := r.sound(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return t, nil
}

// sound makes a table of an opened file if it is a PureDB file and not damaged.
func (r *Reader) sound(f *os.File) (*table, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOpen, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is not a regular file", ErrOpen, r.Path)
	}
	t := &table{file: f, size: info.Size(), close: f.Close}
	if err := t.check(); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrOpen, r.Path, err)
	}
	if err := r.judge(t, info); err != nil {
		return nil, fmt.Errorf("%s: %w", r.Path, err)
	}
	return t, nil
}

// A table is one opened file. Its methods trust nothing they read. It serves one lookup.
type table struct {
	file  io.ReaderAt
	size  int64
	last  int64 // offset of the last record, 0 if there is none
	close func() error

	// The bytes read last: header, bucket and record each come with one system call.
	window   [2048]byte
	windowAt int64
	loaded   int64 // bytes in window
}

// check tells whether the file can be a PureDB file at all.
func (t *table) check() error {
	if t.size < int64(bucketsAt) || t.size > maxSize {
		return fmt.Errorf("size is %d bytes", t.size)
	}
	head, err := t.view(0, len(magic))
	if err != nil {
		return err
	}
	if string(head) != magic {
		return fmt.Errorf("begins with %q instead of %q", head, magic)
	}
	return nil
}

// find looks a key up.
func (t *table) find(key string) ([]byte, error) {
	h := hash(key)
	b, err := t.bucket(h & (buckets - 1))
	if err != nil {
		return nil, err
	}
	i, err := b.search(h)
	if err != nil {
		return nil, err
	}
	for ; i < b.n; i++ {
		entryHash, offset, err := b.entry(i)
		if err != nil {
			return nil, err
		}
		if entryHash != h {
			break
		}
		valueAt, match, err := t.match(offset, h, key)
		if err != nil {
			return nil, err
		}
		if match {
			return t.value(offset, valueAt)
		}
	}
	return nil, ErrNotFound
}

// first returns the value of the record that follows the buckets.
func (t *table) first() ([]byte, error) {
	at, err := t.number(int64(slotsAt + buckets*slotSize))
	if err != nil {
		return nil, err
	}
	if t.last == 0 {
		return nil, ErrNotFound
	}
	key, err := t.key(at)
	if err != nil {
		return nil, err
	}
	return t.value(at, at+lengthSize+int64(len(key)))
}

// match compares the key of the record at offset, whose hash is h. It returns where that record's
// value begins.
func (t *table) match(offset int64, h uint32, key string) (valueAt int64, match bool, err error) {
	raw, err := t.key(offset)
	if err != nil {
		return 0, false, err
	}
	valueAt = offset + lengthSize + int64(len(raw))
	if string(raw) == key {
		return valueAt, true, nil
	}
	if hash(string(raw)) != h {
		return 0, false, fmt.Errorf("%w: record at offset %d is not the one of its entry", ErrDamaged, offset)
	}
	return valueAt, false, nil
}

// key returns the key of the record at offset. It is valid until the next call.
func (t *table) key(offset int64) ([]byte, error) {
	n, err := t.number(offset)
	if err != nil {
		return nil, err
	}
	if n > MaxValue {
		return nil, fmt.Errorf("%w: key of %d bytes at offset %d", ErrDamaged, n, offset)
	}
	return t.view(offset+lengthSize, int(n))
}

// value returns a copy of the value whose length stands at offset, of the given record.
func (t *table) value(record, offset int64) ([]byte, error) {
	n, err := t.number(offset)
	if err != nil {
		return nil, err
	}
	if n > t.size-offset-lengthSize || n > MaxValue {
		return nil, fmt.Errorf("%w: value of %d bytes at offset %d", ErrDamaged, n, offset)
	}
	raw, err := t.view(offset+lengthSize, int(n))
	if err != nil {
		return nil, err
	}
	value := bytes.Clone(raw)
	if record == t.last {
		return value, nil // what follows the last record does not matter
	}
	if _, err := t.key(offset + lengthSize + n); err != nil {
		return nil, fmt.Errorf("behind the value at offset %d: %w", offset, err)
	}
	return value, nil
}

// number returns the number at offset.
func (t *table) number(offset int64) (int64, error) {
	raw, err := t.view(offset, 4)
	if err != nil {
		return 0, err
	}
	return int64(binary.BigEndian.Uint32(raw)), nil
}

// view returns n bytes from offset on. They are valid until the next call.
func (t *table) view(offset int64, n int) ([]byte, error) {
	if offset < 0 || offset > t.size-int64(n) {
		return nil, fmt.Errorf("%w: offset %d is out of range", ErrDamaged, offset)
	}
	if n > len(t.window) {
		p := make([]byte, n)
		return p, t.readAt(p, offset)
	}
	if offset < t.windowAt || offset+int64(n) > t.windowAt+t.loaded {
		t.windowAt, t.loaded = offset, 0
		size := min(int64(len(t.window)), t.size-offset)
		if err := t.readAt(t.window[:size], offset); err != nil {
			return nil, err
		}
		t.loaded = size
	}
	at := offset - t.windowAt
	return t.window[at : at+int64(n)], nil
}

// readAt fills p from the file; a file that has become shorter since it was opened is damaged.
func (t *table) readAt(p []byte, offset int64) error {
	if _, err := t.file.ReadAt(p, offset); err != nil {
		return fmt.Errorf("%w: read at offset %d: %w", ErrDamaged, offset, err)
	}
	return nil
}
