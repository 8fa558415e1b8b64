package listing

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"sync"

	"pureftpd/internal/ftp"
)

// Bounds on what one listing holds in memory to sort it.
const (
	// minHeld entries, about 6 MB, are always held: nearly every directory is sorted in one piece.
	minHeld = 1 << 16
	// maxHeld entries, about 100 MB, are the most that any limit on the number of files makes a
	// listing hold.
	maxHeld = 1 << 20
	// maxArena is how many bytes the names of held entries take at most.
	maxArena = 64 << 20
)

// An entry is one file held for sorting. Its name lies in the arena of its set.
type entry struct {
	ftp.Facts
	start uint32
	size  uint16
	dir   bool // it is a directory, or a link to one, to be listed by its content
	odd   bool // the name has control characters
}

// entries is a set of files: their facts, their names in one arena, and an order.
type entries struct {
	arena []byte
	list  []entry
	order []sortKey
}

// A sortKey is one position of the order.
type sortKey struct {
	key   uint64
	index uint32
}

func (s *entries) reset() { s.arena, s.list, s.order = s.arena[:0], s.list[:0], s.order[:0] }

// add copies name and facts into the set.
func (s *entries) add(name []byte, f ftp.Facts) *entry {
	start := len(s.arena)
	s.arena = append(s.arena, name...)
	s.list = append(s.list, entry{Facts: f, start: uint32(start), size: uint16(len(name))})
	return &s.list[len(s.list)-1]
}

// full reports whether the set holds limit entries, or all the bytes it may.
func (s *entries) full(limit int) bool {
	return len(s.list) >= limit || len(s.arena) > maxArena-math.MaxUint16
}

func (s *entries) name(e *entry) []byte {
	return s.arena[e.start : e.start+uint32(e.size)]
}

// sort makes order the order of the set: by the bytes of the names; or by time or size, largest
// first, and names within that. reverse turns names, times and sizes round.
func (s *entries) sort(by sortField, reverse bool) {
	s.order = slices.Grow(s.order[:0], len(s.list))[:len(s.list)]
	for i := range s.order {
		s.order[i] = sortKey{index: uint32(i)}
	}
	if by == byName {
		s.sortNames(s.order, 0)
		if reverse {
			slices.Reverse(s.order)
		}
		return
	}
	for i := range s.order {
		value := s.list[i].ModTime
		if by == bySize {
			value = s.list[i].Size
		}
		key := uint64(value) ^ 1<<63 // negative values first
		if !reverse {
			key = ^key
		}
		s.order[i].key = key
	}
	slices.SortFunc(s.order, compareKeys)
	for group := range equalKeys(s.order) {
		s.sortNames(group, 0)
	}
}

// sortNames sorts by the names from byte depth on, before which they are all the same. It compares
// eight bytes at a time as one number; names that agree in them are sorted by the next eight.
func (s *entries) sortNames(order []sortKey, depth int) {
	for i := range order {
		order[i].key = s.chunk(order[i].index, depth)
	}
	if !slices.IsSortedFunc(order, compareKeys) {
		slices.SortFunc(order, compareKeys)
	}
	for group := range equalKeys(order) {
		if byte(group[0].key) != 0 { // otherwise the names ended: they have no NUL
			s.sortNames(group, depth+8)
		}
	}
}

// chunk is the eight bytes of a name from depth on as a number that sorts like them; the end of a
// name counts as NUL.
func (s *entries) chunk(index uint32, depth int) uint64 {
	e := &s.list[index]
	start := int(e.start) + depth
	left := int(e.size) - depth
	if left <= 0 {
		return 0
	}
	if start+8 <= len(s.arena) {
		word := binary.BigEndian.Uint64(s.arena[start:])
		if left < 8 {
			word &= ^uint64(0) << (64 - 8*left)
		}
		return word
	}
	var tail [8]byte
	copy(tail[:], s.arena[start:start+left])
	return binary.BigEndian.Uint64(tail[:])
}

func compareKeys(a, b sortKey) int { return cmp.Compare(a.key, b.key) }

// equalKeys iterates over the runs of two or more equal keys.
func equalKeys(order []sortKey) func(yield func([]sortKey) bool) {
	return func(yield func([]sortKey) bool) {
		for start := 0; start < len(order); {
			end := start + 1
			for end < len(order) && order[end].key == order[start].key {
				end++
			}
			if end-start > 1 && !yield(order[start:end]) {
				return
			}
			start = end
		}
	}
}

// keep drops all entries but the n that come first in the order.
func (s *entries) keep(n int) {
	var kept entries
	for _, k := range s.order[:min(n, len(s.order))] {
		e := &s.list[k.index]
		copied := kept.add(s.name(e), e.Facts)
		copied.dir, copied.odd = e.dir, e.odd
	}
	*s = kept
}

// A Scratch lends working memory to listings, so that thousands of sessions which list now and then
// do not each keep their own. The zero Scratch is ready; it may be shared by any number of Listers.
type Scratch struct{ pool sync.Pool }

// A workspace is the memory of one listing.
type workspace struct {
	buffer []byte
	set    entries
}

// keptArena and keptEntries bound what a returned workspace brings back, so that one huge listing
// does not stay in memory for the small ones.
const (
	keptArena   = 1 << 20
	keptEntries = 1 << 15
)

func (s *Scratch) take() *workspace {
	if w, ok := s.pool.Get().(*workspace); ok {
		return w
	}
	return &workspace{buffer: make([]byte, 0, bufferSize)}
}

func (s *Scratch) give(w *workspace) {
	if cap(w.set.arena) > keptArena || cap(w.set.list) > keptEntries {
		w.set = entries{}
	}
	w.set.reset()
	w.buffer = w.buffer[:0]
	s.pool.Put(w)
}
