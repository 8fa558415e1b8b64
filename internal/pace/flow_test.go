package pace

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var errKicked = errors.New("kicked")

func TestStopEndsAWaitingTake(t *testing.T) {
	for _, cause := range []error{errKicked, nil} {
		bubble(t, func(t *testing.T, l *load) {
			shaper := NewShaper(Rates{Download: 10})
			m := shaper.Join(Join{User: "ann"})
			f, other := m.Download(), l.greedy(m.Download())
			for range 2 {
				if _, err := f.Take(1); err != nil {
					t.Fatal(err)
				}
			}
			failed := make(chan error, 1)
			go func() {
				for {
					if _, err := f.Take(1 << 20); err != nil {
						failed <- err
						return
					}
				}
			}()
			l.run(5 * time.Second)
			begun := time.Now()
			f.Stop(cause)
			f.Stop(errors.New("later"))
			want := cause
			if want == nil {
				want = ErrStopped
			}
			if err := <-failed; err != want || time.Since(begun) != 0 {
				t.Errorf("Take() = %v after %v; want %v at once", err, time.Since(begun), want)
			}
			if _, err := f.Take(1); err != want {
				t.Errorf("Take() after Stop = %v; want %v", err, want)
			}
			f.Return(1)
			f.Done()
			f.Done()
			before := other.bytes()
			l.run(10 * time.Second)
			if got := other.bytes() - before; got < 99 || got > 101 {
				t.Errorf("the other transfer moved %d bytes in 10 s; want all 100", got)
			}
		})
	}
}

func TestStopWithoutALimit(t *testing.T) {
	f := NewShaper(Rates{}).Join(Join{}).Upload()
	f.Stop(errKicked)
	if _, err := f.Take(1); err != errKicked {
		t.Errorf("Take() after Stop = %v; want %v", err, errKicked)
	}
	f.Done()
}

// TestLeaveWithARunningTransfer: it goes on under its limits, and nothing is left of it at the end.
func TestLeaveWithARunningTransfer(t *testing.T) {
	bubble(t, func(t *testing.T, l *load) {
		shaper := NewShaper(Rates{})
		m := shaper.Join(Join{User: "ann", UserTotal: Rates{Download: 1000}})
		f := m.Download()
		mover := l.greedy(f)
		l.run(time.Second)
		m.Leave()
		m.Leave()
		if _, err := m.Download().Take(1); err != ErrLeft {
			t.Errorf("Take() of a transfer begun after Leave = %v; want %v", err, ErrLeft)
		}
		second := l.greedy(shaper.Join(Join{User: "ann", UserTotal: Rates{Download: 1000}}).Download())
		l.run(19 * time.Second)
		if got := mover.bytes() + second.bytes(); !within(got, 20_000, 2) {
			t.Errorf("%d bytes in 20 s; want 20000", got)
		}
		l.end()
		if u := shaper.down.users["ann"]; u.sessions != 1 || u.open != 0 || len(shaper.up.users) != 1 {
			t.Errorf("%d sessions, %d transfers; want one, none", u.sessions, u.open)
		}
	})
}

// TestNothingIsLeft: a user without a session has no entry, the timer does not run, and nobody is held.
func TestNothingIsLeft(t *testing.T) {
	bubble(t, func(t *testing.T, l *load) {
		shaper := NewShaper(Rates{Download: 5000})
		var members []*Member
		for i := range 100 {
			rates := Rates{Download: uint64(100 * (i % 3))}
			m := shaper.Join(Join{User: fmt.Sprint(i % 10), UserTotal: rates, Own: rates, Background: i%2 == 0})
			l.greedy(m.Download())
			members = append(members, m)
		}
		l.run(3 * time.Second)
		l.end()
		for _, m := range members {
			m.Leave()
		}
		d := &shaper.down
		if len(d.users)+len(d.held)+len(d.root.ready)+d.root.open != 0 || d.alarm != 0 {
			t.Errorf("left: %d users, %d held, %d ready, %d open, alarm %v",
				len(d.users), len(d.held), len(d.root.ready), d.root.open, d.alarm)
		}
	})
}

