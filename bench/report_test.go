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
	table := loginResults().targetTable(targets())
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

func TestTargetsOfTLS(t *testing.T) {
	results := loginResults()
	results.scenarios = []scenario{{name: "up-mem", metrics: byteMetrics()}}
	results.servers = []server{{name: "original", pkg: "x"}, {name: "ours"}, {name: "vsftpd", pkg: "x"}, {name: "bare"}}
	results.samples = map[string]map[string][]sample{"up-mem": {}}
	for name, micros := range map[string][]int{
		"original": {20, 10, 30}, "vsftpd": {10, 20, 40}, "ours": {10, 20, 15}, "bare": {1, 1, 1},
	} {
		samples := cpuSamples(micros...)
		for i := range samples {
			samples[i].bytes, samples[i].wall = 1000, time.Second
		}
		results.samples["up-mem"][name] = samples
	}
	// To the lowest of the peers, which are 10, 10 and 30; the bare loop is none.
	want := "| large upload, tmpfs: CPU per GB (to the best peer) | ≤ 1× | 1.00× (0.50–2.00) | yes |\n"
	if table := results.targetTable(targetsTLS()); !strings.Contains(table, want) {
		t.Errorf("targets =\n%s\nwant among them\n%s", table, want)
	}
}

func TestTargetsNameScenarios(t *testing.T) {
	names := map[string]bool{}
	for _, name := range scenarioNames() {
		names[name] = true
	}
	for _, target := range append(targets(), targetsTLS()...) {
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
