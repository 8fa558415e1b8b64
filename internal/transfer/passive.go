package transfer

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"
)

// A Config says how passive ports are opened and shared. The zero value is usable.
type Config struct {
	// First and Last are the range of ports, both included. First 0 lets the kernel choose.
	First, Last uint16
	// Rest is how long a pair is left alone between two sessions, so that a late connection meant
	// for the first is not taken for the second's. 0 means one second.
	Rest time.Duration
	// Hold is how long a lease whose client has not connected is safe from being taken over when
	// ports are short. 0 means 30 seconds.
	Hold time.Duration
	// Wait bounds how long Reserve waits for a port. 0 means five seconds.
	Wait time.Duration
	// Spread is how many ports are opened for a local address before they are shared. 0 means 16.
	Spread int
	// MaxListeners bounds the open ports of all local addresses together. 0 means 1024.
	MaxListeners int
	// Backlog is the queue of each port. 0 means 256; the kernel may lower it.
	Backlog int
	// Report is told of ports that cannot be opened, once for each. It may be nil.
	Report func(error)
}

// withDefaults returns the configuration with its zeros replaced.
func (c Config) withDefaults() Config {
	for _, d := range []struct {
		value *time.Duration
		zero  time.Duration
	}{{&c.Rest, time.Second}, {&c.Hold, 30 * time.Second}, {&c.Wait, 5 * time.Second}} {
		if *d.value == 0 {
			*d.value = d.zero
		}
	}
	for _, d := range []struct {
		value *int
		zero  int
	}{{&c.Spread, 16}, {&c.MaxListeners, 1024}, {&c.Backlog, 256}} {
		if *d.value == 0 {
			*d.value = d.zero
		}
	}
	if c.Report == nil {
		c.Report = func(error) {}
	}
	return c
}

// Passive owns the passive ports of a server. A port serves any number of clients at once: a
// connection belongs to the session that leased the pair (client address, port).
type Passive struct {
	cfg    Config
	start  time.Time
	ctx    context.Context // ends when Close begins: it is the life of the accept loops
	cancel context.CancelFunc
	loops  sync.WaitGroup

	// gate is read-locked by who gives out a pair. Freeze holds it until Follow or Resume. It is taken first of all.
	gate sync.RWMutex

	mu      sync.Mutex
	closed  bool
	pools   map[netip.Addr]*pool
	pairs   map[pair]hold
	resting []rest // in the order in which they end
	queues  map[queueKey][]*turn
	stats   Stats
	younger Younger           // has the ports; nil: this process has them
	abroad  map[uint64]*Lease // leases of this process, by their numbers at the younger
	last    uint64            // the number of the latest
	handed  uint64            // the last number before the latest Freeze
}

// Stats are the counters of a Passive.
type Stats struct {
	Listeners int    // ports open now
	Most      int    // Listeners at most, all local addresses together
	Leases    int    // pairs owned by a session now
	Waiting   int    // sessions waiting for a port now
	Refused   uint64 // connections closed because no session expected them
	TakenOver uint64 // idle leases that lost their port to another session
}

// A pair is what a lease owns. With Request.Any the client is the zero address.
type pair struct {
	local  netip.AddrPort
	client netip.Addr
}

// A hold is a pair in use, or at rest when lease is nil.
type hold struct {
	lease *Lease
	until time.Duration // end of the rest, on the clock of Passive.now
}

// A rest is an entry of the queue that wakes pairs.
type rest struct {
	pair  pair
	port  *listener
	until time.Duration
}

// NewPassive checks the range. No port is opened before a session asks for one.
func NewPassive(cfg Config) (*Passive, error) {
	if cfg.First > cfg.Last {
		return nil, errors.New("first passive port is above the last")
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Passive{
		cfg: cfg.withDefaults(), start: time.Now(), ctx: ctx, cancel: cancel,
		pools:  make(map[netip.Addr]*pool),
		pairs:  make(map[pair]hold),
		queues: make(map[queueKey][]*turn),
	}, nil
}

// now is a monotonic clock that compares cheaply.
func (p *Passive) now() time.Duration { return time.Since(p.start) }

// Stats returns the counters.
func (p *Passive) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Most = p.cfg.MaxListeners
	return s
}

// Close closes all ports and parked connections and fails all leases with net.ErrClosed. It waits
// for the accept loops. Connections that sessions have taken are not touched.
func (p *Passive) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return net.ErrClosed
	}
	p.closed = true
	p.cancel()
	var ports []*listener
	for _, pool := range p.pools {
		ports = append(ports, pool.open...)
	}
	for _, h := range p.pairs {
		if h.lease != nil {
			h.lease.endLocked(net.ErrClosed)
			defer h.lease.dropParked()
		}
	}
	clear(p.pairs)
	for _, l := range p.abroad {
		l.endLocked(net.ErrClosed)
		defer l.dropParked()
	}
	clear(p.abroad)
	for _, queue := range p.queues {
		for _, t := range queue {
			t.call()
		}
	}
	p.stats.Listeners = 0
	p.mu.Unlock()

	var errs []error
	for _, port := range ports {
		errs = append(errs, port.file.Close())
	}
	p.loops.Wait()
	return errors.Join(errs...)
}

// A pool is the ports of one local address. Passive.mu guards it.
type pool struct {
	addr    netip.Addr
	open    []*listener
	turn    int             // where the search for an open port begins
	used    map[uint16]bool // ports that are open or being opened
	bad     map[uint16]time.Duration
	cursor  uint16 // next port of the range, as a distance from First
	opening int
	pause   time.Duration // no port is opened before, after a failure that is not the port's own
	failure error         // the latest
	crowded bool          // the kernel found no free port by itself
}

// poolLocked returns the pool of a local address. The range is walked from a random start, so that
// a restarted server does not offer the ports it offered last.
func (p *Passive) poolLocked(addr netip.Addr) *pool {
	ports := p.pools[addr]
	if ports == nil {
		ports = &pool{addr: addr, used: make(map[uint16]bool), bad: make(map[uint16]time.Duration)}
		if n := uint32(p.cfg.Last-p.cfg.First) + 1; p.cfg.First != 0 {
			ports.cursor = uint16(rand.Uint32N(n))
		}
		p.pools[addr] = ports
	}
	return ports
}

// wakeLocked frees the pairs whose rest is over.
func (p *Passive) wakeLocked(now time.Duration) {
	n := 0
	for ; n < len(p.resting) && p.resting[n].until <= now; n++ {
		r := p.resting[n]
		if h, ok := p.pairs[r.pair]; ok && h.lease == nil && h.until == r.until {
			delete(p.pairs, r.pair)
			r.port.held--
		}
	}
	if n > 0 {
		clear(p.resting[:n])
		p.resting = p.resting[n:]
	}
}
