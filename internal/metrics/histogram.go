package metrics

import (
	"slices"
	"sync/atomic"
	"time"
)

// A Histogram counts durations in buckets. It is safe for concurrent use; counting takes no lock and no memory.
type Histogram struct {
	bounds []time.Duration // of all buckets but the last, which has none
	counts []atomic.Uint64
	sum    atomic.Int64 // nanoseconds
}

// NewHistogram makes a Histogram of buckets with these upper bounds, which ascend.
func NewHistogram(bounds ...time.Duration) *Histogram {
	return &Histogram{bounds: bounds, counts: make([]atomic.Uint64, len(bounds)+1)}
}

// Observe counts a duration.
func (h *Histogram) Observe(d time.Duration) {
	i, _ := slices.BinarySearch(h.bounds, d) // a bound belongs to its bucket
	h.counts[i].Add(1)
	h.sum.Add(int64(d))
}

// read returns the buckets. They are read one after the other, so what happens meanwhile may be in the one and not yet in the other.
func (h *Histogram) read() (counts []uint64, sum time.Duration) {
	counts = make([]uint64, len(h.counts))
	for i := range h.counts {
		counts[i] = h.counts[i].Load()
	}
	return counts, time.Duration(h.sum.Load())
}
