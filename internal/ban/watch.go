package ban

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// A watch is what is known of one address. The lock of its Table guards it.
type watch struct {
	failures []failure // the latest, oldest first
	running  int       // logins under way
	waiting  int       // logins that wait for their turn
	next     time.Time // of those that take turns, none begins before
	turn     chan struct{}

	times int       // how often the address was kept out
	until time.Time // the end of the last time
}

// A failure is one login that failed.
type failure struct {
	when time.Time
	name uint64 // a digest of the name
}

// watch returns what is known of an address, after what is too old was forgotten.
func (t *Table) watch(key netip.Prefix, now time.Time) *watch {
	w := t.watched[key]
	if w == nil {
		t.makeRoom(now)
		w = &watch{turn: make(chan struct{})}
		t.watched[key] = w
	}
	w.forget(t.config, now)
	return w
}

// forget drops failures that are too old to matter, and bans that are over for long.
func (w *watch) forget(c Config, now time.Time) {
	limit := now.Add(-max(c.Within, time.Minute))
	old := 0
	for old < len(w.failures) && !w.failures[old].when.After(limit) {
		old++
	}
	w.failures = slices.Delete(w.failures, 0, old)
	if w.times > 0 && now.Sub(w.until) >= remembered {
		w.times = 0
	}
}

// since counts the failures after a time.
func (w *watch) since(limit time.Time) (n int) {
	for _, f := range slices.Backward(w.failures) {
		if !f.when.After(limit) {
			break
		}
		n++
	}
	return n
}

// idle reports whether no login refers to w.
func (w *watch) idle() bool { return w.running == 0 && w.waiting == 0 }

// empty reports whether nothing is lost with w.
func (w *watch) empty() bool { return w.idle() && len(w.failures) == 0 && w.times == 0 }

// forgive forgets all that speaks against an address.
func (w *watch) forgive() {
	w.failures, w.times, w.next = nil, 0, time.Time{}
	w.changed()
}

// changed has those who wait look again.
func (w *watch) changed() {
	close(w.turn)
	w.turn = make(chan struct{})
}

// makeRoom forgets what is too old if the table is full, or else the addresses that have done least: of those that were never kept out
// the ones with the fewest failures, of several the ones whose last failure is oldest. It takes a sixteenth of the table at once, as
// looking through it for each address of a flood would hold up everybody. What a login refers to stays.
func (t *Table) makeRoom(now time.Time) {
	if len(t.watched) < t.mostWatched {
		return
	}
	var idle []netip.Prefix
	for key, w := range t.watched {
		if !w.idle() {
			continue
		}
		if w.forget(t.config, now); w.empty() {
			delete(t.watched, key)
		} else {
			idle = append(idle, key)
		}
	}
	if len(t.watched) < t.mostWatched {
		return
	}
	slices.SortFunc(idle, func(a, b netip.Prefix) int { return t.watched[a].compare(t.watched[b]) })
	for _, key := range idle[:min(len(idle), max(t.mostWatched/16, 1))] {
		delete(t.watched, key)
	}
}

// compare puts those first that are forgotten first.
func (w *watch) compare(other *watch) int {
	return cmp.Or(cmp.Compare(w.times, other.times), cmp.Compare(len(w.failures), len(other.failures)), w.last().Compare(other.last()))
}

// last is when the last failure was, or the end of the last ban.
func (w *watch) last() time.Time {
	if n := len(w.failures); n > 0 {
		return w.failures[n-1].when
	}
	return w.until
}
