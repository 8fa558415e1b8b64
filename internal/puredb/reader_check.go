package puredb

import (
	"encoding/binary"
	"fmt"
	"io"
)

// scanWindow is how much of the buckets is read at once, in bytes: a multiple of an entry.
const scanWindow = 64 << 10

// verify tells whether the file is as it was written, as far as its tables tell: the slots cover
// the buckets without a gap, each entry is in its bucket and in its order, and the records begin
// where the buckets end and are within the file to the last one. What follows that one is not
// looked at. It sets t.last.
func (t *table) verify() error {
	slots, err := t.slots()
	if err != nil {
		return err
	}
	s := scan{table: t, at: int64(bucketsAt), end: slots[buckets], first: maxSize}
	for i := range buckets {
		if err := s.bucket(uint32(i), slots[i+1]-slots[i]); err != nil {
			return fmt.Errorf("bucket %d: %w", i, err)
		}
	}
	t.last = s.last
	return s.records()
}

// slots returns the offsets of the buckets and of the first record.
func (t *table) slots() (slots [buckets + 1]int64, err error) {
	for i := range slots {
		if slots[i], err = t.number(int64(slotsAt + i*slotSize)); err != nil {
			return slots, err
		}
		if i == 0 && slots[0] != int64(bucketsAt) || slots[i] > t.size {
			return slots, fmt.Errorf("%w: slot %d leads to offset %d", ErrDamaged, i, slots[i])
		}
		if i == 0 {
			continue
		}
		if size := slots[i] - slots[i-1]; size != slotSize && (size <= 0 || size%entrySize != 0) {
			return slots, fmt.Errorf("%w: bucket %d runs from %d to %d", ErrDamaged, i-1, slots[i-1], slots[i])
		}
	}
	return slots, nil
}

// A scan reads all buckets in their order.
type scan struct {
	table   *table
	at, end int64  // what of the buckets has not been read yet
	window  []byte // what of it has been read and not been looked at
	buffer  [scanWindow]byte

	first, last int64 // least and greatest offset of a record that was met
	lastHash    uint32
	n           int // entries met
}

// take returns the next n bytes. They are valid until the next call.
func (s *scan) take(n int64) ([]byte, error) {
	if int64(len(s.window)) < n {
		kept := copy(s.buffer[:], s.window)
		more := min(int64(len(s.buffer)-kept), s.end-s.at)
		s.window = s.buffer[:int64(kept)+more]
		if err := s.table.readAt(s.window[kept:], s.at); err != nil {
			return nil, err
		}
		s.at += more
	}
	raw := s.window[:n]
	s.window = s.window[n:]
	return raw, nil
}

// bucket checks bucket i, which takes size bytes.
func (s *scan) bucket(i uint32, size int64) error {
	if size == slotSize {
		return s.filler(i)
	}
	var before uint64
	for range size / entrySize {
		raw, err := s.take(entrySize)
		if err != nil {
			return err
		}
		entry := binary.BigEndian.Uint64(raw)
		h, offset := uint32(entry>>32), int64(uint32(entry))
		switch {
		case h&(buckets-1) != i:
			return fmt.Errorf("%w: hash %#x does not belong here", ErrDamaged, h)
		case entry <= before:
			return fmt.Errorf("%w: hash %#x is out of order", ErrDamaged, h)
		case offset < s.end || offset > s.table.size-2*lengthSize:
			return fmt.Errorf("%w: there is no record at offset %d", ErrDamaged, offset)
		}
		before = entry
		s.first = min(s.first, offset)
		if offset > s.last {
			s.last, s.lastHash = offset, h
		}
		s.n++
	}
	return nil
}

// filler checks what an empty bucket holds.
func (s *scan) filler(i uint32) error {
	raw, err := s.take(slotSize)
	if err != nil {
		return err
	}
	if n := binary.BigEndian.Uint32(raw); n != i+1 {
		return fmt.Errorf("%w: it is empty and holds %d", ErrDamaged, n)
	}
	return nil
}

// records checks where the records begin, and the last one.
func (s *scan) records() error {
	if s.n == 0 {
		return nil
	}
	if s.first != s.end {
		return fmt.Errorf("%w: the first record is at offset %d instead of %d", ErrDamaged, s.first, s.end)
	}
	key, err := s.table.key(s.last)
	if err != nil {
		return fmt.Errorf("last record: %w", err)
	}
	valueAt := s.last + lengthSize + int64(len(key))
	if hash(string(key)) != s.lastHash {
		return fmt.Errorf("%w: last record, at offset %d, is not the one of its entry", ErrDamaged, s.last)
	}
	n, err := s.table.number(valueAt)
	if err != nil {
		return fmt.Errorf("last record: %w", err)
	}
	if missing := valueAt + lengthSize + n - s.table.size; missing > 0 {
		return fmt.Errorf("%w: last record, at offset %d: %d bytes are missing: %w",
			ErrDamaged, s.last, missing, io.ErrUnexpectedEOF)
	}
	return nil
}
