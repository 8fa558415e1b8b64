package quota

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"pureftpd/internal/account"
)

// TestLedgerIsLikeItsModel runs random deeds through a ledger, opened anew now and then, and through a few lines of
// arithmetic.
func TestLedgerIsLikeItsModel(t *testing.T) {
	h := newHome(t, t.TempDir())
	limit := rapid.Custom(func(t *rapid.T) account.Limit {
		return account.Limit{Set: rapid.Bool().Draw(t, "set"), N: rapid.Uint64Range(0, 60).Draw(t, "n")}
	})
	delta := rapid.Custom(func(t *rapid.T) Delta {
		return Delta{rapid.Int64Range(-20, 20).Draw(t, "files"), rapid.Int64Range(-20, 20).Draw(t, "bytes")}
	})
	rapid.Check(t, func(rt *rapid.T) {
		h.write(t, "")
		l, err := NewBook().Open(h.open)
		must(t, err)
		defer func() { must(t, l.Close()) }()
		var files, bytes int64
		for range rapid.IntRange(1, 30).Draw(rt, "deeds") {
			limits := Limits{limit.Draw(rt, "files"), limit.Draw(rt, "bytes")}
			charge, actual := delta.Draw(rt, "charge"), delta.Draw(rt, "actual")
			err := l.Apply(limits, charge, func(u Usage) (Delta, error) {
				if want := (Usage{uint64(files), uint64(bytes)}); u != want {
					rt.Fatalf("the deed saw %v, want %v", u, want)
				}
				return actual, nil
			})
			over := charge.Files > 0 && limits.Files.Set && files+charge.Files > int64(limits.Files.N) ||
				charge.Bytes > 0 && limits.Bytes.Set && bytes+charge.Bytes > int64(limits.Bytes.N)
			if errors.Is(err, ErrExceeded) != over || err != nil && !over {
				rt.Fatalf("Apply(%v, %v) at %d %d: err = %v", limits, charge, files, bytes, err)
			}
			if !over {
				files, bytes = max(files+actual.Files, 0), max(bytes+actual.Bytes, 0)
			}
			if u, err := l.Usage(); u != (Usage{uint64(files), uint64(bytes)}) || err != nil {
				rt.Fatalf("Usage() = %v, %v; want %d %d", u, err, files, bytes)
			}
		}
	})
}

// TestNothingIsLostAmongManySessions has several books, as processes have, and several goroutines in each, as sessions are.
func TestNothingIsLostAmongManySessions(t *testing.T) {
	const books, sessions, deeds = 3, 4, 60
	limits := atMost(20, 2000)
	h := newHome(t, t.TempDir())
	var inside atomic.Int32
	var mu sync.Mutex
	var total Delta // what all deeds together really changed
	var all sync.WaitGroup
	for range books {
		book := NewBook()
		for range sessions {
			all.Go(func() {
				l, err := book.Open(h.open)
				if err != nil {
					t.Error(err)
					return
				}
				sum := churn(t, l, limits, deeds, &inside)
				mu.Lock()
				defer mu.Unlock()
				total.Files += sum.Files
				total.Bytes += sum.Bytes
				if err := l.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	if u, err := h.ledger(t).Usage(); u != (Usage{}.plus(total)) || err != nil {
		t.Errorf("the ledger says %v, %v; what was done is %v", u, err, total)
	}
}

// churn is a session: it stores and deletes at random, only what it stored itself, and returns what it left behind.
func churn(t *testing.T, l *Ledger, limits Limits, deeds int, inside *atomic.Int32) (mine Delta) {
	for range deeds {
		charge := Delta{rand.Int64N(3), rand.Int64N(300)}
		actual := Delta{rand.Int64N(charge.Files + 1), rand.Int64N(charge.Bytes + 1)}
		if rand.IntN(3) == 0 {
			charge, actual = Delta{}, Delta{-rand.Int64N(mine.Files + 1), -rand.Int64N(mine.Bytes + 1)}
		}
		err := l.Apply(limits, charge, func(u Usage) (Delta, error) {
			if inside.Add(1) != 1 {
				t.Error("two deeds at once")
			}
			defer inside.Add(-1)
			if with := u.plus(charge); with.Files > limits.Files.N || with.Bytes > limits.Bytes.N {
				t.Errorf("a deed was let in that may lead to %v", with)
			}
			mine.Files += actual.Files
			mine.Bytes += actual.Bytes
			return actual, nil
		})
		if err != nil && !errors.Is(err, ErrExceeded) {
			t.Error(err)
		}
	}
	return mine
}

// TestRecountWhileSessionsWork counts again and again while files are really stored and deleted. Neither may make the other
// wrong.
func TestRecountWhileSessionsWork(t *testing.T) {
	h := newHome(t, t.TempDir())
	var sessions, recounts sync.WaitGroup
	done := make(chan struct{})
	for s := range 3 {
		sessions.Go(func() {
			l, err := NewBook().Open(h.open)
			if err != nil {
				t.Error(err)
				return
			}
			for n := range 60 {
				name := fmt.Sprintf("%s/%d.%d", h.dir, s, n)
				err := l.Apply(Limits{}, Delta{1, 100}, extend(name, 100, os.O_CREATE|os.O_EXCL))
				if err == nil && n%3 != 0 {
					err = l.Apply(Limits{}, Delta{}, remove(name))
				}
				if err != nil {
					t.Error(err)
				}
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	tool := h.ledger(t)
	recounts.Go(func() { // until the sessions are done
		for {
			if _, err := tool.Recount(func() (Usage, error) { return Count(t.Context(), h, Watch{}) }); err != nil {
				t.Error(err)
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	sessions.Wait()
	u, err := tool.Usage()
	if want := (Usage{60, 6000}); u != want || err != nil {
		t.Errorf("after all the ledger says %v, %v; want %v", u, err, want)
	}
	close(done)
	recounts.Wait()
}

func BenchmarkApply(b *testing.B) {
	l := newHome(b, b.TempDir()).ledger(b)
	b.ReportAllocs()
	for b.Loop() {
		must(b, l.Apply(atMost(1<<40, 1<<60), Delta{0, 1}, does(0, 1)))
	}
}
