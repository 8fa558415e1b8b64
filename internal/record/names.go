package record

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

const (
	lookupLimit = 2 * time.Second // a name that is not found by then is not used
	maxLookups  = 16              // lookups at once: what a local resolver takes without complaint
	maxWaiting  = 4096            // addresses that wait for a lookup; more stay numeric
	maxNames    = 4096            // addresses remembered, found or not
	nameLife    = 10 * time.Minute
	noNameLife  = time.Minute      // an address without a name
	slowPause   = 10 * time.Minute // between two complaints of slow lookups
)

// names looks up clients' names, each address once at a time, and remembers them for a while.
type names struct {
	resolve func(context.Context, netip.Addr) (string, error)
	begin   func() (context.Context, context.CancelFunc) // bounds one lookup
	end     func()                                       // cancels them all
	slow    func()                                       // is told that a lookup took lookupLimit, once in slowPause
	workers sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	known   map[netip.Addr]knownName
	waiting map[netip.Addr][]func(string) // whom to tell; also holds the addresses being looked up
	next    []netip.Addr                  // of waiting, those not yet begun, oldest first
	running int                           // workers
	nagged  time.Time                     // when slow was last called
}

type knownName struct {
	name  string // "": it has none
	until time.Time
}

func newNames(resolve func(context.Context, netip.Addr) (string, error), slow func()) *names {
	ctx, cancel := context.WithCancel(context.Background())
	return &names{
		resolve: resolve,
		slow:    slow,
		begin: func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, lookupLimit)
		},
		end:     cancel,
		known:   make(map[netip.Addr]knownName),
		waiting: make(map[netip.Addr][]func(string)),
	}
}

// close gives the lookups that wait their usual time, ends them then and waits for them.
func (n *names) close() {
	n.mu.Lock()
	n.closed = true
	n.mu.Unlock()
	late := time.AfterFunc(lookupLimit, n.end)
	n.workers.Wait()
	late.Stop()
	n.end()
}

// cached returns what is remembered of an address: its name, or "" if it has none.
func (n *names) cached(address netip.Addr) (name string, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	known, ok := n.known[address]
	if !ok || time.Now().After(known.until) {
		return "", false
	}
	return known.name, true
}

// lookup has tell called once with the name of an address, or "" if it has none. It does not wait.
func (n *names) lookup(address netip.Addr, tell func(string)) {
	n.mu.Lock()
	tells, asked := n.waiting[address]
	if n.closed || !asked && len(n.next) >= maxWaiting {
		n.mu.Unlock()
		tell("")
		return
	}
	n.waiting[address] = append(tells, tell)
	if !asked {
		n.next = append(n.next, address)
		if n.running < maxLookups {
			n.running++
			n.workers.Go(n.work)
		}
	}
	n.mu.Unlock()
}

// work looks up waiting addresses until there are none.
func (n *names) work() {
	for {
		n.mu.Lock()
		if len(n.next) == 0 {
			n.running--
			n.mu.Unlock()
			return
		}
		address := n.next[0]
		n.next = n.next[1:]
		n.mu.Unlock()

		name := n.ask(address)
		n.mu.Lock()
		tells := n.waiting[address]
		delete(n.waiting, address)
		n.rememberLocked(address, name)
		n.mu.Unlock()
		for _, tell := range tells {
			tell(name)
		}
	}
}

func (n *names) ask(address netip.Addr) string {
	ctx, cancel := n.begin()
	defer cancel()
	begun := time.Now()
	name, err := n.resolve(ctx, address)
	n.timed(time.Since(begun))
	if err != nil {
		return ""
	}
	return cleanHost(name)
}

// timed complains if a lookup took too long.
func (n *names) timed(took time.Duration) {
	if took < lookupLimit {
		return
	}
	n.mu.Lock()
	now := time.Now()
	due := n.nagged.IsZero() || now.Sub(n.nagged) >= slowPause
	if due {
		n.nagged = now
	}
	n.mu.Unlock()
	if due {
		n.slow()
	}
}

// rememberLocked keeps a name, first making room: of what has expired, else of any one address.
func (n *names) rememberLocked(address netip.Addr, name string) {
	now := time.Now()
	if len(n.known) >= maxNames {
		for a, known := range n.known {
			if now.After(known.until) {
				delete(n.known, a)
			}
		}
		for a := range n.known {
			if len(n.known) < maxNames {
				break
			}
			delete(n.known, a)
		}
	}
	life := nameLife
	if name == "" {
		life = noNameLife
	}
	n.known[address] = knownName{name, now.Add(life)}
}
