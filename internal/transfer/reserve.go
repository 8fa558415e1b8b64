package transfer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// A Request asks for a passive port.
type Request struct {
	Local  netip.Addr // the control connection's local address: the port is bound to it
	Client netip.Addr // whose connections are accepted
	// Any accepts connections from everywhere (FXP). Such a lease has its port for itself alone.
	Any bool
	// Previous is the lease the session has had, or nil. It is renewed if it fits, else released.
	Previous *Lease

	owner owner // the older process that asks, if one does
}

// key returns the client part of the pair.
func (r *Request) key() netip.Addr {
	if r.Any {
		return netip.Addr{}
	}
	return r.Client
}

// A queueKey names those who wait for the same ports.
type queueKey struct {
	local, client netip.Addr
}

// A turn is a session waiting for a port. Only the head of a queue looks for one.
type turn struct {
	wake chan struct{} // room for one
}

// call makes the waiting session look again.
func (t *turn) call() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// maxLook is the longest time between two looks of the head of a queue. Every event that frees a
// port calls the head; this only bounds what an unforeseen one could cost.
const maxLook = 250 * time.Millisecond

// Reserve leases a pair for a session. The session's own pair is renewed at once, without a system
// call; connections parked in it are closed. Otherwise an open port whose pair is free is taken, or
// a port is opened, or a lease that lies idle loses its pair; failing all that, Reserve waits up to
// Config.Wait or the end of ctx and returns ErrNoPort.
func (p *Passive) Reserve(ctx context.Context, req Request) (*Lease, error) {
	req.Local, req.Client = plain(req.Local), clientKey(req.Client)
	for {
		reserve := p.reserveHere
		if p.follows() != nil {
			reserve = p.reserveThere
		}
		if l, err := reserve(ctx, &req); !errors.Is(err, errMoved) {
			return l, err
		}
	}
}

// reserveHere leases a pair of this process's ports.
func (p *Passive) reserveHere(ctx context.Context, req *Request) (*Lease, error) {
	if req.Previous != nil {
		l, err := p.renewed(req)
		if l != nil || err != nil {
			return l, err
		}
	}
	var t *turn
	var end time.Time
	key := queueKey{req.Local, req.key()}
	for {
		l, retry, err := p.find(*req, t)
		if l != nil || err != nil {
			p.quit(key, t)
			return l, err
		}
		if t == nil {
			t = &turn{wake: make(chan struct{}, 1)}
			end = time.Now().Add(p.cfg.Wait)
			p.join(key, t)
		}
		left := time.Until(end)
		if left <= 0 {
			p.quit(key, t)
			return nil, fmt.Errorf("reserve port for %s: %w", req.Client, ErrNoPort)
		}
		if err := t.sleep(ctx, min(left, retry)); err != nil {
			p.quit(key, t)
			return nil, fmt.Errorf("reserve port for %s: %w: %w", req.Client, ErrNoPort, err)
		}
	}
}

// sleep waits until the turn is called, the time is over or ctx ends.
func (t *turn) sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(max(d, time.Millisecond))
	defer timer.Stop()
	select {
	case <-t.wake:
	case <-timer.C:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// join puts a turn at the end of its queue.
func (p *Passive) join(key queueKey, t *turn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queues[key] = append(p.queues[key], t)
	p.stats.Waiting++
}

// quit takes a turn out of its queue and calls the next.
func (p *Passive) quit(key queueKey, t *turn) {
	if t == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	queue := p.queues[key]
	for i := range queue {
		if queue[i] == t {
			queue = append(queue[:i:i], queue[i+1:]...)
			p.stats.Waiting--
			break
		}
	}
	if len(queue) == 0 {
		delete(p.queues, key)
		return
	}
	p.queues[key] = queue
	queue[0].call()
}

// callLocked calls the head of a queue.
func (p *Passive) callLocked(key queueKey) {
	if queue := p.queues[key]; len(queue) > 0 {
		queue[0].call()
	}
}

// find looks for a port once. With neither lease nor error, retry says when to look again.
func (p *Passive) find(req Request, t *turn) (*Lease, time.Duration, error) {
	p.gate.RLock()
	defer p.gate.RUnlock()
	for {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			return nil, 0, net.ErrClosed
		}
		if p.younger != nil {
			p.mu.Unlock()
			return nil, 0, errMoved
		}
		now := p.now()
		p.wakeLocked(now)
		if q := p.queues[queueKey{req.Local, req.key()}]; len(q) > 0 && q[0] != t {
			p.mu.Unlock()
			return nil, p.cfg.Wait, nil // others were here first
		}
		ports := p.poolLocked(req.Local)
		choice := p.chooseLocked(ports, &req, now)
		var l *Lease
		if choice.port != nil {
			l = p.grantLocked(choice.port, &req)
		}
		p.mu.Unlock()

		for _, lost := range choice.lost {
			lost.dropParked()
		}
		if l != nil {
			// Whatever reached the port before it was leased was meant for someone else.
			l.port.drain()
			return l, 0, p.admit(l)
		}
		if choice.err != nil || !choice.grow {
			return nil, choice.retry, choice.err
		}
		if err := p.grow(ports); err != nil {
			return nil, 0, err
		}
	}
}

