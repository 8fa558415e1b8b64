package harness

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// secretHash is the hash of the password `secret`, of a kind that costs next to nothing to check.
const secretHash = "$1$dialogue$2su0djcNzplTy12Ou7kxS1"

// PureDB returns the database that the lines of a passwd file become. A password `secret` stands
// for its hash. It is a second implementation of the format, on purpose: it knows nothing of
// package puredb.
func PureDB(passwd string) []byte {
	type entry struct{ hash, offset uint32 }
	var buckets [256][]entry
	var records []byte
	for line := range strings.Lines(passwd) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		if rest, ok := strings.CutPrefix(value, "secret:"); ok {
			value = secretHash + ":" + rest
		}
		h := hash(key)
		buckets[h&255] = append(buckets[h&255], entry{h, uint32(len(records))})
		for _, s := range []string{key, value} {
			records = binary.BigEndian.AppendUint32(records, uint32(len(s)))
			records = append(records, s...)
		}
	}
	size := uint32(0)
	for i := range buckets {
		slices.SortStableFunc(buckets[i], func(a, b entry) int { return cmp.Compare(a.hash, b.hash) })
		size += uint32(max(4, 8*len(buckets[i])))
	}
	const header = 4 + 257*4
	var index, table bytes.Buffer
	index.WriteString("PDB2")
	word := func(b *bytes.Buffer, n uint32) { b.Write(binary.BigEndian.AppendUint32(nil, n)) }
	for i, bucket := range buckets {
		word(&index, header+uint32(table.Len()))
		if len(bucket) == 0 {
			word(&table, uint32(i)+1)
		}
		for _, e := range bucket {
			word(&table, e.hash)
			word(&table, header+size+e.offset)
		}
	}
	word(&index, header+size)
	return slices.Concat(index.Bytes(), table.Bytes(), records)
}

func hash(key string) uint32 {
	h := uint32(5381)
	for _, c := range slices.Backward([]byte(key)) {
		h = h*33 ^ uint32(c)
	}
	return h
}
