package pace

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A load is transfers that take as much as they get, until it ends. It lives in one synctest bubble.
type load struct {
	t    *testing.T
	ends []func()
}

// A mover is one of them.
type mover struct{ moved atomic.Int64 }

// bytes returns how much it has moved so far.
func (m *mover) bytes() int64 { return m.moved.Load() }

// moverOf returns one that has moved so much.
func moverOf(bytes int64) *mover {
	m := new(mover)
	m.moved.Store(bytes)
	return m
}

// greedy starts a transfer that always has more to move.
func (l *load) greedy(f *Flow) *mover { return l.start(f, 64<<10, nil) }

// start starts a transfer that asks for so much each time and keeps what keep says of it; nil: all.
func (l *load) start(f *Flow, most int, keep func(n int) int) *mover {
	m := new(mover)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer f.Done()
		for {
			n, err := f.Take(most)
			if err != nil {
				return
			}
			if n < 1 || n > most {
				l.t.Errorf("Take(%d) = %d", most, n)
				return
			}
			kept := n
			if keep != nil {
				kept = keep(n)
			}
			f.Return(n - kept)
			m.moved.Add(int64(kept))
		}
	}()
	l.ends = append(l.ends, func() { f.Stop(nil); <-ended })
	return m
}

// run lets the transfers move for a time.
func (l *load) run(d time.Duration) {
	time.Sleep(d) // of the bubble: nobody waits
	synctest.Wait()
}

// end stops all transfers.
func (l *load) end() {
	for _, end := range l.ends {
		end()
	}
}

// bubble runs a test with a load.
func bubble(t *testing.T, test func(t *testing.T, l *load)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := &load{t: t}
		test(t, l)
		l.end()
	})
}

// sum adds up what movers moved.
func sum(movers []*mover) (bytes int64) {
	for _, m := range movers {
		bytes += m.bytes()
	}
	return bytes
}

// jain is the fairness index of Jain, Chiu and Hawe: 1 when all have the same, 1/n when one has all.
func jain(movers []*mover) float64 {
	var total, squares float64
	for _, m := range movers {
		total += float64(m.bytes())
		squares += float64(m.bytes()) * float64(m.bytes())
	}
	return total * total / (squares * float64(len(movers)))
}

// within reports whether got is want, give or take so many per cent.
func within(got int64, want, percent float64) bool {
	return float64(got) >= want*(1-percent/100) && float64(got) <= want*(1+percent/100)
}
