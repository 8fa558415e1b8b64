package pace

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A town is a tree as a test draws it: rates in bytes per second, 0 for no limit.
type town struct {
	rate  uint64
	users []townUser
}

type townUser struct {
	rate       uint64
	background bool
	sessions   []townSession
}

type townSession struct {
	rate  uint64
	flows int
	keeps int // one in so many bytes is moved, the others are given back
}

// drawTown draws a tree in which every transfer has a limit.
func drawTown(t *rapid.T) town {
	rate := rapid.Uint64Range(50_000, 2_000_000)
	perhaps := rapid.OneOf(rapid.Just(uint64(0)), rate)
	to := town{rate: perhaps.Draw(t, "server")}
	for range rapid.IntRange(1, 4).Draw(t, "users") {
		u := townUser{rate: perhaps.Draw(t, "user"), background: rapid.Bool().Draw(t, "background")}
		for range rapid.IntRange(1, 4).Draw(t, "sessions") {
			s := townSession{
				rate:  perhaps.Draw(t, "session"),
				flows: rapid.IntRange(1, 3).Draw(t, "flows"),
				keeps: rapid.IntRange(1, 3).Draw(t, "keeps"),
			}
			if to.rate+u.rate == 0 {
				s.rate = rate.Draw(t, "bound")
			}
			u.sessions = append(u.sessions, s)
		}
		to.users = append(to.users, u)
	}
	return to
}

// share is the fluid model: what each gets of a capacity who wants at most its demand, by weight. What one leaves
// goes to the others.
func share(capacity float64, demands, weights []float64) []float64 {
	got := make([]float64, len(demands))
	hungry := func(i int) bool { return demands[i]-got[i] > 1e-3 }
	for range demands { // each round satisfies at least one, or is the last
		weight, level := 0.0, math.Inf(1)
		for i := range demands {
			if hungry(i) {
				weight += weights[i]
				level = min(level, (demands[i]-got[i])/weights[i])
			}
		}
		if weight == 0 {
			break
		}
		level = min(level, capacity/weight)
		for i := range demands {
			if hungry(i) {
				got[i] += level * weights[i]
			}
		}
		capacity -= level * weight
	}
	return got
}

// orInf is a limit as a demand.
func orInf(rate uint64) float64 {
	if rate == 0 {
		return math.Inf(1)
	}
	return float64(rate)
}

// rates returns what the model gives each session, by user.
func (to town) rates() (all [][]float64) {
	var wants, weights []float64
	var inside [][]float64
	for _, u := range to.users {
		var demands []float64
		var want float64
		for _, s := range u.sessions {
			demands = append(demands, orInf(s.rate))
			want += orInf(s.rate)
		}
		weight := 1.0
		if u.background {
			weight /= backgroundCost
		}
		wants, weights = append(wants, min(orInf(u.rate), want)), append(weights, weight)
		inside = append(inside, demands)
	}
	for i, capacity := range share(orInf(to.rate), wants, weights) {
		ones := make([]float64, len(inside[i]))
		for k := range ones {
			ones[k] = 1
		}
		all = append(all, share(capacity, inside[i], ones))
	}
	return all
}

// A meter knows at each moment how much of its burst is used: the bound for all windows of time at once.
type meter struct {
	rate, level, worst float64
	last               time.Time
}

func (m *meter) count(bytes int) {
	if m.rate == 0 {
		return
	}
	now := time.Now()
	m.level = max(0, m.level-m.rate*now.Sub(m.last).Seconds()) + float64(bytes)
	m.last = now
	m.worst = max(m.worst, m.level)
}

// excess is by how much the worst window went over the rate and one burst.
func (m *meter) excess() float64 { return m.worst - max(1, m.rate/perBurst) }

// A gauge keeps the meters of a tree. Transfers come to it one by one.
type gauge struct {
	turn   chan struct{} // room for one
	meters []*meter
}

// add makes a meter for a limit.
func (g *gauge) add(rate uint64) *meter {
	m := &meter{rate: float64(rate), last: time.Now()}
	g.meters = append(g.meters, m)
	return m
}

// keep returns what a transfer below some limits does with what it takes: it moves a part.
func (g *gauge) keep(oneIn int, above ...*meter) func(n int) int {
	return func(n int) int {
		n = (n + oneIn - 1) / oneIn
		g.turn <- struct{}{}
		for _, m := range above {
			m.count(n)
		}
		<-g.turn
		return n
	}
}

// settle starts all transfers and returns them by user and session.
func (to town) settle(l *load, g *gauge) (movers [][][]*mover) {
	shaper := NewShaper(Rates{Download: to.rate})
	total := g.add(to.rate)
	for i, u := range to.users {
		all := g.add(u.rate)
		var sessions [][]*mover
		for _, s := range u.sessions {
			own := g.add(s.rate)
			m := shaper.Join(Join{User: fmt.Sprint(i), UserTotal: Rates{Download: u.rate},
				Own: Rates{Download: s.rate}, Background: u.background})
			var flows []*mover
			for range s.flows {
				flows = append(flows, l.start(m.Download(), 64<<10, g.keep(s.keeps, total, all, own)))
			}
			sessions = append(sessions, flows)
		}
		movers = append(movers, sessions)
	}
	return movers
}

// run moves for a time and returns what each session moved, and the meters of all places.
func (to town) run(t *testing.T, d time.Duration) (moved [][]int64, meters []*meter) {
	bubble(t, func(t *testing.T, l *load) {
		g := &gauge{turn: make(chan struct{}, 1)}
		movers := to.settle(l, g)
		l.run(time.Second) // who comes first has the first burst
		moved = make([][]int64, len(movers))
		for i := range movers {
			for k := range movers[i] {
				moved[i] = append(moved[i], -sum(movers[i][k]))
			}
		}
		l.run(d)
		for i := range movers {
			for k := range movers[i] {
				moved[i][k] += sum(movers[i][k])
			}
		}
		meters = g.meters
	})
	return moved, meters
}

// TestLikeAFluid compares any tree with the model: nobody is above a limit by more than a burst in any window of
// time, and everybody has in the long run what a perfect division would give.
func TestLikeAFluid(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		to := drawTown(rt)
		const seconds = 20
		moved, meters := to.run(t, seconds*time.Second)
		for _, m := range meters {
			if m.excess() > 1 {
				rt.Errorf("a limit of %v was exceeded by %v bytes beyond the burst", m.rate, m.excess())
			}
		}
		for i, rates := range to.rates() {
			for k, rate := range rates {
				got, want := float64(moved[i][k]), rate*seconds
				slack := 0.03*want + 32<<10
				if to.users[i].background {
					slack += 0.15 * want // its turns are far apart, and what others leave for a moment is much for it
				}
				if math.Abs(got-want) > slack {
					rt.Errorf("user %d, session %d moved %v; want %v", i, k, got, want)
				}
			}
		}
	})
}
