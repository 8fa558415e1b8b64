package main

import "fmt"

// A target is a promise of this project, judged by one of the scenario's metrics.
type target struct {
	promise  string
	scenario string
	metric   int    // of the scenario
	against  string // the other server of the ratio, or bestPeer; "" judges the value itself
	inverse  bool   // the ratio is the other server's value by ours
	atLeast  bool   // else at most
	bound    float64
	unit     string
}

// bestPeer stands for the one of the other FTP servers with the lowest value in the round.
const bestPeer = "the best peer"

// ratio judges server CPU, or what a listing costs, to the original.
func ratio(name, promise string, bound float64) target {
	return target{promise: promise, scenario: name, against: "original", bound: bound, unit: "×"}
}

// loginRate judges CPU time per login turned round, which is logins per CPU second.
func loginRate(name, how string, bound float64) target {
	return target{promise: "logins per CPU second, " + how, scenario: name,
		against: "original", inverse: true, atLeast: true, bound: bound, unit: "×"}
}

// limit judges throughput to the bare loop.
func limit(name, promise string) target {
	return target{promise: promise + ": throughput of the bare loop", scenario: name,
		against: "bare", atLeast: true, bound: 0.95, unit: "×"}
}

// targetsTLS lists the promises of a run with TLS.
func targetsTLS() []target {
	perGB := func(name, promise string) target {
		return target{promise: promise + ": CPU per GB", scenario: name, metric: 1, against: bestPeer, bound: 1, unit: "×"}
	}
	return []target{
		loginRate("login", "one after the other", 3),
		loginRate("login16", "16 at once", 3),
		{promise: "memory of an idle session", scenario: "idle", bound: 48, unit: " KiB"},
		ratio("get64k", "CPU of a 64 KiB get", 1),
		ratio("put64k", "CPU of a 64 KiB put", 1),
		limit("down-mem", "large download, tmpfs"),
		limit("up-mem", "large upload, tmpfs"),
		perGB("down-mem", "large download, tmpfs"),
		perGB("up-mem", "large upload, tmpfs"),
	}
}

// targets lists the promises of a run in the clear.
func targets() []target {
	return []target{
		loginRate("login", "one after the other", 5),
		loginRate("login16", "16 at once", 5),
		{promise: "memory of an idle session", scenario: "idle", bound: 12, unit: " KiB"},
		ratio("get1k", "CPU of a 1 KiB get", 1.15),
		ratio("put1k", "CPU of a 1 KiB put", 1.15),
		ratio("get64k", "CPU of a 64 KiB get", 1.15),
		ratio("put64k", "CPU of a 64 KiB put", 1.15),
		ratio("list", "CPU of a LIST", 0.8),
		limit("down-mem", "large download, tmpfs"),
		limit("up-mem", "large upload, tmpfs"),
		limit("down-disk", "large download, disk"),
		limit("up-disk", "large upload, disk"),
		{promise: "CPU of a large download under a limit never reached, to no limit", scenario: "pace-down", bound: 1.1, unit: "×"},
		{promise: "CPU of a large upload under a limit never reached, to no limit", scenario: "pace-up", bound: 1.1, unit: "×"},
	}
}

// measured is the target's figure; ok is false if a server or the scenario did not take part.
func (t target) measured(r *results) (s summary, ok bool) {
	for _, sc := range r.scenarios {
		if sc.name != t.scenario {
			continue
		}
		values := r.values(sc.name, sc.metrics[t.metric], "ours")
		if t.against == "" && len(values) > 0 {
			return summarize(values), true
		}
		base := r.values(sc.name, sc.metrics[t.metric], t.against)
		if t.against == bestPeer {
			base = r.lowest(sc.name, sc.metrics[t.metric])
		}
		if len(values) == 0 || len(base) != len(values) {
			return summary{}, false
		}
		if t.inverse {
			values, base = base, values
		}
		return pairedRatio(values, base), true
	}
	return summary{}, false
}

// lowest are the lowest values of the other FTP servers, one per round.
func (r *results) lowest(sc string, m metric) []float64 {
	var all []float64
	for _, s := range r.servers {
		values := r.values(sc, m, s.name)
		if s.pkg == "" || len(values) == 0 {
			continue
		}
		if all == nil {
			all = values
		}
		for i := range min(len(all), len(values)) {
			all[i] = min(all[i], values[i])
		}
	}
	return all
}

// met reports whether the median keeps the promise.
func (t target) met(s summary) bool {
	if t.atLeast {
		return s.median >= t.bound
	}
	return s.median <= t.bound
}

func (r *results) targetTable(targets []target) string {
	rows := [][]string{{"promise", "bound", "measured", "kept"}}
	for _, t := range targets {
		sign, figure, kept := "≤", "not measured", "–"
		if t.atLeast {
			sign = "≥"
		}
		if s, ok := t.measured(r); ok {
			figure = fmt.Sprintf("%.2f%s (%.2f–%.2f)", s.median, t.unit, s.low, s.high)
			if kept = "no"; t.met(s) {
				kept = "yes"
			}
		}
		promise := t.promise
		if t.against != "" {
			promise += " (to " + t.against + ")"
		}
		rows = append(rows, []string{promise, fmt.Sprintf("%s %g%s", sign, t.bound, t.unit),
			figure, kept})
	}
	return markdown(rows)
}
