package ban

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestStorm has 200 guessers of one address at once: they get as many guesses as are allowed, not one more. Nobody else waits.
func TestStorm(t *testing.T) {
	for _, failures := range []int{1, 6, 30} {
		synctest.Test(t, func(t *testing.T) {
			l := newLab(t, Config{Failures: failures, Within: 10 * time.Minute, Time: 10 * time.Minute})
			var looked, kept, tooMany, busy atomic.Int32
			var storm sync.WaitGroup
			for range 200 {
				storm.Go(func() {
					a, err := l.Begin(t.Context(), addr("192.0.2.1"), "joe")
					if err == nil {
						looked.Add(1)
						time.Sleep(50 * time.Millisecond) // the password is compared
						a.Fail()
						return
					}
					if _, ok := errors.AsType[*Kept](err); ok {
						kept.Add(1)
					} else if errors.Is(err, ErrTooMany) {
						tooMany.Add(1)
					} else if errors.Is(err, ErrBusy) {
						busy.Add(1)
					}
				})
			}
			synctest.Wait()
			began := time.Now()
			l.login("192.0.2.2", "joe")
			if waited := time.Since(began); waited != 0 {
				t.Errorf("somebody else waited %v", waited)
			}
			storm.Wait()
			if int(looked.Load()) != failures || kept.Load() != 200-int32(failures) || tooMany.Load()+busy.Load() != 0 {
				t.Errorf("of 200 guesses %d were looked at, %d kept out, %d too many, %d busy; want %d looked at and the others kept out",
					looked.Load(), kept.Load(), tooMany.Load(), busy.Load(), failures)
			}
			if s := l.Stats(); s.Made != 1 || s.Failures != int64(failures) || s.Watched != 1 {
				t.Errorf("Stats = %+v", s)
			}
		})
	}
}

// guessFor has connections of one address guess for a time, as fast as they may, and returns how many guesses they got.
func guessFor(t *testing.T, c Config, connections int, d time.Duration) (guesses int) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, c)
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		var n atomic.Int32
		var storm sync.WaitGroup
		for range connections {
			storm.Go(func() {
				for ctx.Err() == nil {
					a, err := l.Begin(ctx, addr("192.0.2.1"), "joe")
					if err != nil {
						time.Sleep(time.Second) // it connects again
						continue
					}
					n.Add(1)
					time.Sleep(10 * time.Millisecond)
					a.Fail()
				}
			})
		}
		storm.Wait()
		guesses = int(n.Load())
	})
	return guesses
}

// TestConnectionsDoNotMultiplyGuesses compares one connection with fifty, before any ban.
func TestConnectionsDoNotMultiplyGuesses(t *testing.T) {
	c := Config{Failures: MostFailures, Within: 24 * time.Hour, Time: time.Hour}
	one, fifty := guessFor(t, c, 1, 5*time.Minute), guessFor(t, c, 50, 5*time.Minute)
	if one < 50 || one > 80 {
		t.Errorf("one connection got %d guesses in five minutes; want about one in five seconds", one)
	}
	if fifty > one+50 { // those that began while the address had no failures
		t.Errorf("fifty connections got %d guesses, one got %d", fifty, one)
	}
}

// TestLoginsOfABusyAddress is an office behind one address, where one client has a stale password: the others wait for seconds at
// most, and nobody is banned as long as the client does not try more often than it may.
func TestLoginsOfABusyAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, Config{Failures: 30, Within: 10 * time.Minute, Time: 10 * time.Minute})
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		defer cancel()
		var office sync.WaitGroup
		office.Go(func() {
			for ctx.Err() == nil {
				if _, err := l.guess("192.0.2.1", "stale"); err != nil {
					t.Error(err)
				}
				time.Sleep(21 * time.Second)
			}
		})
		office.Go(func() {
			for ctx.Err() == nil {
				began := time.Now()
				l.login("192.0.2.1", "ann")
				if waited := time.Since(began); waited > longestGap {
					t.Errorf("ann waited %v", waited)
				}
				time.Sleep(7 * time.Second)
			}
		})
		office.Wait()
		if s := l.Stats(); s.Made != 0 {
			t.Errorf("Stats = %+v; want no ban", s)
		}
	})
}

// TestPerMinute: logins after so many failures within a minute are refused unseen, from this machine, too, and nobody is banned.
func TestPerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := Config{PerMinute: 3}
		l := newLab(t, c)
		l.login("2001:db8::1", "joe")
		l.guesses(1, "2001:db8::1")
		l.guesses(1, "2001:db8::2")
		l.guesses(1, "2001:db8::1")
		for _, from := range []string{"2001:db8::1", "2001:db8::3"} {
			if _, err := l.guess(from, "joe"); !errors.Is(err, ErrTooMany) {
				t.Errorf("after three failures, from %s: %v; want a refusal unseen", from, err)
			}
		}
		l.login("2001:db8:0:1::1", "joe")
		time.Sleep(time.Minute)
		l.guesses(3, "2001:db8::1")
		if s := l.Stats(); s.Made != 0 || s.Unseen != 2 {
			t.Errorf("Stats = %+v", s)
		}
		l.guesses(3, "127.0.0.1")
		if _, err := l.guess("127.0.0.1", "joe"); !errors.Is(err, ErrTooMany) {
			t.Errorf("from this machine: %v", err)
		}
	})
	if one, fifty := guessFor(t, Config{PerMinute: 3}, 1, 10*time.Minute), guessFor(t, Config{PerMinute: 3}, 50, 10*time.Minute); one > 30 || fifty > 30 {
		t.Errorf("one connection got %d guesses in ten minutes, fifty %d; want 30 at most", one, fifty)
	}
}

// TestWaitingEnds: with the session, after a time, and when the address is banned meanwhile.
func TestWaitingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, Config{Failures: 1, Within: time.Hour, Time: time.Hour})
		slow, err := l.Begin(t.Context(), addr("192.0.2.1"), "joe")
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := l.guess("192.0.2.1", "joe"); !errors.Is(err, ErrBusy) || time.Since(began) != patience {
			t.Errorf("behind a slow one: %v after %v", err, time.Since(began))
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := l.Begin(ctx, addr("192.0.2.1"), "joe"); !errors.Is(err, context.Canceled) {
			t.Errorf("of a session that ends: %v", err)
		}
		time.AfterFunc(time.Second, func() {
			if err := l.Order(network("192.0.2.0/24"), time.Now().Add(time.Hour), ""); err != nil {
				t.Error(err)
			}
		})
		began = time.Now()
		_, err = l.guess("192.0.2.1", "joe")
		if _, ok := errors.AsType[*Kept](err); !ok || time.Since(began) != time.Second {
			t.Errorf("of an address that is banned meanwhile: %v after %v", err, time.Since(began))
		}
		l.Lift(network("192.0.2.0/24"))
		time.AfterFunc(time.Second, slow.Succeed)
		began = time.Now()
		if l.login("192.0.2.1", "joe"); time.Since(began) != time.Second {
			t.Errorf("the next turn came after %v", time.Since(began))
		}
		if s := l.Stats(); s.Watched != 0 || s.Delayed != 4 {
			t.Errorf("Stats = %+v; want nothing left", s)
		}
	})
}
