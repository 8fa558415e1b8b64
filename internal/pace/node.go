package pace

import "time"

// backgroundCost is how many bytes each byte of a background session counts for where it shares a limit with others.
const backgroundCost = 10

// A node is one place of a tree: the server, a user, a session or a transfer. The lock of the tree guards it, except
// for the rate and what is never changed.
type node struct {
	bucket
	parent *node // never changed; nil for the server
	flow   *Flow // never changed; set for a transfer only

	open   int    // nodes below with a running transfer
	ready  queue  // nodes below that wait for bytes and are not held
	clock  uint64 // virtual time: the latest tag at which a node below was served
	latest uint64 // virtual time: the end of the latest piece of a node below, as if it were not in the background
	tag    uint64 // what this node had so far, in bytes, by the virtual time of the parent
	weight uint64 // what each byte counted for in the tag when the node was served last
	place  int    // in the parent's queue, from 1; 0: not in it

	due  time.Duration // when a held node may go on, by the clock of the tree
	hold int           // place among the held ones of the tree, from 1; 0: not held
}

// before compares two tags, which wrap around.
func before(a, b uint64) bool { return int64(a-b) < 0 }

// turn is what a node has at once if everybody who shares a limit with it has a turn in each period, in bytes of its tag.
// Without a limit above it is 0.
func (n *node) turn() uint64 {
	least, among, weight := 0, max(1, n.weight), max(1, n.weight)
	for p := n.parent; p != nil; p = p.parent {
		among *= uint64(max(1, p.open))
		if p.limited() {
			if share := p.share(among); least == 0 || share < least {
				least = share
			}
		}
	}
	return uint64(least) * weight
}

// enter gives a node that comes to wait its place in virtual time. It claims no more of the past than its part of a burst,
// for it may have been about to come back while others emptied the bucket; and when many come to where few were, neither
// side has to make up for the few having moved larger pieces.
func (n *node) enter() {
	turn, now := n.turn(), n.parent.clock
	if turn == 0 {
		if before(n.tag, now) {
			n.tag = now
		}
		return
	}
	if before(now, n.parent.latest-turn) {
		now = n.parent.latest - turn
	}
	if oldest := now - turn*perPeriod/perBurst; before(n.tag, oldest) {
		n.tag = oldest
	}
	if latest := now + turn; before(latest, n.tag) {
		n.tag = latest
	}
}

// A queue is a heap of nodes, the one that had least in front.
type queue []*node

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return before(q[i].tag, q[j].tag) }

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i+1, j+1
}

func (q *queue) Push(x any) {
	n := x.(*node)
	*q = append(*q, n)
	n.place = len(*q)
}

func (q *queue) Pop() any {
	last := len(*q) - 1
	n := (*q)[last]
	(*q)[last], *q = nil, (*q)[:last]
	n.place = 0
	return n
}

// A waitlist is a heap of held nodes, the one that is due first in front.
type waitlist []*node

func (w waitlist) Len() int           { return len(w) }
func (w waitlist) Less(i, j int) bool { return w[i].due < w[j].due }

func (w waitlist) Swap(i, j int) {
	w[i], w[j] = w[j], w[i]
	w[i].hold, w[j].hold = i+1, j+1
}

func (w *waitlist) Push(x any) {
	n := x.(*node)
	*w = append(*w, n)
	n.hold = len(*w)
}

func (w *waitlist) Pop() any {
	last := len(*w) - 1
	n := (*w)[last]
	(*w)[last], *w = nil, (*w)[:last]
	n.hold = 0
	return n
}
