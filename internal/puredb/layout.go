package puredb

import (
	"encoding/binary"
	"slices"
)

// A layout says where the records of a file to come stand. It takes eight bytes for each.
type layout struct {
	// lists are the buckets: in each number the hash, and below it the record's offset from the first
	// record. Such numbers sort as the entries of a bucket do.
	lists   [buckets][]uint64
	tables  uint64 // bytes before the first record
	records uint64 // bytes of all records
}

// newLayout returns the layout of a file without records.
func newLayout() *layout {
	return &layout{tables: uint64(bucketsAt) + buckets*slotSize}
}

// add makes room for a record behind the others.
func (l *layout) add(key, value string) error {
	h := hash(key)
	list := &l.lists[h&(buckets-1)]
	tables := l.tables + uint64(bucketSize(len(*list)+1)-bucketSize(len(*list)))
	records := l.records + uint64(2*lengthSize) + uint64(len(key)) + uint64(len(value))
	if tables+records > maxSize {
		return ErrTooLarge
	}
	*list = append(*list, uint64(h)<<32|l.records)
	l.tables, l.records = tables, records
	return nil
}

// bucketSize is the size in bytes of a bucket of n entries: an empty one has a filler.
func bucketSize(n int) int { return max(n*entrySize, slotSize) }

// appendSlots appends the begin of the file, up to the first bucket.
func (l *layout) appendSlots(b []byte) []byte {
	b = append(b, magic...)
	at := uint32(bucketsAt)
	for _, list := range l.lists {
		b = binary.BigEndian.AppendUint32(b, at)
		at += uint32(bucketSize(len(list)))
	}
	return binary.BigEndian.AppendUint32(b, at)
}

// appendBucket appends bucket i.
func (l *layout) appendBucket(b []byte, i int) []byte {
	if len(l.lists[i]) == 0 {
		return binary.BigEndian.AppendUint32(b, uint32(i+1)) // the filler
	}
	slices.Sort(l.lists[i])
	for _, e := range l.lists[i] {
		b = binary.BigEndian.AppendUint64(b, e+l.tables) // hash, offset in the file
	}
	return b
}

// appendRecord appends a record.
func appendRecord(b []byte, key, value string) []byte {
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(key))), key...)
	return append(binary.BigEndian.AppendUint32(b, uint32(len(value))), value...)
}
