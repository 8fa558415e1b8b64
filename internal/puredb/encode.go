package puredb

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
)

// A Record is a key and its value.
type Record struct {
	Key, Value string
}

// ErrTooLarge says that records do not fit into a PureDB file, whose offsets have 32 bits.
var ErrTooLarge = errors.New("records exceed the 4 GiB of a PureDB file")

// Encode returns the file that holds the given records in their order. Equal input makes equal
// bytes: nothing else, such as the time, goes into it.
func Encode(records []Record) ([]byte, error) {
	type entry struct{ hash, offset uint32 } // the offset counts from the first record
	var lists [buckets][]entry
	recordsAt, size := uint64(bucketsAt), uint64(0)
	for _, r := range records {
		if uint64(bucketsAt)+buckets*entrySize+size+uint64(len(r.Key)+len(r.Value)) > maxSize {
			return nil, ErrTooLarge
		}
		h := hash(r.Key)
		list := &lists[h&(buckets-1)]
		*list = append(*list, entry{h, uint32(size)})
		size += uint64(2*lengthSize + len(r.Key) + len(r.Value))
	}
	for i := range lists {
		slices.SortStableFunc(lists[i], func(a, b entry) int { return cmp.Compare(a.hash, b.hash) })
		recordsAt += uint64(max(len(lists[i])*entrySize, slotSize))
	}
	if recordsAt+size > maxSize {
		return nil, ErrTooLarge
	}

	out := make([]byte, 0, recordsAt+size)
	out = append(out, magic...)
	at := uint32(bucketsAt)
	for i := range lists {
		out = binary.BigEndian.AppendUint32(out, at)
		at += uint32(max(len(lists[i])*entrySize, slotSize))
	}
	out = binary.BigEndian.AppendUint32(out, at)
	for i := range lists {
		if len(lists[i]) == 0 {
			out = binary.BigEndian.AppendUint32(out, uint32(i+1)) // the filler of an empty bucket
		}
		for _, e := range lists[i] {
			out = binary.BigEndian.AppendUint32(out, e.hash)
			out = binary.BigEndian.AppendUint32(out, uint32(recordsAt)+e.offset)
		}
	}
	for _, r := range records {
		out = appendString(out, r.Key)
		out = appendString(out, r.Value)
	}
	return out, nil
}

// appendString appends a string after its length.
func appendString(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}