// admit lets connections in.
func (p *Passive) admit(l *Lease) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.ready = true
	return l.err
}

// A choice is what chooseLocked decided: a port, or to open one, or to wait.
type choice struct {
	port  *listener
	lost  []*Lease // idle leases that had to go
	grow  bool
	retry time.Duration
	err   error // waiting is of no use
}

// chooseLocked decides where a lease comes from.
func (p *Passive) chooseLocked(ports *pool, req *Request, now time.Duration) choice {
	grow := p.mayGrowLocked(ports, now)
	if grow && len(ports.open)+ports.opening < p.cfg.Spread {
		return choice{grow: true}
	}
	for i := range ports.open {
		at := (ports.turn + i) % len(ports.open)
		if port := ports.open[at]; p.freeLocked(port, req) {
			ports.turn = at + 1
			return choice{port: port}
		}
	}
	if grow {
		return choice{grow: true}
	}
	retry := maxLook
	switch {
	case ports.opening > 0:
		retry = 5 * time.Millisecond
	case len(ports.open) > 0:
	case ports.failure != nil:
		return choice{err: errors.Join(ErrNoPort, ports.failure)}
	default: // until another address can spare a port
		retry = min(retry, p.cfg.Rest)
	}
	for i := range ports.open {
		at := (ports.turn + i) % len(ports.open)
		port := ports.open[at]
		idle, after := p.idleLocked(port, req, now)
		if len(idle) == 0 {
			retry = min(retry, after)
			continue
		}
		for _, l := range idle {
			p.takeOverLocked(l)
		}
		ports.turn = at + 1
		return choice{port: port, lost: idle}
	}
	return choice{retry: retry}
}

// freeLocked reports whether the port can serve the request now.
func (p *Passive) freeLocked(port *listener, req *Request) bool {
	if port.stuck.Load() {
		return false
	}
	if req.Any {
		return port.held == 0
	}
	if port.any != nil {
		return false
	}
	if _, held := p.pairs[pair{local: port.at}]; held { // an Any lease at rest
		return false
	}
	_, held := p.pairs[pair{port.at, req.Client}]
	return !held
}

// idleLocked returns the leases of this port that are in the way of the request if all of them may
// be taken over, or else how long until something changes.
func (p *Passive) idleLocked(port *listener, req *Request, now time.Duration) ([]*Lease, time.Duration) {
	if port.stuck.Load() {
		return nil, maxLook
	}
	var idle []*Lease
	wait := time.Duration(0)
	for _, at := range p.rivalsLocked(port, req) {
		h, held := p.pairs[at]
		switch {
		case !held:
		case h.lease == nil:
			wait = max(wait, h.until-now)
		default:
			wait = max(wait, h.lease.idleAfterLocked()-now)
			idle = append(idle, h.lease)
		}
	}
	if wait > 0 {
		return nil, wait
	}
	return idle, maxLook
}

// rivalsLocked returns the pairs of a port that exclude the request. For Any that is all of them;
// walking the whole table is fair, because FXP is rare and this is the last resort.
func (p *Passive) rivalsLocked(port *listener, req *Request) []pair {
	if !req.Any {
		return []pair{{port.at, req.Client}, {local: port.at}}
	}
	var rivals []pair
	for at := range p.pairs {
		if at.local == port.at {
			rivals = append(rivals, at)
		}
	}
	return rivals
}

// takeOverLocked ends an idle lease in favour of another session. It has rested already.
func (p *Passive) takeOverLocked(l *Lease) {
	l.endLocked(ErrLost)
	delete(p.pairs, l.pair)
	l.port.held--
	l.port.any = nil
	p.stats.TakenOver++
}

// grantLocked makes the lease. It is not ready: find empties the port's queue first.
func (p *Passive) grantLocked(port *listener, req *Request) *Lease {
	l := &Lease{p: p, port: port, pair: pair{port.at, req.key()}, any: req.Any, touched: p.now(), owner: req.owner}
	p.pairs[l.pair] = hold{lease: l}
	port.held++
	if req.Any {
		port.any = l
	}
	p.stats.Leases++
	return l
}
