package ldapauth

import (
	"context"
	"fmt"
	"sync"
	"time"

	"pureftpd/internal/auth"
)

const (
	maxConnections = 32              // of a pool in use; more logins wait
	maxIdle        = 8               // of a pool that wait for a login
	idleLimit      = 2 * time.Minute // directories and firewalls forget connections; it is cheap to make another
)

// A pool lends connections.
type pool struct {
	open  func(ctx context.Context) (*connection, error)
	slots chan struct{} // one for each connection in use

	mu     sync.Mutex
	idle   []resting // the last one rests for the shortest time
	closed bool
}

type resting struct {
	k     *connection
	since time.Time
}

func newPool(open func(ctx context.Context) (*connection, error)) *pool {
	return &pool{open: open, slots: make(chan struct{}, maxConnections)}
}

// use lends a connection. One that has rested may have been cut meanwhile: then fn is called again, with a new one.
func (p *pool) use(ctx context.Context, fn func(*connection) error) error {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if k := p.rested(); k != nil {
		err := p.run(ctx, k, fn)
		if err == nil || isAnswer(err) || ctx.Err() != nil {
			return err
		}
	}
	k, err := p.open(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", auth.ErrDown, err) // whatever the directory said, it was not about the user
	}
	return p.run(ctx, k, fn)
}

// run calls fn and keeps the connection, if it may serve again.
func (p *pool) run(ctx context.Context, k *connection, fn func(*connection) error) error {
	stop := k.endWith(ctx)
	useful := false
	defer func() { // also if fn panics
		if !stop() || !useful || !p.rest(k) {
			k.end()
		}
	}()
	err := fn(k)
	useful = err == nil || isAnswer(err)
	return err
}

// rested takes a connection that waits, or nil.
func (p *pool) rested() *connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := len(p.idle); n > 0; n = len(p.idle) {
		r := p.idle[n-1]
		p.idle = p.idle[:n-1]
		if time.Since(r.since) < idleLimit && !r.k.IsClosing() {
			return r.k
		}
		r.k.end()
	}
	return nil
}

// rest lets a connection wait for the next login, if there is room.
func (p *pool) rest(k *connection) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.idle) >= maxIdle {
		return false
	}
	p.idle = append(p.idle, resting{k, time.Now()})
	return true
}

// close ends the connections that wait, and those in use when they are given back.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, r := range p.idle {
		r.k.end()
	}
	p.idle = nil
}
