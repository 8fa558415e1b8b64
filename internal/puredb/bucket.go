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
	return bucket{table: t, start: start, n: int((end - start) / entrySize)}, nil
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
	low, high, err := b.guess(h)
	if err != nil {
		return 0, err
	}
	i := sort.Search(high-low, func(i int) bool {
		entryHash, _, failed := b.entry(low + i)
		if failed != nil {
			err = failed
		}
		return entryHash >= h
	})
	return low + i, err
}

// guess returns the part of the bucket to search for h: one window of it, where h stands if hashes
// are spread evenly, or all of it. So a large bucket is not read in a dozen places.
func (b bucket) guess(h uint32) (low, high int, err error) {
	const part = len(b.table.window) / entrySize
	if b.n > part {
		middle := int(uint64(h) * uint64(b.n) >> 32)
		low = max(min(middle-part/2, b.n-part), 0)
	}
	high = min(low+part, b.n)
	if high == 0 {
		return 0, 0, nil
	}
	first, _, err := b.entry(low) // moves the window there
	if err != nil {
		return 0, 0, err
	}
	last, _, err := b.entry(high - 1)
	if err != nil {
		return 0, 0, err
	}
	if low > 0 && first >= h || high < b.n && last < h {
		return 0, b.n, nil
	}
	return low, high, nil
}
