package quota

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
)

// A Book has the ledgers of a process, one for each quota file that is in use. Any number of goroutines may use it.
type Book struct {
	mu      sync.Mutex
	ledgers map[key]*Ledger
}

// A key tells files apart. An open file keeps its inode number from being given to another.
type key struct{ dev, ino uint64 }

// NewBook returns an empty book.
func NewBook() *Book { return &Book{ledgers: make(map[key]*Ledger)} }

// Open returns the ledger of the file that open opens, for reading and writing. Sessions of one file share a ledger; it is
// closed when each of them has called Close. The file is opened each time, so that nobody gets at a ledger who may not open
// the file, and given up if the ledger has one already.
func (b *Book) Open(open func() (File, error)) (*Ledger, error) {
	f, err := open()
	if err != nil {
		return nil, err
	}
	facts, err := f.Facts()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("quota file: %w", err), f.Close())
	}
	l, shared := b.enter(key{facts.Dev, facts.Ino}, f)
	if shared {
		if err := f.Close(); err != nil {
			return nil, errors.Join(fmt.Errorf("quota file: %w", err), l.Close())
		}
	}
	return l, nil
}

// enter finds the ledger of a file or makes one, which takes the file over.
func (b *Book) enter(k key, f File) (l *Ledger, shared bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, shared = b.ledgers[k]
	if !shared {
		l = &Ledger{book: b, key: k, file: f}
		b.ledgers[k] = l
	}
	l.refs++
	return l, shared
}

// Ledgers reports how many files the book has open.
func (b *Book) Ledgers() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.ledgers)
}

// Close ends the use by one session. The last one closes the file.
func (l *Ledger) Close() error {
	last, err := l.leave()
	if err != nil || !last {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("quota file: %w", err)
	}
	return nil
}

func (l *Ledger) leave() (last bool, err error) {
	l.book.mu.Lock()
	defer l.book.mu.Unlock()
	if l.refs == 0 {
		return false, fmt.Errorf("quota file: %w", fs.ErrClosed)
	}
	if l.refs--; l.refs > 0 {
		return false, nil
	}
	delete(l.book.ledgers, l.key)
	return true, nil
}
