package main

import (
	"net/http"
	"slices"
	"strconv"

	"pureftpd/internal/ban"
	"pureftpd/internal/metrics"
	"pureftpd/internal/session"
)

// A metric is one row: the exposition, docs/metrics.md, the dashboard and their tests read the table. A new one is a row, a line of the document and, if
// there is something to see, a panel. Its labels have values of closed lists: no name, address or text of a client.
type metric struct {
	name   string
	kind   metrics.Kind
	help   string
	values func(*reading)
}

// metricTable is the table of all metrics, in the order of the exposition.
func metricTable() []metric {
	return slices.Concat(sessionMetrics(), loginMetrics(), transferMetrics(), limitMetrics(), banMetrics(), tlsMetrics(), logMetrics(), reloadMetrics(), processMetrics())
}

// A reading is what one request reads.
type reading struct {
	*parts
	*generation // the one in force
	metrics.Page
	counters session.Counters
	banned   ban.Stats
}

// metricsHandler answers with all metrics as Prometheus reads them.
func (p *parts) metricsHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		text := p.metricsText()
		w.Header().Set("Content-Type", metrics.ContentType)
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(text) // that a client has gone is no concern of ours
	})
}

// metricsText is the exposition as it is now.
func (p *parts) metricsText() []byte {
	g := p.current.Load()
	r := &reading{parts: p, generation: g, counters: g.handler.Counters(), banned: p.bans.Stats()}
	for _, m := range metricTable() {
		r.Begin(m.name, m.kind, m.help)
		m.values(r)
	}
	return r.Bytes()
}

// gauge is a row of one number that goes up and down.
func gauge(name, help string, value func(*reading) int64) metric {
	return metric{name, metrics.GaugeKind, help, func(r *reading) { r.Count(value(r)) }}
}

// counter is a row of one number that only grows.
func counter(name, help string, value func(*reading) int64) metric {
	return metric{name, metrics.CounterKind, help, func(r *reading) { r.Count(value(r)) }}
}

// oneIf is how a gauge says yes and no.
func oneIf(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
