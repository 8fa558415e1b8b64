package pace

import (
	"errors"
	"sync/atomic"
)

// ErrStopped is what a waiting Take returns after a Stop without a cause.
var ErrStopped = errors.New("transfer was stopped")

// ErrLeft is what Take returns for a transfer that was begun after its session had left.
var ErrLeft = errors.New("session has left")

// A Flow is one transfer. One goroutine owns it: it alone calls Take, Return and Done. Any may call Limited and Stop.
type Flow struct {
	node
	tree    *tree
	session *session
	lent    int         // owner only: what Take has handed out last, if it was counted
	stopped atomic.Bool // mirrors cause != nil

	// Guarded by the lock of the tree.
	cause    error
	want     int         // what the waiting Take may have at most
	answer   chan answer // room for one; made by the first Take that has to ask
	returned bool        // bytes were given back since the last Take
	done     bool
}

// An answer is what one Take was waiting for.
type answer struct {
	n   int
	err error
}

// Limited reports whether a rate holds the transfer at this moment.
func (f *Flow) Limited() bool {
	for n := f.parent; n != nil; n = n.parent {
		if n.limited() {
			return true
		}
	}
	return false
}

// Take returns how many bytes may move now: between one and most. It waits until that is possible, and fails only
// after Stop, with its cause. What does not move is given back by Return before the next Take.
func (f *Flow) Take(most int) (int, error) {
	f.lent = 0
	if !f.stopped.Load() && !f.Limited() {
		return most, nil
	}
	a := <-f.ask(most)
	f.lent = a.n
	return a.n, a.err
}

// ask queues for bytes and returns where the answer will come, if it has not already.
func (f *Flow) ask(most int) <-chan answer {
	t := f.tree
	t.mu.Lock()
	defer t.mu.Unlock()
	if f.answer == nil {
		f.answer = make(chan answer, 1)
	}
	if f.cause != nil {
		f.answer <- answer{err: f.cause}
		return f.answer
	}
	f.want = most
	t.arriveLocked(f)
	return f.answer
}

// Return gives back what the last Take handed out and did not move.
func (f *Flow) Return(n int) {
	n = min(n, f.lent)
	if n <= 0 {
		return // or it was never counted
	}
	f.lent -= n
	f.tree.mu.Lock()
	defer f.tree.mu.Unlock()
	f.tree.refundLocked(f, n)
}

// Stop ends a waiting Take at once, and every later one, with the cause, or ErrStopped if that is nil. The first
// cause stays.
func (f *Flow) Stop(cause error) {
	if cause == nil {
		cause = ErrStopped
	}
	t := f.tree
	t.mu.Lock()
	defer t.mu.Unlock()
	if f.cause != nil {
		return
	}
	f.cause = cause
	f.stopped.Store(true)
	if f.place != 0 {
		t.unlinkLocked(&f.node)
		f.answer <- answer{err: cause}
		t.setAlarmLocked(t.now())
	}
}

// Done ends the transfer. The owner calls it once it takes nothing more; calling it again does nothing.
func (f *Flow) Done() {
	f.tree.mu.Lock()
	defer f.tree.mu.Unlock()
	if f.done {
		return
	}
	f.done = true
	f.tree.departLocked(f)
	f.tree.forgetLocked(f.session)
}

// weight says what each byte counts for against those of others.
func (f *Flow) weight() uint64 {
	if f.session.background {
		return backgroundCost
	}
	return 1
}
