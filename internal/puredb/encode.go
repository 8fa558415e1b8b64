package puredb

import "errors"

// A Record is a key and its value.
type Record struct {
	Key, Value string
}

// ErrTooLarge says that records do not fit into a PureDB file, whose offsets have 32 bits.
var ErrTooLarge = errors.New("records exceed the 4 GiB of a PureDB file")

// Encode returns the file that holds the given records in their order. Equal input makes equal
// bytes: nothing else, such as the time, goes into it. A Builder makes the same file of records that
// are not all in memory.
func Encode(records []Record) ([]byte, error) {
	l := newLayout()
	for _, r := range records {
		if err := l.add(r.Key, r.Value); err != nil {
			return nil, err
		}
	}
	b := l.appendSlots(make([]byte, 0, l.tables+l.records))
	for i := range buckets {
		b = l.appendBucket(b, i)
	}
	for _, r := range records {
		b = appendRecord(b, r.Key, r.Value)
	}
	return b, nil
}
