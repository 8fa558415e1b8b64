package main

import (
	"errors"
	"testing"
	"time"
)

func TestAccountTable(t *testing.T) {
	one := func(cpu, wall, asked time.Duration) []sample {
		return []sample{{ops: 2, cpu: cpu, wall: wall, asked: asked}}
	}
	got := accountTable([]sourceResult{
		{source: source{title: "both"}, others: 0.25, samples: map[string][]sample{
			"original": one(time.Second, 2*time.Millisecond, 4*time.Microsecond),
			"ours":     one(time.Second/10, time.Millisecond, 8*time.Microsecond),
		}},
		{source: source{title: "alone", alone: "there is no other"}, samples: map[string][]sample{
			"ours": one(time.Second, time.Millisecond, 0),
		}},
		{source: source{title: "down"}, err: errors.New("out\nof order")},
	})
	const want = `| accounts from |  | original | ours | others' CPU |
|---|---|---|---|---|
| both | logins per server CPU second | 2 (2–2) | 20 (20–20) **×10.00** | 25% |
|  | wall µs | 1000.0 (1000.0–1000.0) | 500.0 (500.0–500.0) **×0.50** |  |
|  | CPU µs of what is asked | 2.0 (2.0–2.0) | 4.0 (4.0–4.0) **×2.00** |  |
| alone | logins per server CPU second | – | 2 (2–2) | 0% |
|  | wall µs | – | 500.0 (500.0–500.0) |  |
| down | not measured | – | – | – |

- alone: ours alone; there is no other.
- down was not measured: out of order
`
	if got != want {
		t.Errorf("table:\n%s\nwant:\n%s", got, want)
	}
}

func TestAccountLoginsAreWholeCrowds(t *testing.T) {
	for _, p := range []plan{{}, {Quick: true}} {
		for _, less := range []bool{false, true} {
			if n := p.accountLogins(less); n == 0 || n%parallelSessions != 0 {
				t.Errorf("quick %t, less %t: %d logins", p.Quick, less, n)
			}
		}
	}
}
