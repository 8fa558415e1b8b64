package quota

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestSessionsShareALedger(t *testing.T) {
	h, book := newHome(t, t.TempDir()), NewBook()
	a, err := book.Open(h.open)
	must(t, err)
	b, err := book.Open(h.open)
	must(t, err)
	if a != b || book.Ledgers() != 1 {
		t.Errorf("two sessions have ledgers %p and %p, %d in the book; want one", a, b, book.Ledgers())
	}
	other, err := book.Open(newHome(t, t.TempDir()).open)
	must(t, err)
	if other == a || book.Ledgers() != 2 {
		t.Errorf("another file has the same ledger")
	}
	must(t, a.Close())
	must(t, b.Apply(Limits{}, Delta{1, 1}, does(1, 1)))
	must(t, b.Close())
	must(t, other.Close())
	if n := book.Ledgers(); n != 0 {
		t.Errorf("%d ledgers are left in the book", n)
	}
	if err := b.Close(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Close once too often: err = %v, want %v", err, fs.ErrClosed)
	}
	if _, err := b.Usage(); err == nil {
		t.Error("a closed ledger was read")
	}
}

func TestNoDescriptorStaysOpen(t *testing.T) {
	h, book := newHome(t, t.TempDir()), NewBook()
	var open []*countedFile
	sessions := make([]*Ledger, 5)
	for i := range sessions {
		l, err := book.Open(func() (File, error) {
			f, err := h.open()
			open = append(open, &countedFile{File: f})
			return open[len(open)-1], err
		})
		must(t, err)
		sessions[i] = l
	}
	for _, l := range sessions {
		must(t, l.Close())
	}
	for i, f := range open {
		if f.closed != 1 {
			t.Errorf("file %d was closed %d times, want once", i, f.closed)
		}
	}
}

type countedFile struct {
	File
	closed int
}

func (f *countedFile) Close() error {
	f.closed++
	return f.File.Close()
}

func TestOpenTellsWhatWentWrong(t *testing.T) {
	h := newHome(t, t.TempDir())
	must(t, os.Symlink("/etc/passwd", filepath.Join(h.dir, FileName)))
	if l, err := NewBook().Open(h.open); err == nil {
		t.Errorf("Open followed a symbolic link: %v", l)
	}
}
