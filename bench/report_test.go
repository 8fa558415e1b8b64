package main

import (
	"strings"
	"testing"
	"time"
)

// cpuSamples are samples of one operation each, of so many microseconds of CPU time.
func cpuSamples(micros ...int) []sample {
	var samples []sample
	for _, n := range micros {
		samples = append(samples, sample{ops: 1, cpu: time.Duration(n) * time.Microsecond})
	}
	return samples
}

func loginResults() *results {
	return &results{
		scenarios: []scenario{{name: "login", title: "logins", metrics: opMetrics()[:1]}},
		servers:   []server{{name: "original"}, {name: "ours"}, {name: "bare"}},
		samples: map[string]map[string][]sample{"login": {
			"original": cpuSamples(1000, 3000, 2000),
			"ours":     cpuSamples(100, 600, 400),
		}},
	}
}

func TestTable(t *testing.T) {
	want := `| scenario | per operation | original | ours | bare |
|---|---|---|---|---|
| logins | server CPU µs | 2000.0 (1000.0–3000.0) | 400.0 (100.0–600.0) **×0.20** | – |
`
	if got := loginResults().table(); got != want {
		t.Errorf("table =\n%s\nwant\n%s", got, want)
	}
}

func TestTargets(t *testing.T) {
	table := loginResults().targetTable()
	// 10, 5 and 5 times the logins of the original.
	want := "| logins per CPU second, one after the other (to original) | ≥ 5× | " +
		"5.00× (5.00–10.00) | yes |\n"
	if !strings.Contains(table, want) {
		t.Errorf("targets =\n%s\nwant among them\n%s", table, want)
	}
	want = "| memory of an idle session | ≤ 12 KiB | not measured | – |\n"
	if !strings.Contains(table, want) {
		t.Errorf("targets =\n%s\nwant among them\n%s", table, want)
	}
}

func TestTargetsNameScenarios(t *testing.T) {
	names := map[string]bool{}
	for _, name := range scenarioNames() {
		names[name] = true
	}
	for _, target := range targets() {
		if !names[target.scenario] {
			t.Errorf("target %q: no scenario %q", target.promise, target.scenario)
		}
	}
}

func TestByteMetrics(t *testing.T) {
	s := sample{bytes: 4e9, wall: 2 * time.Second, cpu: time.Second, client: 8 * time.Second}
	for i, want := range []float64{2, 0.25, 2} {
		if got := byteMetrics()[i].value(s); got != want {
			t.Errorf("%s = %v; want %v", byteMetrics()[i].name, got, want)
		}
	}
}