func TestSetUserOverridesForGood(t *testing.T) {
	bubble(t, func(t *testing.T, l *load) {
		shaper := NewShaper(Rates{})
		shaper.SetUser("ann", Rates{Download: 1000})
		for _, rate := range []float64{1000, 3000} {
			m := shaper.Join(Join{User: "ann", UserTotal: Rates{Download: 77}})
			f := m.Download()
			mover := l.greedy(f)
			l.run(10 * time.Second)
			if !within(mover.bytes(), 10*rate, 2) {
				t.Errorf("%d bytes in 10 s; want %v", mover.bytes(), 10*rate)
			}
			l.end()
			m.Leave()
			if rate == 1000 {
				shaper.SetUser("ann", Rates{Download: 3000})
			}
		}
	})
}

func TestTheLatestUserTotalHolds(t *testing.T) {
	bubble(t, func(t *testing.T, l *load) {
		shaper := NewShaper(Rates{})
		first := l.greedy(shaper.Join(Join{User: "ann", UserTotal: Rates{Download: 1}}).Download())
		shaper.Join(Join{User: "ann", UserTotal: Rates{Download: 1000}})
		l.run(10 * time.Second)
		if !within(first.bytes(), 10_000, 2) {
			t.Errorf("%d bytes in 10 s; want 10000", first.bytes())
		}
	})
}

// TestOverridesAreBounded: the oldest one without a session goes, one with a session never.
func TestOverridesAreBounded(t *testing.T) {
	shaper := NewShaper(Rates{})
	m := shaper.Join(Join{User: "ann"})
	shaper.SetUser("ann", Rates{Download: 5})
	for i := range maxIdle + 10 {
		shaper.SetUser(fmt.Sprint(i), Rates{Download: 5})
		shaper.SetUser(fmt.Sprint(i), Rates{Download: 6})
	}
	d := &shaper.down
	if len(d.users) != maxIdle+1 || d.users["ann"] == nil || d.users["9"] != nil || d.users["10"] == nil {
		t.Errorf("%d users are known; want %d and the right ones", len(d.users), maxIdle+1)
	}
	m.Leave()
	m = shaper.Join(Join{User: "ann"})
	if f := m.Download(); !f.Limited() {
		t.Error("the limit of ann was forgotten")
	}
	if len(d.users) != maxIdle || len(d.idle) != maxIdle-1 {
		t.Errorf("%d users, %d idle; want %d, %d", len(d.users), len(d.idle), maxIdle, maxIdle-1)
	}
}

// TestEverybodyAtOnce is for the race detector: every method from everywhere.
func TestEverybodyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shaper := NewShaper(Rates{Upload: 1 << 20, Download: 1 << 20})
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				for range 20 {
					m := shaper.Join(Join{User: fmt.Sprint(i % 3), Background: i%4 == 0})
					f := m.Download()
					all.Go(func() {
						for k := range 10 {
							m.SetOwn(Rates{Download: uint64(k % 2 * 100_000)})
							shaper.SetUser("1", Rates{Download: uint64(k%3) * 50_000})
							shaper.SetTotal(Rates{Download: uint64(1+k%2) << 20})
							time.Sleep(time.Millisecond) // of the bubble
						}
						m.Leave()
						f.Stop(nil)
					})
					for range 30 {
						n, err := f.Take(10_000)
						if err != nil {
							break
						}
						f.Return(n / 3)
						time.Sleep(time.Millisecond) // of the bubble
					}
					f.Done()
				}
			})
		}
		all.Wait()
		if n := len(shaper.down.users); n != 1 {
			t.Errorf("%d users are known; want the one of SetUser", n)
		}
	})
}
