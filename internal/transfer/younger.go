package transfer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// A Younger is the process that has taken the passive ports over from this one, which still has sessions. It has the pairs of
// both; what comes for a pair of this process it passes on to Receive. Release and Use never wait.
type Younger interface {
	// Reserve leases a pair under a number that was not used before, and returns its port. It fails with ErrGone if the
	// younger has ended.
	Reserve(ctx context.Context, id uint64, want Wanted) (port uint16, err error)
	Release(id uint64)
	// Use says how many connections of a lease were taken, and whether its session waits for another one now.
	Use(id uint64, taken int, waiting bool)
}

// Wanted is a Request as it is sent to another process.
type Wanted struct {
	Local, Client netip.Addr
	Any           bool
	Previous      uint64 // the lease to renew or else to release; 0: none
}

// ErrGone says that the process at the other end has ended.
var ErrGone = errors.New("the process that has the passive ports has ended")

// errMoved says that the ports have just changed hands: the other way is to be tried.
var errMoved = errors.New("the passive ports have changed hands")

// An Estate is what a process with a range of ports hands to a younger one.
type Estate struct {
	Ports []Port
	Pairs []Pair
}

// A Port is an open passive port. Whoever has the Port owns the descriptor.
type Port struct {
	At netip.AddrPort
	FD int
}

// A Pair is a lease, or a pair at rest if its ID is 0.
type Pair struct {
	ID      uint64
	Local   netip.AddrPort
	Client  netip.Addr // the zero address: from everywhere
	Served  bool
	Waiting bool
	Parked  int
	Age     time.Duration // since the last use
	Rest    time.Duration // of a pair at rest
}

// Close closes the descriptors of an estate that nobody has taken.
func (e Estate) Close() {
	for _, port := range e.Ports {
		_ = unix.Close(port.FD) // a copy
	}
}

// Range is the range of ports; 0 means that the kernel chooses.
func (p *Passive) Range() (first, last uint16) { return p.cfg.First, p.cfg.Last }

// follows returns the process that has the ports, or nil.
func (p *Passive) follows() Younger {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.younger
}

// Freeze stops the giving out of pairs and the accepting of connections, which wait in the kernel, and returns what another
// process needs to go on with both. Follow or Resume must come soon.
func (p *Passive) Freeze() (e Estate, err error) {
	p.gate.Lock()
	ports := p.portsNow()
	for _, port := range ports {
		port.pause()
	}
	for _, port := range ports {
		fd, failed := port.duplicate()
		if failed != nil {
			e.Close()
			p.Resume()
			return Estate{}, fmt.Errorf("hand passive port %s over: %w", port.at, failed)
		}
		e.Ports = append(e.Ports, Port{port.at, fd})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.wakeLocked(now)
	p.handed = p.last
	for at, h := range p.pairs {
		l := h.lease
		if l == nil {
			continue
		}
		p.last++
		l.away, l.known = p.last, l.count
		e.Pairs = append(e.Pairs, Pair{
			ID: l.away, Local: at.local, Client: at.client,
			Served: l.served, Waiting: l.waiting, Parked: l.count, Age: now - l.touched,
		})
	}
	for _, r := range p.resting { // in the order in which they end
		if h, ok := p.pairs[r.pair]; ok && h.lease == nil && h.until == r.until {
			e.Pairs = append(e.Pairs, Pair{Local: r.pair.local, Client: r.pair.client, Rest: r.until - now})
		}
	}
	return e, nil
}

// portsNow are the open ports.
func (p *Passive) portsNow() (all []*listener) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pool := range p.pools {
		all = append(all, pool.open...)
	}
	return all
}

// Resume ends what Freeze began: the ports stay with this process.
func (p *Passive) Resume() {
	defer p.gate.Unlock()
	ports := p.portsNow()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, h := range p.pairs {
		if h.lease != nil {
			h.lease.away = 0
		}
	}
	for _, port := range ports {
		port.resume()
		if !p.closed {
			p.loops.Go(port.serve)
		}
	}
}

// Follow ends what Freeze began: the ports belong to a younger process, and are closed here.
func (p *Passive) Follow(y Younger) error {
	defer p.gate.Unlock()
	ports := p.portsNow()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return net.ErrClosed
	}
	p.younger = y
	p.abroad = make(map[uint64]*Lease)
	for _, pool := range p.pools {
		for _, port := range pool.open {
			p.stats.Listeners--
			port.any = nil
		}
	}
	clear(p.pools)
	for _, h := range p.pairs {
		if l := h.lease; l != nil {
			l.port = nil
			p.abroad[l.away] = l
			l.tellUseLocked()
		}
	}
	p.surrenderLocked(y)
	clear(p.pairs)
	p.resting = nil
	for _, queue := range p.queues {
		for _, t := range queue {
			t.call()
		}
	}
	var errs []error
	for _, port := range ports {
		errs = append(errs, port.file.Close())
	}
	return errors.Join(errs...)
}

