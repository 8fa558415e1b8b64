package ban

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bounds of a Table: some megabytes if they are reached, 30 MB more with a Config.Failures of MostFailures.
const (
	MaxWatched = 4096 // addresses with failures; those of logins under way come on top
	MaxBans    = 8192 // made by failures
	MaxOrders  = 1024 // of the administrator's bans; each is compared with each client

	// MostFailures bounds the failures that are kept of one address.
	MostFailures = 200

	// LongestBan is the most that repetition makes of a ban, unless Config.Time is longer.
	LongestBan = 24 * time.Hour

	// remembered is how long after its end a ban makes the next one longer.
	remembered = 24 * time.Hour

	maxReason = 200 // bytes

	fullEvery = time.Minute // how often a full list is reported
)

// Errors of orders.
var (
	ErrFull   = fmt.Errorf("there are %d bans by the administrator already", MaxOrders)
	ErrReason = fmt.Errorf("a reason has up to %d bytes and no control characters", maxReason)
	ErrPast   = errors.New("this ban would be over already")
)

// A Config says when addresses are kept out.
type Config struct {
	// Failures is how many logins of an address may fail Within a time before it is kept out for Time, twice as long each time it
	// happens again. 0 means that no address is kept out or slowed down for its failures.
	Failures     int
	Within, Time time.Duration
	// Exempt are the networks that this does not hold for.
	Exempt []netip.Prefix
	// PerMinute is how many logins of any address, Exempt or not, may fail within a minute before more are refused unseen; 0
	// means any number.
	PerMinute int
}

// A Ban keeps a network out.
type Ban struct {
	Network      netip.Prefix
	Since, Until time.Time
	Reason       string
	Ordered      bool // by an administrator, not by failures
	Times        int  // how often the address was kept out for its failures, this time included
}

// Stats are sums since the start, and what there is now.
type Stats struct {
	Failures int64 // logins that failed in a way that counts
	Made     int64 // bans for failures
	Ordered  int64 // bans by administrators
	Unlisted int64 // addresses that were not kept out because the list was full
	Refused  int64 // connections of banned addresses
	Unseen   int64 // logins refused without a look at the password
	Delayed  int64 // logins that had to wait for their turn
	Banned   int   // networks now
	ByOrder  int   // of these, the administrator's
	Watched  int   // addresses with recent failures, or a login under way
}

// A Table is the addresses of one process. It is made once and outlives changes of its Config.
type Table struct {
	report func(string)

	mostWatched, mostBans int

	mu      sync.Mutex
	config  Config
	watched map[netip.Prefix]*watch
	bans    map[netip.Prefix]Ban // by failures: the key of an address
	orders  map[netip.Prefix]Ban
	full    time.Time // when the list was last reported to be full
	stats   Stats     // but for what there is now
}

// New returns an empty Table. report takes lines for the log: one for each ban that is made for failures.
func New(c Config, report func(string)) *Table {
	return &Table{
		report: report, config: c, mostWatched: MaxWatched, mostBans: MaxBans,
		watched: make(map[netip.Prefix]*watch), bans: make(map[netip.Prefix]Ban), orders: make(map[netip.Prefix]Ban),
	}
}

// Configure changes the settings. Bans that were made stay as they are.
func (t *Table) Configure(c Config) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.config = c
	for _, w := range t.watched {
		w.changed()
	}
}

// KeepOut reports whether a client that has just come is to be turned away, and until when. It counts those.
func (t *Table) KeepOut(a netip.Addr) (until time.Time, out bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b, out := t.find(a, time.Now())
	if out {
		t.stats.Refused++
	}
	return b.Until, out
}

// Banned reports whether an address is kept out, and until when.
func (t *Table) Banned(a netip.Addr) (until time.Time, out bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b, out := t.find(a, time.Now())
	return b.Until, out
}

