package pace

import (
	"fmt"
	"testing"
	"time"
)

// TestUsersShareTheServer: by user, not by session.
func TestUsersShareTheServer(t *testing.T) {
	bubble(t, func(t *testing.T, l *load) {
		shaper := NewShaper(Rates{Download: 1 << 20})
		ann := []*mover{l.greedy(shaper.Join(Join{User: "ann"}).Download())}
		var bob []*mover
		for range 20 {
			bob = append(bob, l.greedy(shaper.Join(Join{User: "bob"}).Download()))
		}
		l.run(10 * time.Second)
		if j := jain([]*mover{moverOf(sum(ann)), moverOf(sum(bob))}); j < 0.99 {
			t.Errorf("ann %d, bob %d: index %.3f", sum(ann), sum(bob), j)
		}
		if j := jain(bob); j < 0.95 {
			t.Errorf("sessions of bob: index %.3f", j)
		}
	})
}

func TestSessionsShare(t *testing.T) {
	for _, test := range []struct {
		name                  string
		total, user           Rates
		sessions, users, most int
	}{
		{"a hundred of one user", Rates{}, Rates{Upload: 500_000}, 100, 1, 64 << 10},
		{"a hundred of one user under the server's limit", Rates{Upload: 500_000}, Rates{}, 100, 1, 64 << 10},
		{"a hundred users", Rates{Upload: 100_000}, Rates{}, 1, 100, 64 << 10},
		{"both limits", Rates{Upload: 500_000}, Rates{Upload: 400_000}, 10, 10, 64 << 10},
		{"in small bites", Rates{Upload: 500_000}, Rates{}, 1, 100, 300},
		{"a slow line", Rates{Upload: 10_000}, Rates{}, 10, 2, 64 << 10},
	} {
		bubble(t, func(t *testing.T, l *load) {
			shaper := NewShaper(test.total)
			var movers []*mover
			for u := range test.users {
				for range test.sessions {
					m := shaper.Join(Join{User: fmt.Sprint(u), UserTotal: test.user})
					movers = append(movers, l.start(m.Upload(), test.most, nil))
				}
			}
			l.run(20 * time.Second)
			if j := jain(movers); j < 0.95 {
				t.Errorf("%s: index %.3f", test.name, j)
			}
		})
	}
}

// TestFairByBytes: who takes small pieces, and who gives most back, has as much as who takes large ones. Moving takes
// a time of its own, as it does in the world.
func TestFairByBytes(t *testing.T) {
	moving := func(n int) int {
		time.Sleep(5*time.Microsecond + time.Duration(n)) // of the bubble: a gigabyte per second
		return n
	}
	for _, rate := range []uint64{200_000, 1 << 20, 100 << 20} {
		bubble(t, func(t *testing.T, l *load) {
			shaper := NewShaper(Rates{Download: rate})
			flow := func(user string) *Flow { return shaper.Join(Join{User: user}).Download() }
			movers := []*mover{
				l.start(flow("large"), 64<<20, moving),
				l.start(flow("buffered"), 64<<10, moving),
				l.start(flow("small"), int(rate/200), moving),
				l.start(flow("odd"), 64<<10, func(n int) int { return moving((n + 2) / 3) }),
			}
			l.run(5 * time.Second)
			if j := jain(movers); j < 0.98 || !within(sum(movers), float64(5*rate), 5) {
				t.Errorf("at %d: large %d, buffered %d, small %d, odd %d: index %.3f", rate,
					movers[0].bytes(), movers[1].bytes(), movers[2].bytes(), movers[3].bytes(), j)
			}
		})
	}
}

// TestWhatOneCannotUseGoesToOthers: a limit of one's own, or a slow peer.
func TestWhatOneCannotUseGoesToOthers(t *testing.T) {
	bubble(t, func(t *testing.T, l *load) {
		shaper := NewShaper(Rates{Download: 1_000_000})
		limited := l.greedy(shaper.Join(Join{User: "limited", Own: Rates{Download: 50_000}}).Download())
		user := l.greedy(shaper.Join(Join{User: "user", UserTotal: Rates{Download: 100_000}}).Download())
		slow := l.start(shaper.Join(Join{User: "slow"}).Download(), 64<<10, func(n int) int {
			time.Sleep(time.Second) // of the bubble
			return min(n, 30_000)
		})
		greedy := l.greedy(shaper.Join(Join{User: "greedy"}).Download())
		l.run(30 * time.Second)
		all := []*mover{limited, user, slow, greedy}
		if !within(sum(all), 30_000_000, 3) {
			t.Errorf("%d bytes together; want 30000000", sum(all))
		}
		if !within(limited.bytes(), 1_500_000, 3) || !within(user.bytes(), 3_000_000, 3) || slow.bytes() < 300_000 {
			t.Errorf("limited %d, user %d, slow %d", limited.bytes(), user.bytes(), slow.bytes())
		}
	})
}

// TestBackground counts ten for one, on the server, on a user, and only where others compete.
func TestBackground(t *testing.T) {
	for _, test := range []struct {
		name  string
		users [2]string
		total Rates
		user  Rates
	}{
		{"users", [2]string{"ann", "ftp"}, Rates{Download: 1 << 20}, Rates{}},
		{"sessions under the server's limit", [2]string{"ann", "ann"}, Rates{Download: 1 << 20}, Rates{}},
		{"sessions", [2]string{"ann", "ann"}, Rates{}, Rates{Download: 1 << 20}},
	} {
		bubble(t, func(t *testing.T, l *load) {
			shaper := NewShaper(test.total)
			front := shaper.Join(Join{User: test.users[0], UserTotal: test.user}).Download()
			back := shaper.Join(Join{User: test.users[1], UserTotal: test.user, Background: true}).Download()
			a, b := l.greedy(front), l.greedy(back)
			l.run(22 * time.Second)
			if !within(a.bytes(), 20<<20, 5) || !within(b.bytes(), 2<<20, 10) {
				t.Errorf("%s: %d in front, %d in the background; want ten for one", test.name, a.bytes(), b.bytes())
			}
			front.Stop(nil)
			before := b.bytes()
			l.run(10 * time.Second)
			if !within(b.bytes()-before, 10<<20, 5) {
				t.Errorf("%s: %d alone; want everything", test.name, b.bytes()-before)
			}
		})
	}
}

// TestComingBack: a transfer that had nothing to do for a while has no claim on the past, and none is starved.
func TestComingBack(t *testing.T) {
	bubble(t, func(t *testing.T, l *load) {
		shaper := NewShaper(Rates{Download: 1 << 20})
		pause := 100 * time.Second
		lazy := l.start(shaper.Join(Join{User: "lazy"}).Download(), 64<<10, func(n int) int {
			time.Sleep(pause) // of the bubble
			pause = 0
			return n
		})
		busy := l.greedy(shaper.Join(Join{User: "busy"}).Download())
		l.run(100 * time.Second)
		before := busy.bytes()
		l.run(2 * time.Second)
		if got := busy.bytes() - before; !within(got, 1<<20, 15) {
			t.Errorf("busy has %d, lazy %d in two seconds; want half of 2 MiB", got, lazy.bytes())
		}
	})
}
