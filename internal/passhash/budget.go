package passhash

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// A cost is what one verification takes.
type cost struct {
	memory int64 // bytes
	places int   // 1 for an expensive one, else 0
}

// A verification of less than about two milliseconds needs no place: it never waits behind slow
// ones. The bounds below are what a present-day core does in that time.
const (
	cheapMemory = 1 << 20 // bytes filled by a memory-hard function, over all its passes
	cheapRounds = 5000    // rounds of an iterated hash
)

// expensive returns 1 place if work is above what is cheap.
func expensive(work, cheap int64) int {
	if work > cheap {
		return 1
	}
	return 0
}

// A budget is what all verifications together may take. Those who wait are served in their order; a
// large demand is not passed by small ones for ever.
type budget struct {
	total int64 // bytes

	mu      sync.Mutex
	free    cost
	waiting []*waiter
}

// A waiter is one who waits for its cost to become free.
type waiter struct {
	need  cost
	ready chan struct{} // closed, with the cost taken, by the one who gave back
}

// check tells whether a cost can ever be met.
func (b *budget) check(need cost) error {
	if need.memory > b.total {
		return fmt.Errorf("%w: needs %d KiB of %d KiB", ErrBudget, need.memory>>10, b.total>>10)
	}
	return nil
}

// take takes a cost out of the budget, waiting for it while ctx lasts.
func (b *budget) take(ctx context.Context, need cost) error {
	if err := b.check(need); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.Lock()
	if b.fitsLocked(need) && b.mayPassLocked(need) {
		b.takeLocked(need)
		b.mu.Unlock()
		return nil
	}
	w := &waiter{need, make(chan struct{})}
	b.waiting = append(b.waiting, w)
	b.mu.Unlock()

	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if i := slices.Index(b.waiting, w); i >= 0 {
		b.waiting = slices.Delete(b.waiting, i, i+1)
	} else {
		b.giveLocked(need) // it became ready at the same moment
	}
	b.wakeLocked()
	return fmt.Errorf("wait to verify a password: %w", ctx.Err())
}

// give gives a cost back.
func (b *budget) give(need cost) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.giveLocked(need)
	b.wakeLocked()
}

func (b *budget) fitsLocked(need cost) bool {
	return need.memory <= b.free.memory && need.places <= b.free.places
}

// mayPassLocked tells whether a cost may be taken at once although others wait: a cheap one may, as
// long as it leaves the memory that the first in line waits for.
func (b *budget) mayPassLocked(need cost) bool {
	if len(b.waiting) == 0 {
		return true
	}
	return need.places == 0 && need.memory+b.waiting[0].need.memory <= b.free.memory
}

func (b *budget) takeLocked(need cost) {
	b.free.memory -= need.memory
	b.free.places -= need.places
}

func (b *budget) giveLocked(need cost) {
	b.free.memory += need.memory
	b.free.places += need.places
}

// wakeLocked serves those who wait, from the first on, as far as the budget reaches.
func (b *budget) wakeLocked() {
	for len(b.waiting) > 0 && b.fitsLocked(b.waiting[0].need) {
		w := b.waiting[0]
		b.waiting = slices.Delete(b.waiting, 0, 1)
		b.takeLocked(w.need)
		close(w.ready)
	}
}
