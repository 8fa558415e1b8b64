package main

import "sync"

// A pool keeps what generations of settings share while they agree on a key: a log file, a range of ports. It is opened for the
// first that wants it and closed after the last has given it back. The zero value is empty.
type pool[K comparable, V interface{ Close() error }] struct {
	mu   sync.Mutex // held while something is opened or closed: the next to open it must find it closed
	held map[K]*holding[V]
}

type holding[V any] struct {
	value   V
	holders int
}

// hold returns what is kept under a key, or what open makes. Who holds it calls release once.
func (p *pool[K, V]) hold(key K, open func() (V, error)) (value V, release func() error, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.held[key]
	if h == nil {
		if value, err = open(); err != nil {
			return value, nil, err
		}
		if p.held == nil {
			p.held = make(map[K]*holding[V])
		}
		h = &holding[V]{value: value}
		p.held[key] = h
	}
	h.holders++
	return h.value, sync.OnceValue(func() error { return p.release(key) }), nil
}

func (p *pool[K, V]) release(key K) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.held[key]
	if h.holders--; h.holders > 0 {
		return nil
	}
	delete(p.held, key)
	return h.value.Close()
}
