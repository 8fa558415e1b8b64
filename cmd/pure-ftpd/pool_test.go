package main

import (
	"errors"
	"testing"
)

// A thing counts how often it was closed.
type thing struct{ closed int }

func (t *thing) Close() error {
	t.closed++
	return errClosing
}

var errClosing = errors.New("closing")

func TestPool(t *testing.T) {
	var p pool[string, *thing]
	opened := 0
	open := func() (*thing, error) {
		opened++
		return new(thing), nil
	}
	a, releaseA, err := p.hold("x", open)
	b, releaseB, err2 := p.hold("x", open)
	if a != b || opened != 1 || err != nil || err2 != nil {
		t.Errorf("two that want the same hold %p and %p, %d opened, %v, %v; want one", a, b, opened, err, err2)
	}
	for range 2 { // giving back twice is giving back once
		if err := releaseA(); err != nil || a.closed != 0 {
			t.Errorf("the first gives it back: %v, closed %d times; want it open", err, a.closed)
		}
	}
	if err := releaseB(); !errors.Is(err, errClosing) || a.closed != 1 {
		t.Errorf("the last gives it back: %v, closed %d times; want the error of the one closing", err, a.closed)
	}
	c, _, err := p.hold("x", open)
	if c == a || opened != 2 || err != nil {
		t.Errorf("after it was closed: %p, %d opened, %v; want another", c, opened, err)
	}
	if _, _, err := p.hold("y", func() (*thing, error) { return nil, errClosing }); !errors.Is(err, errClosing) || len(p.held) != 1 {
		t.Errorf("what cannot be opened: %v, %d held; want its error, and nothing kept", err, len(p.held))
	}
}
