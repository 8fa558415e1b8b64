package main

import (
	"net/http"
	"strconv"

	"pureftpd/internal/metrics"
)

// A metric is one row: the exposition, docs/metrics.md, the dashboard and their tests read the table. A new one is a row and, if the dashboard can show it, a
// panel. A label has values of a closed list: no name, address or text of a client.
type metric struct {
	name   string
	kind   metrics.Kind
	help   string
	values func(*parts, *metrics.Page)
}

// metricTable is the table of all metrics, in the order of the exposition.
func metricTable() []metric {
	return sessionMetrics()
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
	var page metrics.Page
	for _, m := range metricTable() {
		page.Begin(m.name, m.kind, m.help)
		m.values(p, &page)
	}
	return page.Bytes()
}
