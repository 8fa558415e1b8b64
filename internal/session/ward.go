package session

import (
	"context"
	"sync"
	"time"
)

// watchDelay spares short transfers their watcher: an ABOR that comes sooner is read when the watcher begins.
const watchDelay = 20 * time.Millisecond

// A ward starts the watchers of the transfers that turn out to take long. One timer serves all sessions, and none runs while
// nothing is transferred: a timer for each transfer would cost more than a small transfer's other bookkeeping.
type ward struct {
	mu      sync.Mutex
	waiting map[*watcher]context.Context // not yet started, with the context they will run in
	ticking bool
	busy    bool // something came since the last tick
}

// enter has a watcher started when its transfer has taken a moment.
func (d *ward) enter(ctx context.Context, w *watcher) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.waiting == nil {
		d.waiting = make(map[*watcher]context.Context)
	}
	d.waiting[w] = ctx
	d.busy = true
	if !d.ticking {
		d.ticking = true
		time.AfterFunc(watchDelay, d.tick)
	}
}

// leave takes back a watcher that was not started, and reports whether it was not.
func (d *ward) leave(w *watcher) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, waiting := d.waiting[w]
	delete(d.waiting, w)
	return waiting
}

// tick starts the watchers that have waited long enough, and comes again as long as there is something to do.
func (d *ward) tick() {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	for w, ctx := range d.waiting {
		if now.Sub(w.begun) >= watchDelay {
			delete(d.waiting, w)
			w.done = make(chan struct{})
			go w.run(ctx) // stop waits for it
		}
	}
	d.ticking = d.busy || len(d.waiting) > 0
	d.busy = false
	if d.ticking {
		time.AfterFunc(watchDelay, d.tick)
	}
}
