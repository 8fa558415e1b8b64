package quota

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"pureftpd/internal/ftp"
)

var (
	// ErrExceeded says that a charge does not fit below a limit. Nothing was done.
	ErrExceeded = errors.New("quota exceeded")
	// ErrStale says that the quota file was deleted or replaced while it was open. Nothing was done; close the ledger and
	// open it again.
	ErrStale = errors.New("the quota file was replaced")
)

// A File is an open quota file. *rootfs.File is one.
type File interface {
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
	// Lock waits for the write lock of the whole file, which excludes other open files and other processes.
	Lock() error
	Unlock() error
	Facts() (ftp.Facts, error)
	io.Closer
}

// A Ledger is one quota file, for all sessions of the process that are bound by it. Any number of goroutines may use it.
type Ledger struct {
	book *Book
	key  key
	refs int // guarded by book.mu

	// mu makes the sessions wait here, each a goroutine, and not in the kernel, each a thread. Unlike elsewhere it is held
	// while files are read and written, by what Apply is given too: that is what a ledger is for.
	mu      sync.Mutex
	file    File
	covered Usage // stored by this process in place of what will be deleted for it
}

// Usage returns what counts now: what the file says, less what is covered. It returns ErrDamaged if the file says nothing.
func (l *Ledger) Usage() (Usage, error) {
	var u Usage
	err := l.hold(func(p *page) error {
		u = p.used.minus(l.covered)
		return p.damage
	})
	return u, err
}

// Apply does something that changes what the user has stored, and keeps the count of it. fn is the deed; the charge is the
// most that it may add, and what is below zero in it counts as nothing. fn gets what counted before the charge and returns
// what it really changed, which may be less than nothing, also when it returns an error.
//
// If the charge does not fit below the limits, the error is ErrExceeded and fn is not run; reaching a limit exactly is fine.
// If the file is damaged, a charge gives ErrDamaged; without one fn runs, with an empty usage, and nothing is recorded, so
// that files can still be deleted. An error that is not fn's, returned after fn has run, means that its change was not
// recorded.
//
// Lock and mutex are held while fn runs, so that a count sees charge and deed together. Therefore fn must not wait for a
// client or anything else that may take long, and must not use the ledger.
func (l *Ledger) Apply(limits Limits, charge Delta, fn func(u Usage) (actual Delta, err error)) error {
	return l.Cover(limits, charge, Delta{}, func(u Usage) (actual, covered Delta, err error) {
		actual, err = fn(u)
		return actual, Delta{}, err
	})
}

// Cover is Apply for what replaces something that is there until the new is complete. As much of the charge as is covered
// does not count against the limits: the old does. fn returns by how much it has changed what is covered, too; in the end, when
// the old or the new is deleted, that is what it was, less than nothing. Other processes do not know what is covered here:
// for them old and new count.
func (l *Ledger) Cover(
	limits Limits, charge, covered Delta, fn func(u Usage) (actual, covered Delta, err error),
) error {
	charge, covered = charge.rise(), covered.rise()
	return l.hold(func(p *page) error {
		counts := p.used.minus(l.covered)
		switch {
		case p.damage != nil && charge.adds():
			return p.damage
		case p.damage != nil:
			_, covered, err := fn(Usage{})
			l.covered = l.covered.plus(covered)
			return err
		case !limits.allow(counts, charge.less(covered)):
			return ErrExceeded
		}
		before := p.used
		if err := p.set(before.plus(charge)); err != nil {
			return err
		}
		actual, covered, err := fn(counts)
		l.covered = l.covered.plus(covered)
		return errors.Join(err, p.set(before.plus(actual)))
	})
}

// hold runs fn with the lock, on what the file holds.
func (l *Ledger) hold(fn func(p *page) error) (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.file.Lock(); err != nil {
		return fmt.Errorf("quota file: %w", err)
	}
	defer func() {
		if unlocked := l.file.Unlock(); unlocked != nil {
			err = errors.Join(err, fmt.Errorf("quota file: %w", unlocked))
		}
	}()
	p, err := readPage(l.file)
	if err != nil {
		return err
	}
	return fn(p)
}

// A page is what a quota file holds while its lock is held.
type page struct {
	file   File
	size   int64
	text   []byte // its beginning, as it was read
	used   Usage
	damage error // ErrDamaged if there is no usage in it
}

func readPage(f File) (*page, error) {
	facts, err := f.Facts()
	if err != nil {
		return nil, fmt.Errorf("quota file: %w", err)
	}
	if facts.Nlink == 0 {
		return nil, ErrStale
	}
	text := make([]byte, maxText)
	n, err := f.ReadAt(text, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("quota file: %w", err)
	}
	p := &page{file: f, size: facts.Size, text: text[:n]}
	p.used, p.damage = parse(p.text)
	return p, nil
}

// set records a usage, if it is another.
func (p *page) set(u Usage) error {
	if p.damage == nil && u == p.used {
		return nil
	}
	if err := p.write(u.String() + "\n"); err != nil {
		return err
	}
	p.used, p.damage = u, nil
	return nil
}

// write replaces the text: the new one is written over the old, and only then the rest is cut off. A process that is killed
// between the two leaves a file that reads as the new text.
func (p *page) write(text string) error {
	if _, err := p.file.WriteAt([]byte(text), 0); err != nil {
		return fmt.Errorf("quota file: %w", err)
	}
	size := int64(len(text))
	if size < p.size {
		if err := p.file.Truncate(size); err != nil {
			return fmt.Errorf("quota file: %w", err)
		}
	}
	p.size = size
	return nil
}
