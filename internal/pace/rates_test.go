package pace

import (
	"fmt"
	"testing"
	"time"
)

// TestAverages moves for ten seconds under one limit, wherever it is, with one transfer or many.
func TestAverages(t *testing.T) {
	for _, place := range []string{"session", "user", "server"} {
		for _, transfers := range []int{1, 10, 100} {
			for _, rate := range []uint64{1000, 10 << 10, 1 << 20, 1 << 30} {
				t.Run(fmt.Sprintf("%s/%d/%d", place, transfers, rate), func(t *testing.T) {
					bubble(t, func(t *testing.T, l *load) {
						movers := l.crowd(place, transfers, rate)
						l.run(10 * time.Second)
						if got := sum(movers); !within(got, float64(10*rate), 5) {
							t.Errorf("%d bytes in 10 s; want %d", got, 10*rate)
						}
					})
				})
			}
		}
	}
}

// crowd starts transfers that share one limit at some place of the tree.
func (l *load) crowd(place string, transfers int, rate uint64) (movers []*mover) {
	rates := Rates{rate, rate}
	shaper := NewShaper(Rates{})
	join := Join{User: "ann"}
	switch place {
	case "session":
		join.Own = rates
	case "user":
		join.UserTotal = rates
	case "server":
		shaper.SetTotal(rates)
	}
	var m *Member
	for i := range transfers {
		if place == "server" {
			join.User = fmt.Sprint("user ", i)
		}
		if m == nil || place != "session" {
			m = shaper.Join(join)
		}
		movers = append(movers, l.start(m.Download(), 1<<20, nil))
	}
	return movers
}

// TestPiecesFollowTheRate: small ones are smooth, large ones are cheap.
func TestPiecesFollowTheRate(t *testing.T) {
	for _, test := range []struct {
		rate        uint64
		least, most int
	}{
		{1, 1, 1},
		{19, 1, 1},
		{10 << 10, 256, 1 << 10},
		{1 << 20, 32 << 10, 64 << 10},
		{1 << 30, 64 << 10, 1 << 20},
		{1 << 63, 64 << 10, 1 << 20},
	} {
		bubble(t, func(t *testing.T, l *load) {
			f := NewShaper(Rates{}).Join(Join{Own: Rates{Upload: test.rate}}).Upload()
			defer f.Done()
			for range 10 {
				n, err := f.Take(64 << 20)
				if err != nil || n < test.least || n > test.most {
					t.Errorf("rate %d: Take() = %d, %v; want %d..%d", test.rate, n, err, test.least, test.most)
				}
			}
			if n, err := f.Take(1); n != 1 || err != nil {
				t.Errorf("rate %d: Take(1) = %d, %v; want 1", test.rate, n, err)
			}
		})
	}
}

func TestOneBytePerSecond(t *testing.T) {
	bubble(t, func(t *testing.T, l *load) {
		m := l.greedy(NewShaper(Rates{Upload: 1}).Join(Join{}).Upload())
		l.run(time.Hour)
		if m.bytes() < 3600 || m.bytes() > 3602 {
			t.Errorf("%d bytes in an hour; want 3600 or one more", m.bytes())
		}
	})
}

// TestRatesChangeWhileTakeWaits goes from a rate that lets nobody through to others and back.
func TestRatesChangeWhileTakeWaits(t *testing.T) {
	for _, place := range []string{"session", "user", "server"} {
		bubble(t, func(t *testing.T, l *load) {
			shaper := NewShaper(Rates{})
			member := shaper.Join(Join{User: "ann"})
			set := func(rate uint64) {
				rates := Rates{Upload: 7, Download: rate}
				switch place {
				case "session":
					member.SetOwn(rates)
				case "user":
					shaper.SetUser("ann", rates)
				case "server":
					shaper.SetTotal(rates)
				}
			}
			set(1)
			m := l.greedy(member.Download())
			l.run(10 * time.Millisecond)
			for _, rate := range []uint64{1 << 20, 1, 10 << 10, 1 << 30, 3} {
				before := m.bytes()
				set(rate)
				l.run(10 * time.Second)
				moved := m.bytes() - before
				if low, high := int64(10*rate), int64(10*rate+rate/10+2); moved < low-low/50 || moved > high {
					t.Errorf("%s: %d bytes in 10 s at %d", place, moved, rate)
				}
			}
		})
	}
}

// TestNoLimit: without one Take waits for nothing and gives everything, and a Return of that pays into no bucket.
func TestNoLimit(t *testing.T) {
	bubble(t, func(t *testing.T, l *load) {
		shaper := NewShaper(Rates{Upload: 5})
		m := shaper.Join(Join{User: "ann"})
		f := m.Download()
		if n, err := f.Take(1 << 40); n != 1<<40 || err != nil || f.Limited() {
			t.Errorf("Take() = %d, %v, limited %v; want everything", n, err, f.Limited())
		}
		m.SetOwn(Rates{Download: 1000})
		if n, err := f.Take(1 << 40); n != 50 || err != nil || !f.Limited() {
			t.Errorf("Take() = %d, %v, limited %v; want 50", n, err, f.Limited())
		}
		if n, err := f.Take(1 << 40); n != 50 || err != nil {
			t.Errorf("Take() = %d, %v; want the rest of the burst", n, err)
		}
		m.SetOwn(Rates{})
		if n, err := f.Take(1 << 40); n != 1<<40 || err != nil {
			t.Errorf("Take() = %d, %v; want everything", n, err)
		}
		m.SetOwn(Rates{Download: 1000})
		f.Return(1 << 40)
		if n, err := f.Take(100); n != 50 || err != nil {
			t.Errorf("Take() = %d, %v; want 50", n, err)
		}
		f.Done()
	})
}

// TestWaitersAreFreedWhenALimitGoes: "none" acts at once too.
func TestWaitersAreFreedWhenALimitGoes(t *testing.T) {
	bubble(t, func(t *testing.T, l *load) {
		shaper := NewShaper(Rates{Download: 1})
		m := shaper.Join(Join{Own: Rates{Download: 1 << 20}})
		mover := l.greedy(m.Download())
		l.run(time.Second)
		shaper.SetTotal(Rates{})
		l.run(time.Second)
		if !within(mover.bytes(), 1.05*(1<<20), 10) {
			t.Errorf("%d bytes in a second; want those of the session's limit", mover.bytes())
		}
	})
}

// TestDirectionsAreApart: a full upload leaves the download alone.
func TestDirectionsAreApart(t *testing.T) {
	bubble(t, func(t *testing.T, l *load) {
		m := NewShaper(Rates{Upload: 1000, Download: 50_000}).Join(Join{})
		up, down := l.greedy(m.Upload()), l.greedy(m.Download())
		l.run(20 * time.Second)
		if !within(up.bytes(), 20_000, 2) || !within(down.bytes(), 1_000_000, 2) {
			t.Errorf("up %d, down %d; want 20000, 1000000", up.bytes(), down.bytes())
		}
	})
}
