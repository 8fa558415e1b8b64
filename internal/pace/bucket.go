package pace

import (
	"sync/atomic"
	"time"
)

const (
	// perPeriod: a limited place hands out its bytes about so many times a second. Fewer would be felt by the client,
	// more cost wake-ups.
	perPeriod = 20
	// perBurst: what a bucket holds is a second's worth divided by this. It covers a timer or a processor that is
	// late.
	perBurst = 10
	// leastPiece is the piece in bytes below which sharing among many is not worth the packets.
	leastPiece = 4 << 10
	// mostPiece bounds a piece in bytes, so that transfers side by side alternate at any rate.
	mostPiece = 1 << 20
)

// A bucket holds the bytes that may move now. They are paid for in advance: there are never less than none.
type bucket struct {
	rate   atomic.Uint64 // bytes per second, 0: no limit; changed under the lock of the tree, read without
	tokens float64       // bytes, as they were at since
	since  time.Duration // by the clock of the tree
}

// limited reports whether the bucket has a rate. It needs no lock.
func (b *bucket) limited() bool { return b.rate.Load() != 0 }

// burst is how much the bucket holds, in bytes.
func (b *bucket) burst() float64 { return max(1, float64(b.rate.Load())/perBurst) }

// portion is what comes in one period, in bytes.
func (b *bucket) portion() float64 { return max(1, float64(b.rate.Load())/perPeriod) }

// share is the piece for one of so many who share the bucket, in bytes: never more than a portion, never less than
// one.
func (b *bucket) share(among uint64) int {
	portion := b.portion()
	return int(min(mostPiece, max(portion/float64(among), min(portion, leastPiece))))
}

// refill adds what has come since the last time.
func (b *bucket) refill(now time.Duration) {
	b.tokens = min(b.burst(), b.tokens+(now-b.since).Seconds()*float64(b.rate.Load()))
	b.since = now
}

// put gives bytes back.
func (b *bucket) put(n int, now time.Duration) {
	b.refill(now)
	b.tokens = min(b.burst(), b.tokens+float64(n))
}

// wait returns how long it takes until there are so many bytes, which are more than there were at the last refill.
// The nanosecond on top is worth more than all rounding.
func (b *bucket) wait(bytes int) time.Duration {
	return time.Duration((float64(bytes)-b.tokens)/float64(b.rate.Load())*float64(time.Second)) + 1
}

// change sets the rate. What has come so far stays, as far as the new burst holds it; a new limit begins with a
// burst.
func (b *bucket) change(rate uint64, now time.Duration) {
	fresh := !b.limited()
	if !fresh {
		b.refill(now)
	}
	b.rate.Store(rate)
	b.since = now
	b.tokens = min(b.tokens, b.burst())
	if fresh {
		b.tokens = b.burst()
	}
}
