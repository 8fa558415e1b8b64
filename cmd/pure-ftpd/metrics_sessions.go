package main

import "pureftpd/internal/metrics"

// sessionMetrics tell what clients do.
func sessionMetrics() []metric {
	return []metric{
		{"pureftpd_sessions_total", metrics.CounterKind, "Sessions since the start.",
			func(p *parts, page *metrics.Page) { page.Count(p.handler().Counters().Sessions) }},
	}
}
