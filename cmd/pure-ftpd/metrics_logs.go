package main

import (
	"maps"
	"slices"

	"pureftpd/internal/control"
	"pureftpd/internal/metrics"
	"pureftpd/internal/record"
)

// logMetrics tell whether what is to be known is written, and of the control socket.
func logMetrics() []metric {
	return []metric{
		{"pureftpd_log_lines_total", metrics.CounterKind, "Lines of the log by where they went.", func(r *reading) {
			s := r.log.Stats()
			r.Count(int64(s.Delivered), "destination", "syslog")
			r.Count(int64(s.Stderr), "destination", "stderr")
		}},
		counter("pureftpd_log_lines_lost_total", "Lines of the log that were lost.", func(r *reading) int64 { return int64(r.log.Stats().Lost) }),
		gauge("pureftpd_log_lines_queued", "Lines of the log that wait.", func(r *reading) int64 { return int64(r.log.Stats().Queued) }),
		gauge("pureftpd_log_lines_queued_max", "How many may wait.", func(*reading) int64 { return record.MaxQueued }),
		gauge("pureftpd_syslog_connected", "1 if the log daemon has taken the last line, else 0.", func(r *reading) int64 {
			return oneIf(r.log.Stats().Connected)
		}),
		{"pureftpd_transfer_log_lines_lost_total", metrics.CounterKind, "Lines of transfer logs (AltLog) that could not be written.", func(r *reading) {
			lost := r.lostTransfers.of(r.logs)
			for _, format := range slices.Sorted(maps.Keys(lost)) {
				r.Count(lost[format], "format", format)
			}
		}},
		gauge("pureftpd_control_connections", "Connections to the control socket.", func(r *reading) int64 { return r.controlStats().Connections }),
		{"pureftpd_control_connections_refused_total", metrics.CounterKind, "Connections to the control socket that were cut off.", func(r *reading) {
			s := r.controlStats()
			r.Count(s.Strangers, "reason", "no-rights")
			r.Count(s.Crowded, "reason", "too-many")
		}},
	}
}

func (p *parts) controlStats() control.Stats {
	if s := p.control.Load(); s != nil {
		return s.Stats()
	}
	return control.Stats{}
}
