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

// The whole server's rate is that of twenty clients together, within 5%, and each has its share (Q37).
func TestTwentyClients(t *testing.T) {
	const rate, seconds = 2_000_000, 20
	bubble(t, func(t *testing.T, l *load) {
		shaper := NewShaper(Rates{Upload: rate, Download: rate})
		var up, down []*mover
		for i := range 20 {
			m := shaper.Join(Join{User: fmt.Sprint("user", i)})
			up, down = append(up, l.greedy(m.Upload())), append(down, l.greedy(m.Download()))
		}
		l.run(seconds * time.Second)
		for _, movers := range [][]*mover{up, down} {
			if moved := sum(movers); moved < rate*seconds*95/100 || moved > rate*seconds*105/100 {
				t.Errorf("%d bytes in %d seconds; want %d within 5%%", moved, seconds, rate*seconds)
			}
			if j := jain(movers); j <= 0.95 {
				t.Errorf("index %.3f", j)
			}
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

// TestACrowdArrives while one transfer has the line for itself: that one goes on with its new share at once, although its
// last piece was many times what is now a turn. It does not matter whether the others are new or were idle for long.
func TestACrowdArrives(t *testing.T) {
	for _, test := range []struct {
		name       string
		rate       uint64
		users      bool // each newcomer is a user of his own
		idle, slow bool
	}{
		{name: "new sessions", rate: 20 << 20},
		{name: "new users", rate: 20 << 20, users: true},
		{name: "idle sessions", rate: 20 << 20, idle: true},
		{name: "idle users", rate: 20 << 20, users: true, idle: true},
		{name: "a piece in flight", rate: 20 << 20, slow: true},
		{name: "a slower line", rate: 2 << 20},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, l *load) {
				shaper := NewShaper(Rates{Upload: test.rate})
				first := l.start(shaper.Join(Join{User: "ann"}).Upload(), 1<<20, func(n int) int {
					if test.slow {
						time.Sleep(20 * time.Millisecond) // of the bubble
					}
					return n
				})
				var crowd []*Member
				for i := range 99 {
					j := Join{User: "ann"}
					if test.users {
						j.User = fmt.Sprint(i)
					}
					crowd = append(crowd, shaper.Join(j))
					if test.idle {
						f := crowd[i].Upload()
						if _, err := f.Take(1); err != nil {
							t.Fatal(err)
						}
						f.Done()
					}
				}
				l.run(10 * time.Second)
				var others []*mover
				for _, m := range crowd {
					others = append(others, l.start(m.Upload(), 64<<10, nil))
					l.run(time.Millisecond)
				}
				before := first.bytes()
				l.run(2 * time.Second)
				share := float64(2*test.rate) / 100
				if got := float64(first.bytes() - before); got < 0.7*share {
					t.Errorf("the first has %.0f bytes in two seconds with the others; want about %.0f", got, share)
				}
				if j := jain(others); j < 0.95 {
					t.Errorf("the others: index %.3f", j)
				}
			})
		})
	}
}
