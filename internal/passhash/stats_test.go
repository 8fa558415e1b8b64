package passhash

import (
	"context"
	"testing"
	"testing/synctest"
)

// TestStats tells what is taken and who waits.
func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := New(Config{Memory: 100, Parallel: 2})
		taking(t, &v.budget, t.Context(), cost{80, 1})
		ctx, cancel := context.WithCancel(t.Context())
		waiting := taking(t, &v.budget, ctx, cost{30, 1})
		if got, want := v.Stats(), (Stats{Running: 1, Parallel: 2, Memory: 80, Bound: 100, Waiting: 1}); got != want {
			t.Errorf("Stats = %+v; want %+v", got, want)
		}
		cancel()
		<-waiting
		v.budget.give(cost{80, 1})
		if got, want := v.Stats(), (Stats{Parallel: 2, Bound: 100}); got != want {
			t.Errorf("Stats = %+v; want %+v", got, want)
		}
	})
}