// find returns the ban of an address; of several the one that ends last.
func (t *Table) find(a netip.Addr, now time.Time) (found Ban, out bool) {
	if len(t.bans) > 0 {
		key := keyOf(a)
		if found, out = t.bans[key]; out && !now.Before(found.Until) {
			delete(t.bans, key)
			found, out = Ban{}, false
		}
	}
	a = a.Unmap().WithZone("")
	for network, b := range t.orders {
		switch {
		case !now.Before(b.Until):
			delete(t.orders, network)
		case network.Contains(a) && (!out || b.Until.After(found.Until)):
			found, out = b, true
		}
	}
	return found, out
}

// Order keeps a network out until a time, for the administrator. It takes the place of a ban that the same network has.
func (t *Table) Order(network netip.Prefix, until time.Time, reason string) error {
	now := time.Now()
	switch {
	case len(reason) > maxReason || strings.ContainsFunc(reason, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return ErrReason
	case !now.Before(until):
		return ErrPast
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.orders[network]; !known {
		purge(t.orders, now)
		if len(t.orders) >= MaxOrders {
			return ErrFull
		}
	}
	delete(t.bans, network)
	t.orders[network] = Ban{Network: network, Since: now, Until: until, Reason: reason, Ordered: true}
	t.stats.Ordered++
	for key, w := range t.watched {
		if network.Overlaps(key) {
			w.changed() // whoever waits for a turn has none to come
		}
	}
	return nil
}

// Lift lets a network in again, and forgets its failures. A network that is kept out as part of others is not let in by it:
// these are returned.
func (t *Table) Lift(network netip.Prefix) (lifted bool, partOf []netip.Prefix) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	purge(t.bans, now)
	purge(t.orders, now)
	_, made := t.bans[network]
	_, ordered := t.orders[network]
	delete(t.bans, network)
	delete(t.orders, network)
	if w := t.watched[network]; w != nil {
		w.forgive()
	}
	for _, list := range []map[netip.Prefix]Ban{t.bans, t.orders} {
		for other := range list {
			if other.Bits() < network.Bits() && other.Overlaps(network) {
				partOf = append(partOf, other)
			}
		}
	}
	slices.SortFunc(partOf, netip.Prefix.Compare)
	return made || ordered, partOf
}

// All are the bans in force, by network.
func (t *Table) All() []Ban {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	purge(t.bans, now)
	purge(t.orders, now)
	list := make([]Ban, 0, len(t.bans)+len(t.orders))
	for _, from := range []map[netip.Prefix]Ban{t.bans, t.orders} {
		for _, b := range from {
			list = append(list, b)
		}
	}
	slices.SortFunc(list, func(a, b Ban) int {
		return cmp.Or(a.Network.Compare(b.Network), a.Until.Compare(b.Until))
	})
	return list
}

// Restore puts bans in force that All of another Table has told. Those that are over, or more than there is room for, are left out.
func (t *Table) Restore(list []Ban) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range list {
		into, most := t.bans, t.mostBans
		if b.Ordered {
			into, most = t.orders, MaxOrders
		}
		if _, known := into[b.Network]; now.Before(b.Until) && b.Network.IsValid() && (known || len(into) < most) {
			into[b.Network] = b
			if !b.Ordered {
				w := t.watch(b.Network, now)
				w.times, w.until = max(b.Times, 1), b.Until
			}
		}
	}
}

// Stats tells what there was and is.
func (t *Table) Stats() Stats {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	purge(t.bans, now)
	purge(t.orders, now)
	s := t.stats
	s.Banned, s.ByOrder, s.Watched = len(t.bans)+len(t.orders), len(t.orders), len(t.watched)
	return s
}

// purge takes out what is over.
func purge(list map[netip.Prefix]Ban, now time.Time) {
	for network, b := range list {
		if !now.Before(b.Until) {
			delete(list, network)
		}
	}
}

// exempt reports whether an address is kept out only by order.
func (c Config) exempt(key netip.Prefix) bool {
	if c.Failures == 0 || !key.IsValid() {
		return true
	}
	for _, network := range c.Exempt {
		if network.Overlaps(key) {
			return true
		}
	}
	return false
}
