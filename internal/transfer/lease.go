package transfer

import (
	"context"
	"math"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// A Lease is a session's ownership of a pair. It serves any number of connections, one after the
// other, until it is released, passed to Reserve as Previous, or lost. One goroutine uses it.
type Lease struct {
	p    *Passive
	pair pair
	any  bool
	wake chan struct{} // room for one

	// Guarded by Passive.mu.
	port    *listener // nil: a younger process has it
	ready   bool      // connections are accepted: set when the port's queue has been emptied
	err     error
	waiting bool
	served  bool          // a connection has come since Reserve
	touched time.Duration // last use
	count   int
	parked  [maxParked]arrival
	away    uint64 // its number at the younger process; 0: there is none
	known   int    // what the younger knows of count
	owner   owner  // of a lease that an older process has
}

// maxParked bounds the connections that wait for their transfer command. More than one is rare: a
// client may open the connection for its next command before it has read the end of this one.
const maxParked = 4

// An arrival is a connection nobody has asked for yet.
type arrival struct {
	fd   int
	peer netip.AddrPort
}

// Port returns the port to announce.
func (l *Lease) Port() uint16 { return l.pair.local.Port() }

// Accept returns the next data connection of this lease. If the client has connected already, as it
// usually has, this takes no system call. It fails with ErrLost, ErrReleased, net.ErrClosed or the
// cause of ctx.
func (l *Lease) Accept(ctx context.Context) (*Conn, error) {
	if a, ok, err := l.take(false); ok || err != nil {
		return a.conn(ok), err
	}
	l.drain() // it may be in the kernel's queue
	for {
		a, ok, err := l.take(true)
		if ok || err != nil {
			return a.conn(ok), err
		}
		select {
		case <-l.wake:
		case <-ctx.Done():
			if a, ok := l.leave(); ok {
				return a.conn(true), nil
			}
			return nil, context.Cause(ctx)
		}
	}
}

// conn makes an arrival that is there a connection.
func (a arrival) conn(there bool) *Conn {
	if !there {
		return nil
	}
	return newConn(a.fd, a.peer)
}

// take returns the oldest parked connection. Without one, wait says that the caller will sleep.
func (l *Lease) take(wait bool) (a arrival, ok bool, err error) {
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	if l.err != nil {
		return a, false, l.err
	}
	a, ok = l.shiftLocked()
	l.waiting = wait && !ok
	if l.waiting && l.wake == nil {
		l.wake = make(chan struct{}, 1)
	}
	if l.waiting {
		l.tellUseLocked()
	}
	return a, ok, nil
}

// leave ends a wait; a connection that came at the last moment is still taken.
func (l *Lease) leave() (arrival, bool) {
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	l.waiting = false
	l.touched = l.p.now()
	if l.err != nil {
		return arrival{}, false
	}
	l.tellUseLocked()
	return l.shiftLocked()
}

// shiftLocked takes the oldest parked connection out.
func (l *Lease) shiftLocked() (arrival, bool) {
	if l.count == 0 {
		return arrival{}, false
	}
	a := l.parked[0]
	l.count--
	copy(l.parked[:], l.parked[1:])
	l.touched = l.p.now()
	l.tellUseLocked()
	return a, true
}

// parkLocked gives the lease a connection. It reports false when the lease does not want it.
func (l *Lease) parkLocked(a arrival) bool {
	if !l.ready || l.err != nil || l.count == maxParked {
		return false
	}
	if l.owner.older != nil {
		return l.forwardLocked(a)
	}
	l.parked[l.count] = a
	l.count++
	l.known++ // whoever has sent it counts it, too
	l.served = true
	if l.waiting {
		l.waiting = false
		l.wake <- struct{}{}
	}
	return true
}

// Release gives the pair up. Parked connections are closed. It is harmless on a lost lease, after
// Close, and when called twice.
func (l *Lease) Release() {
	p := l.p
	p.mu.Lock()
	if l.err == nil {
		l.endLocked(ErrReleased)
		if l.port != nil {
			p.restLocked(l)
		} else {
			p.giveBackLocked(l)
		}
	}
	p.mu.Unlock()
	l.dropParked()
}

// endLocked fails the lease with err and wakes its owner.
func (l *Lease) endLocked(err error) {
	l.err = err
	l.p.stats.Leases--
	if l.owner.older != nil {
		l.lostLocked()
		return
	}
	if l.waiting {
		l.waiting = false
		l.wake <- struct{}{}
	}
}

// dropParked closes the connections of an ended lease. Once err is set nothing is parked any more,
// but a Release and a take-over may come here at the same time.
func (l *Lease) dropParked() {
	var parked [maxParked]arrival
	l.p.mu.Lock()
	n := 0
	if l.owner.older == nil { // else they are with their owner
		n = copy(parked[:], l.parked[:l.count])
	}
	l.count = 0
	l.p.mu.Unlock()
	closeArrivals(parked[:n])
}

// closeArrivals closes connections that nobody will use. There is nobody to tell of an error.
func closeArrivals(arrivals []arrival) {
	for _, a := range arrivals {
		_ = unix.Close(a.fd)
	}
}

// restLocked lays the pair of an ended lease to rest.
func (p *Passive) restLocked(l *Lease) {
	until := p.now() + p.cfg.Rest
	p.pairs[l.pair] = hold{until: until}
	p.resting = append(p.resting, rest{l.pair, l.port, until})
	if l.any {
		l.port.any = nil // held keeps the port from everyone until the rest is over
		for key := range p.queues {
			if key.local == l.pair.local.Addr() {
				p.callLocked(key)
			}
		}
		return
	}
	p.callLocked(queueKey{l.pair.local.Addr(), l.pair.client})
	p.callLocked(queueKey{local: l.pair.local.Addr()})
}

// idleAfterLocked returns when the lease may be taken over. One that has served a connection has to
// rest only; one that has not is given the time a slow client needs.
func (l *Lease) idleAfterLocked() time.Duration {
	switch {
	case l.waiting || !l.ready:
		return math.MaxInt64
	case l.served && l.count == 0:
		return l.touched + l.p.cfg.Rest
	}
	return l.touched + max(l.p.cfg.Hold, l.p.cfg.Rest)
}

// drain empties the queue of the port, if the port is this process's.
func (l *Lease) drain() {
	l.p.mu.Lock()
	port := l.port
	l.p.mu.Unlock()
	if port != nil {
		port.drain()
	}
}

// renew gives a session its own pair again. It reports false when the lease has ended or is for
// something else, and also when the connection that the pair was given out for has not come: it may
// be on its way, and would be taken for the next one. Connections of an earlier command are closed.
func (p *Passive) renew(l *Lease, req Request) bool {
	want := pair{netip.AddrPortFrom(req.Local, l.pair.local.Port()), req.key()}
	if l.p != p || l.any != req.Any || l.pair != want {
		return false
	}
	p.mu.Lock()
	came := l.served || l.err != nil || l.port == nil
	p.mu.Unlock()
	if !came {
		l.drain() // it may be in the kernel's queue
	}
	p.mu.Lock()
	ok := l.err == nil && l.served && l.port != nil
	if ok {
		l.touched = p.now()
		l.served = false
		p.renameLocked(l, req.owner)
	}
	late := l.count > 0 && l.owner.older == nil
	p.mu.Unlock()
	if ok && late {
		l.dropParked()
	}
	return ok
}

// deliver hands a connection to the lease of its pair, or says that nobody wants it.
func (p *Passive) deliver(port *listener, a arrival) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := port.any
	if l == nil {
		l = p.pairs[pair{port.at, clientKey(a.peer.Addr())}].lease
	}
	if l == nil || !l.parkLocked(a) {
		p.stats.Refused++
		return false
	}
	return true
}
