package server

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Admission counts sessions: all of them, those of each client address and those of each account. Everything is counted under
// one lock, so a limit is exact however many connections come at once.
type Admission struct {
	mu         sync.Mutex
	maxClients int // 0 means no limit
	maxPerIP   int // likewise
	bans       Bans
	total      int
	byAddress  map[netip.Addr]int
	byAccount  map[string]uint64

	refused [3]atomic.Int64 // by verdict
	faults  atomic.Int64    // of accept
}

// Bans are the addresses that are turned away, whatever else.
type Bans interface {
	// KeepOut reports whether a client that has just come is one of them, and until when.
	KeepOut(netip.Addr) (until time.Time, out bool)
}

// NewAdmission makes an Admission with the limits -c and -C; zero means no limit. Without bans nobody is turned away for good.
func NewAdmission(maxClients, maxPerIP int, bans Bans) *Admission {
	return &Admission{
		bans:       bans,
		maxClients: maxClients,
		maxPerIP:   maxPerIP,
		byAddress:  make(map[netip.Addr]int),
		byAccount:  make(map[string]uint64),
	}
}

// SetLimits changes -c and -C. Who is in stays.
func (a *Admission) SetLimits(maxClients, maxPerIP int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.maxClients, a.maxPerIP = maxClients, maxPerIP
}

// Limits are those in force.
func (a *Admission) Limits() (maxClients, maxPerIP int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.maxClients, a.maxPerIP
}

// A verdict says whether a client is let in.
type verdict uint8

const (
	admitted      verdict = iota
	serverFull            // -c
	addressAtMost         // -C
)

// banned reports whether an address is kept out, and until when.
func (a *Admission) banned(from netip.Addr) (until time.Time, out bool) {
	if a.bans == nil {
		return time.Time{}, false
	}
	return a.bans.KeepOut(from)
}

// Stats are the counters of an Admission.
type Stats struct {
	Sessions     int   // now
	Most         int   // that may be, -c; 0: any number
	Full         int64 // clients refused because of -c
	Crowded      int64 // and because of -C
	AcceptFaults int64 // how often no connection could be taken, for want of descriptors or memory mostly
}

// Stats returns them.
func (a *Admission) Stats() Stats {
	most, _ := a.Limits()
	return Stats{
		Sessions: a.Sessions(), Most: most, Full: a.refused[serverFull].Load(), Crowded: a.refused[addressAtMost].Load(),
		AcceptFaults: a.faults.Load(),
	}
}

// enter takes a place for a client; one that was admitted must leave.
func (a *Admission) enter(from netip.Addr) verdict {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.maxClients > 0 && a.total >= a.maxClients {
		return serverFull
	}
	if a.maxPerIP > 0 && a.byAddress[from] >= a.maxPerIP {
		return addressAtMost
	}
	a.total++
	a.byAddress[from]++ // without -C, too: it may come with a reload
	return admitted
}

// occupy takes a place without asking whether there is one, for a client whom another process has let in.
func (a *Admission) occupy(from netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.total++
	a.byAddress[from]++
}

// leave gives a place back.
func (a *Admission) leave(from netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.total--
	if a.byAddress[from]--; a.byAddress[from] == 0 {
		delete(a.byAddress, from)
	}
}

// Sessions is how many clients are served now.
func (a *Admission) Sessions() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.total
}

// Login takes a place for the account name, or reports false if limit others hold one already; limit 0 is no limit.
func (a *Admission) Login(name string, limit uint64) (release func(), ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if limit > 0 && a.byAccount[name] >= limit {
		return nil, false
	}
	a.byAccount[name]++
	return func() { a.logout(name) }, true
}

func (a *Admission) logout(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byAccount[name]--; a.byAccount[name] == 0 {
		delete(a.byAccount, name)
	}
}
