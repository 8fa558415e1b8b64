package puredb

const (
	magic      = "PDB2"
	buckets    = 256
	slotsAt    = len(magic)
	slotSize   = 4
	bucketsAt  = slotsAt + (buckets+1)*slotSize // also the least size of a file
	entrySize  = 8                              // hash, offset of the record
	lengthSize = 4                              // before a key and before a value

	// maxSize is the greatest size of a file: every offset fits into 32 bits.
	maxSize = 1<<32 - 1
)

// MaxValue is the longest value a Reader returns, in bytes. The tool that fills the file never
// writes more than 2046; the bound keeps a damaged length from asking for memory.
const MaxValue = 64 << 10

// hash is the format's hash: a variant of djb2 that runs from the last byte to the first.
func hash(key string) uint32 {
	h := uint32(5381)
	for i := len(key) - 1; i >= 0; i-- {
		h = h*33 ^ uint32(key[i])
	}
	return h
}
