package transfer

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"
)

// An Older is a process that has handed its passive ports over to this one, and still has sessions. Its methods never wait.
type Older interface {
	// Forward passes a connection on to the lease with a number. The descriptor is the Older's from then on.
	Forward(id uint64, fd int, peer netip.AddrPort)
	// Lost says that another session has the pair now.
	Lost(id uint64)
}

// Foreign are the leases that an older process has among the pairs of this one.
type Foreign struct {
	p     *Passive
	older Older
	ports []*listener // that Start serves

	// Guarded by Passive.mu.
	leases map[uint64]*Lease
	gone   bool
}

// An owner is whose a lease is, if it is another process's: its connections go there.
type owner struct {
	older Older // nil: it is this process's
	id    uint64
	of    *Foreign
}

// Adopt takes the ports and pairs of an older process over. Nothing is accepted before Start. No session may be there yet.
func (p *Passive) Adopt(e Estate, older Older) (*Foreign, error) {
	f := &Foreign{p: p, older: older, leases: make(map[uint64]*Lease)}
	ports := make(map[netip.AddrPort]*listener)
	for i, port := range e.Ports {
		l, err := openListener(port.FD, port.At)
		if err != nil {
			for _, taken := range ports {
				_ = taken.file.Close() // nothing has come of it
			}
			Estate{Ports: e.Ports[i+1:]}.Close()
			return nil, err
		}
		l.p = p
		ports[port.At] = l
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		for _, port := range ports {
			_ = port.file.Close() // likewise
		}
		return nil, net.ErrClosed
	}
	now := p.now()
	for _, pair := range e.Pairs {
		if port := ports[pair.Local]; port != nil {
			p.adoptPairLocked(pair, port, f, now)
		}
	}
	for at, port := range ports {
		pool := p.poolLocked(at.Addr())
		pool.used[at.Port()] = true
		pool.open = append(pool.open, port)
		p.stats.Listeners++
		f.ports = append(f.ports, port)
	}
	return f, nil
}

// Start begins to accept: the older process, which is told of what comes, has stopped.
func (f *Foreign) Start() {
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	for _, port := range f.ports {
		if !f.p.closed {
			f.p.loops.Go(port.serve)
		}
	}
	f.ports = nil
}

// adoptPairLocked enters a pair into the table.
func (p *Passive) adoptPairLocked(from Pair, port *listener, f *Foreign, now time.Duration) {
	at := pair{from.Local, from.Client}
	port.held++
	if from.ID == 0 {
		until := now + from.Rest
		p.pairs[at] = hold{until: until}
		p.resting = append(p.resting, rest{at, port, until})
		return
	}
	l := &Lease{
		p: p, port: port, pair: at, any: !from.Client.IsValid(), ready: true,
		served: from.Served, waiting: from.Waiting, count: from.Parked, touched: now - from.Age,
		owner: owner{f.older, from.ID, f},
	}
	if l.any {
		port.any = l
	}
	p.pairs[at] = hold{lease: l}
	p.stats.Leases++
	f.leases[from.ID] = l
}

// Reserve leases a pair for the older process.
func (f *Foreign) Reserve(ctx context.Context, id uint64, want Wanted) (port uint16, err error) {
	f.p.mu.Lock()
	previous := f.leases[want.Previous]
	delete(f.leases, want.Previous)
	f.p.mu.Unlock()
	l, err := f.p.Reserve(ctx, Request{
		Local: want.Local, Client: want.Client, Any: want.Any, Previous: previous, owner: owner{f.older, id, f},
	})
	if err != nil {
		return 0, err
	}
	f.p.mu.Lock()
	gone := f.gone
	if !gone && l.err == nil { // else it is lost already, and that was told
		f.leases[id] = l
	}
	port = l.Port()
	f.p.mu.Unlock()
	if gone {
		l.Release()
		return 0, ErrReleased
	}
	return port, nil
}

// Release gives a pair up.
func (f *Foreign) Release(id uint64) {
	f.p.mu.Lock()
	l := f.leases[id]
	delete(f.leases, id)
	f.p.mu.Unlock()
	if l != nil {
		l.Release()
	}
}

// Use notes what the older process has done with the connections of a lease.
func (f *Foreign) Use(id uint64, taken int, waiting bool) {
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	l := f.leases[id]
	if l == nil || l.err != nil {
		return
	}
	l.count = min(max(0, l.count-taken), maxParked)
	l.waiting = waiting && l.count == 0
	l.touched = f.p.now()
	l.tellUseLocked()
}

// Close gives up all pairs: the older process has ended.
func (f *Foreign) Close() {
	f.p.mu.Lock()
	f.gone = true
	var all []*Lease
	for _, l := range f.leases {
		all = append(all, l)
	}
	clear(f.leases)
	f.p.mu.Unlock()
	for _, l := range all {
		l.Release()
	}
}

// forwardLocked passes a connection on to the lease's owner.
func (l *Lease) forwardLocked(a arrival) bool {
	l.count++
	l.known++
	l.served, l.waiting = true, false
	l.touched = l.p.now()
	l.owner.older.Forward(l.owner.id, a.fd, a.peer)
	return true
}

// lostLocked tells the owner of a lease that has ended, unless he has ended it.
func (l *Lease) lostLocked() {
	l.waiting = false
	if errors.Is(l.err, ErrLost) {
		delete(l.owner.of.leases, l.owner.id)
		l.owner.older.Lost(l.owner.id)
	}
}

// renameLocked gives a renewed lease of another process its new number there. Connections that were passed on under the old one
// are closed there.
func (p *Passive) renameLocked(l *Lease, to owner) {
	if l.owner.older != nil {
		l.owner, l.count = to, 0
	}
}

// renewed renews the previous lease of a request, or releases it. It returns nil if a new one has to be found.
func (p *Passive) renewed(req *Request) (*Lease, error) {
	p.gate.RLock()
	defer p.gate.RUnlock()
	if p.follows() != nil {
		return nil, errMoved
	}
	l := req.Previous
	req.Previous = nil
	if p.renew(l, *req) {
		return l, nil
	}
	l.Release()
	return nil, nil //nolint:nilnil // a new one has to be found
}
