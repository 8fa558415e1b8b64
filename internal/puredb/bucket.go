package puredb

import (
	"fmt"
	"sort"
)

// A bucket is the list of entries whose hashes end in the same byte, ascending by hash.
type bucket struct {
	table *table
	start int64
	n     int // entries
}

// bucket returns bucket i.
func (t *table) bucket(i uint32) (bucket, error) {
	slot := int64(slotsAt) + int64(i)*slotSize
	start, err := t.number(slot)
	if err != nil {
		return bucket{}, err
	}
	end, err := t.number(slot + slotSize)
	if err != nil {
		return bucket{}, err
	}
	if end <= start || end > t.size {
		return bucket{}, fmt.Errorf("%w: bucket %d runs from %d to %d", ErrDamaged, i, start, end)
	}
	if start == 0 || end-start < entrySize {
		return bucket{}, nil
	}
	// This moves the window to the bucket's begin; most buckets fit into it.
	_, err = t.number(start)
	return bucket{table: t, start: start, n: int((end - start) / entrySize)}, err
}

// entry returns the hash and the record's offset of entry i.
func (b bucket) entry(i int) (hash uint32, offset int64, err error) {
	at := b.start + int64(i)*entrySize
	h, err := b.table.number(at)
	if err != nil {
		return 0, 0, err
	}
	offset, err = b.table.number(at + 4)
	return uint32(h), offset, err
}

// search returns the first entry whose hash is not below h: where h stands if it is there at all.
func (b bucket) search(h uint32) (int, error) {
	var failed error
	i := sort.Search(b.n, func(i int) bool {
		entryHash, _, err := b.entry(i)
		if err != nil {
			failed = err
		}
		return entryHash >= h
	})
	return i, failed
}
