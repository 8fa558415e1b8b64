package puredb

import (
	"bufio"
	"fmt"
	"io"
)

// builderBuffer is the size in bytes of what goes to the spool at once.
const builderBuffer = 256 << 10

// A Builder makes a file of records that come one after the other. It keeps about ten bytes in memory
// for each; the records themselves wait in the spool, because the tables that precede them in the file
// are complete with the last one only.
type Builder struct {
	layout  *layout
	spool   io.ReadWriteSeeker
	start   int64 // offset of the first record in spool
	out     *bufio.Writer
	scratch []byte
}

// NewBuilder returns a Builder that writes to spool from where it stands, an empty file as a rule, and
// reads back from there. The spool is the caller's to close and remove.
func NewBuilder(spool io.ReadWriteSeeker) (*Builder, error) {
	start, err := spool.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	b := &Builder{layout: newLayout(), spool: spool, start: start}
	b.out = bufio.NewWriterSize(spool, builderBuffer)
	return b, nil
}

// Add adds a record behind the others. After ErrTooLarge the file is as it was before; after any
// other error, which is one of the spool, it cannot be finished.
func (b *Builder) Add(key, value string) error {
	if err := b.layout.add(key, value); err != nil {
		return err
	}
	b.scratch = appendRecord(b.scratch[:0], key, value)
	if _, err := b.out.Write(b.scratch); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	return nil
}

// Len returns the number of records added so far.
func (b *Builder) Len() int {
	n := 0
	for _, list := range b.layout.lists {
		n += len(list)
	}
	return n
}

// Finish writes the file, the one that Encode returns for the same records. Nothing can be added after
// it.
func (b *Builder) Finish(w io.Writer) error {
	if err := b.out.Flush(); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	if _, err := b.spool.Seek(b.start, io.SeekStart); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	b.scratch = b.layout.appendSlots(b.scratch[:0])
	for i := range buckets {
		b.scratch = b.layout.appendBucket(b.scratch, i)
		if _, err := w.Write(b.scratch); err != nil {
			return err
		}
		b.scratch = b.scratch[:0]
	}
	_, err := io.CopyN(w, b.spool, int64(b.layout.records))
	return err
}
