package pace

import (
	"container/heap"
	"sync"
	"time"
)

// A tree is one direction. Whoever calls into it hands out what there is to whoever waits.
type tree struct {
	start time.Time // the zero of its clock

	mu    sync.Mutex
	root  node
	users map[string]*user // those with sessions, or with rates set by SetUser
	idle  []*user          // those without sessions, the one that has been for longest in front
	held  waitlist
	timer *time.Timer   // made when it is needed for the first time; runs tick
	alarm time.Duration // when the timer goes off; 0: it does not
}

// now reads the clock of the tree, which is monotonic.
func (t *tree) now() time.Duration { return time.Since(t.start) }

// tick is the timer's: some node that was held has enough by now.
func (t *tree) tick() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.alarm = 0
	t.serveLocked(t.now())
}

// serveLocked hands out what there is, piece by piece, and sets the timer for what will be.
func (t *tree) serveLocked(now time.Duration) {
	for len(t.held) > 0 && t.held[0].due <= now {
		t.releaseLocked(t.held[0])
	}
	for t.root.hold == 0 && len(t.root.ready) > 0 {
		n := &t.root
		for n.flow == nil {
			n = n.ready[0]
		}
		t.offerLocked(n.flow, now)
	}
	t.setAlarmLocked(now)
}

// setAlarmLocked sets the timer for the first node that is held.
func (t *tree) setAlarmLocked(now time.Duration) {
	switch {
	case len(t.held) == 0:
		if t.alarm != 0 {
			t.timer.Stop()
			t.alarm = 0
		}
	case t.alarm == t.held[0].due:
	case t.timer == nil:
		t.alarm = t.held[0].due
		t.timer = time.AfterFunc(t.alarm-now, t.tick)
	default:
		t.alarm = t.held[0].due
		t.timer.Reset(t.alarm - now)
	}
}

// offerLocked grants the transfer whose turn it is a piece, or holds the lowest node above it that has not enough for
// that: the nodes above serve others meanwhile.
func (t *tree) offerLocked(f *Flow, now time.Duration) {
	piece := f.pieceLocked(now)
	for n := f.parent; n != nil; n = n.parent {
		if n.limited() && n.tokens < float64(piece) {
			t.holdLocked(n, piece, now)
			return
		}
	}
	for n := f.parent; n != nil; n = n.parent {
		if n.limited() {
			n.tokens -= float64(piece)
		}
	}
	t.chargeLocked(f, piece)
	t.unlinkLocked(&f.node)
	f.answer <- answer{n: piece}
}

// pieceLocked says how much a transfer has at once: so little that everybody who shares a limit with it has a turn in
// each period, as far as that is worth the packets. Otherwise a session whose own bucket is small could not keep up.
func (f *Flow) pieceLocked(now time.Duration) int {
	piece, among := f.want, f.weight()
	for n := f.parent; n != nil; n = n.parent {
		among *= uint64(n.open)
		if n.limited() {
			n.refill(now)
			piece = min(piece, n.share(among))
		}
	}
	return piece
}

// chargeLocked books bytes in virtual time on the way from a transfer up to the server.
func (t *tree) chargeLocked(f *Flow, bytes int) {
	weight := f.weight()
	for n := &f.node; n.parent != nil; n = n.parent {
		if before(n.parent.clock, n.tag) {
			n.parent.clock = n.tag
		}
		if end := n.tag + uint64(bytes); before(n.parent.latest, end) {
			n.parent.latest = end
		}
		n.tag += uint64(bytes) * weight
		n.weight = weight
		n.sort()
	}
}

// refundLocked takes back what chargeLocked booked, and puts the bytes back into the buckets. Nobody has them yet:
// the transfer is about to take again or to end, and then all who wait are there to share them.
func (t *tree) refundLocked(f *Flow, bytes int) {
	cost, now := uint64(bytes)*f.weight(), t.now()
	f.returned = true
	for n := &f.node; n.parent != nil; n = n.parent {
		n.tag -= cost
		n.parent.latest -= uint64(bytes) // too much if others have moved later, and then of no effect
		n.sort()
		if n.parent.limited() {
			n.parent.put(bytes, now)
		}
	}
}

// sort moves a node to its place in the parent's queue after its tag has changed.
func (n *node) sort() {
	if n.place != 0 {
		heap.Fix(&n.parent.ready, n.place-1)
	}
}

// linkLocked puts a node that has become ready into its parent's queue, and the parent into that of its own. It ends
// at a node that is held.
func (t *tree) linkLocked(n *node) {
	for ; n.parent != nil && n.place == 0 && n.hold == 0; n = n.parent {
		n.enter()
		heap.Push(&n.parent.ready, n)
	}
}

// arriveLocked queues a transfer. What is held may go on where the transfer is the first in turn, for it may want
// less than the one before it, or where it has given bytes back.
func (t *tree) arriveLocked(f *Flow) {
	t.linkLocked(&f.node)
	first := true
	for n := &f.node; n.parent != nil; n = n.parent {
		first = first && n.place == 1
		if n.parent.hold != 0 && (first || f.returned) {
			t.releaseLocked(n.parent)
		}
	}
	f.returned = false
	t.serveLocked(t.now())
}

// departLocked ends a transfer. What it has given back is for the others.
func (t *tree) departLocked(f *Flow) {
	for n := f.parent; n != nil && f.returned; n = n.parent {
		if n.hold != 0 {
			t.releaseLocked(n)
		}
	}
	for n := f.parent; n != nil; n = n.parent {
		if n.open--; n.open > 0 {
			break
		}
	}
	t.serveLocked(t.now())
}

// unlinkLocked takes a node out of its parent's queue, and so on upwards where nobody else waits.
func (t *tree) unlinkLocked(n *node) {
	for n.place != 0 {
		parent := n.parent
		heap.Remove(&parent.ready, n.place-1)
		if len(parent.ready) > 0 {
			return
		}
		if parent.hold != 0 {
			heap.Remove(&t.held, parent.hold-1)
		}
		n = parent
	}
}

// holdLocked takes a node out of the round until it has enough for one piece. To collect more would save timers, but
// the rest would go to whoever happens to wait then: whose turn it is comes back only once it has moved the first
// piece.
func (t *tree) holdLocked(n *node, piece int, now time.Duration) {
	t.unlinkLocked(n)
	n.due = now + n.wait(piece)
	heap.Push(&t.held, n)
}

// releaseLocked ends the holding of a node.
func (t *tree) releaseLocked(n *node) {
	heap.Remove(&t.held, n.hold-1)
	t.linkLocked(n)
}

// setRateLocked changes the rate of a node. Who waits below it has the new one at once.
func (t *tree) setRateLocked(n *node, rate uint64) {
	if n.rate.Load() == rate {
		return
	}
	now := t.now()
	n.change(rate, now)
	if n.hold != 0 {
		t.releaseLocked(n)
	}
	t.serveLocked(now)
}
