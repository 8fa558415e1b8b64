package passhash

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func newBudget(memory int64, places int) *budget {
	return &budget{total: memory, free: cost{memory, places}}
}

// taking tells, in a synctest bubble, whether take waits.
func taking(t *testing.T, b *budget, ctx context.Context, need cost) <-chan error {
	t.Helper()
	result := make(chan error, 1)
	go func() { result <- b.take(ctx, need) }()
	synctest.Wait()
	return result
}

func done(result <-chan error) bool {
	synctest.Wait()
	return len(result) == 1
}

func TestWaitersAreServedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(100, 10)
		first := taking(t, b, t.Context(), cost{80, 1})
		large := taking(t, b, t.Context(), cost{100, 1})
		small := taking(t, b, t.Context(), cost{10, 1})
		if !done(first) || done(large) || done(small) {
			t.Fatal("the small demand passed the large one that waits")
		}
		b.give(cost{80, 1})
		if !done(large) || done(small) {
			t.Fatal("the large demand was not served first")
		}
		b.give(cost{100, 1})
		if !done(small) {
			t.Fatal("the small demand still waits")
		}
		b.give(cost{10, 1})
		if b.free != (cost{100, 10}) || len(b.waiting) != 0 {
			t.Errorf("budget after all = %+v; want all free", b.free)
		}
	})
}

func TestCheapOnesDoNotWaitForAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(100, 1)
		slow := taking(t, b, t.Context(), cost{50, 1})
		waiting := taking(t, b, t.Context(), cost{40, 1})
		cheap := taking(t, b, t.Context(), cost{10, 0})
		greedy := taking(t, b, t.Context(), cost{10, 0})
		if !done(slow) || done(waiting) || !done(cheap) {
			t.Error("a cheap verification waits behind slow ones")
		}
		if done(greedy) {
			t.Error("a cheap verification took the memory another waits for")
		}
		b.give(cost{50, 1})
		if !done(waiting) || !done(greedy) {
			t.Error("waiters were not served")
		}
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(100, 1)
		slow := taking(t, b, t.Context(), cost{0, 1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		impatient := taking(t, b, ctx, cost{0, 1})
		patient := taking(t, b, t.Context(), cost{0, 1})
		if err := <-impatient; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("take = %v; want context.DeadlineExceeded", err)
		}
		b.give(cost{0, 1})
		if !done(slow) || !done(patient) {
			t.Error("the place went to the one that had left")
		}
	})
}

// The one at the head leaves: what it blocked is served.
func TestLeavingTheHeadWakesTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(100, 2)
		held := taking(t, b, t.Context(), cost{50, 1})
		ctx, cancel := context.WithCancel(t.Context())
		large := taking(t, b, ctx, cost{100, 1})
		small := taking(t, b, t.Context(), cost{50, 1})
		if !done(held) || done(small) {
			t.Fatal("the small demand passed the large one")
		}
		cancel()
		if !done(large) || !done(small) {
			t.Error("the small demand waits for one that has left")
		}
	})
}