// surrenderLocked gives back the leases that have ended since Freeze: the younger has them as living.
func (p *Passive) surrenderLocked(y Younger) {
	for id := p.handed + 1; id <= p.last; id++ {
		if p.abroad[id] == nil {
			y.Release(id)
		}
	}
}

// pause stops the accepting. Connections that had been accepted have been delivered when it returns.
func (l *listener) pause() {
	l.accepting.Lock()
	defer l.accepting.Unlock()
	l.paused = true
	_ = l.file.SetReadDeadline(time.Unix(1, 0)) // a closed file needs none
}

// resume undoes pause, but for the loop that has ended. If it has not yet, then two of them serve the port, one after the other.
func (l *listener) resume() {
	l.accepting.Lock()
	defer l.accepting.Unlock()
	l.paused = false
	_ = l.file.SetReadDeadline(time.Time{})
}

// duplicate returns a descriptor of the port for another process.
func (l *listener) duplicate() (fd int, err error) {
	failed := l.raw.Control(func(own uintptr) { fd, err = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0) })
	return fd, errors.Join(failed, err)
}

// Receive takes a connection for the lease with a number from the younger process.
func (p *Passive) Receive(id uint64, fd int, peer netip.AddrPort) {
	a := arrival{fd, peer}
	p.mu.Lock()
	l := p.abroad[id]
	taken := l != nil && l.parkLocked(a)
	if !taken {
		p.stats.Refused++
	}
	p.mu.Unlock()
	if !taken {
		closeArrivals([]arrival{a})
	}
}

// Lose ends a lease that the younger process has given to another session.
func (p *Passive) Lose(id uint64) {
	p.mu.Lock()
	l := p.abroad[id]
	if l != nil {
		delete(p.abroad, id)
		l.endLocked(ErrLost)
		p.stats.TakenOver++
	}
	p.mu.Unlock()
	if l != nil {
		l.dropParked()
	}
}

// Alone says that the younger process has ended: ports are opened here again. Leases whose connection has come keep it, all
// others are lost.
func (p *Passive) Alone(y Younger) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.younger != y {
		return
	}
	p.younger = nil
	for _, l := range p.abroad {
		l.away = 0
		if l.count == 0 || l.owner.older != nil {
			l.endLocked(ErrLost)
		}
	}
	clear(p.abroad)
}

// reserveThere leases a pair of the younger process's ports.
func (p *Passive) reserveThere(ctx context.Context, req *Request) (*Lease, error) {
	p.mu.Lock()
	y := p.younger
	if p.closed || y == nil {
		defer p.mu.Unlock()
		if p.closed {
			return nil, net.ErrClosed
		}
		return nil, errMoved
	}
	previous := req.Previous
	req.Previous = nil
	want := Wanted{Local: req.Local, Client: req.Client, Any: req.Any, Previous: p.bringLocked(previous)}
	p.last++
	l := &Lease{
		p: p, pair: pair{netip.AddrPortFrom(req.Local, 0), req.key()}, any: req.Any, touched: p.now(),
		ready: true, away: p.last, owner: req.owner,
	}
	p.abroad[l.away] = l
	p.stats.Leases++
	id := l.away
	p.mu.Unlock()

	if previous != nil {
		previous.Release()
	}
	wait, cancel := context.WithTimeout(ctx, p.cfg.Wait+time.Second) // the younger waits as long as this process would
	defer cancel()
	port, err := y.Reserve(wait, id, want)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		l.pair.local = netip.AddrPortFrom(req.Local, port)
		return l, nil
	}
	delete(p.abroad, id)
	if l.err == nil {
		l.endLocked(ErrReleased)
	}
	if errors.Is(err, ErrGone) {
		if p.younger == y {
			defer p.Alone(y)
		}
		return nil, errMoved
	}
	return nil, fmt.Errorf("reserve port for %s: %w: %w", req.Client, ErrNoPort, err)
}

// bringLocked takes a lease along into the next request to the younger process, which renews or releases it, and returns its
// number there, or 0.
func (p *Passive) bringLocked(l *Lease) uint64 {
	if l == nil || l.p != p || l.err != nil || l.away == 0 {
		return 0
	}
	delete(p.abroad, l.away)
	l.endLocked(ErrReleased)
	return l.away
}

// giveBackLocked releases a lease of the younger process's ports.
func (p *Passive) giveBackLocked(l *Lease) {
	if p.younger != nil && l.away != 0 {
		delete(p.abroad, l.away)
		p.younger.Release(l.away)
	}
}

// tellUseLocked tells the younger process what has become of the connections it has passed on.
func (l *Lease) tellUseLocked() {
	if l.away == 0 || l.port != nil || l.p.younger == nil {
		return
	}
	l.p.younger.Use(l.away, l.known-l.count, l.waiting)
	l.known = l.count
}
