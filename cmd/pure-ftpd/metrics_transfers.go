package main

import (
	"pureftpd/internal/metrics"
	"pureftpd/internal/session"
	"pureftpd/internal/uploads"
)

// transferMetrics tell of transfers, their connections and who is told of them.
func transferMetrics() []metric {
	return []metric{
		{"pureftpd_transfers_running", metrics.GaugeKind, "Transfers of files that run.", func(r *reading) {
			r.Count(r.counters.Downloading, "direction", "download")
			r.Count(r.counters.Uploading, "direction", "upload")
		}},
		{"pureftpd_transfers_total", metrics.CounterKind, "Transfers that have ended, by how.", func(r *reading) {
			r.tally.Transfers(func(d session.Direction, o session.Outcome, n int64) {
				r.Count(n, "direction", d.String(), "outcome", o.String())
			})
		}},
		{"pureftpd_transfer_bytes_total", metrics.CounterKind, "Bytes of files that crossed data connections, those of running transfers included.", func(r *reading) {
			r.Count(r.counters.Sent, "direction", "download")
			r.Count(r.counters.Received, "direction", "upload")
		}},
		{"pureftpd_transfer_duration_seconds", metrics.HistogramKind, "How long transfers took that have ended, completely or not.", func(r *reading) {
			for _, d := range session.Directions() {
				r.Histogram(r.tally.TransferTimes(d), "direction", d.String())
			}
		}},
		{"pureftpd_data_connections_failed_total", metrics.CounterKind,
			"Data connections that did not come about: to the client's port (active), or to one of ours (passive).", func(r *reading) {
				active, passive := r.tally.Unopened()
				r.Count(active, "mode", "active")
				r.Count(passive, "mode", "passive")
			}},
		gauge("pureftpd_passive_listeners", "Passive ports that are open.", func(r *reading) int64 { return int64(r.passive.Stats().Listeners) }),
		gauge("pureftpd_passive_listeners_max", "How many may be open, all addresses of the server together.", func(r *reading) int64 { return int64(r.passive.Stats().Most) }),
		gauge("pureftpd_passive_leases", "Sessions that own a passive port for their address.", func(r *reading) int64 { return int64(r.passive.Stats().Leases) }),
		gauge("pureftpd_passive_waiting", "Sessions that wait for a passive port.", func(r *reading) int64 { return int64(r.passive.Stats().Waiting) }),
		counter("pureftpd_passive_connections_refused_total", "Connections to passive ports that no session expected.",
			func(r *reading) int64 { return int64(r.passive.Stats().Refused) }),
		counter("pureftpd_passive_leases_taken_over_total", "Idle sessions that lost their passive port to another one because ports were short.",
			func(r *reading) int64 { return int64(r.passive.Stats().TakenOver) }),
		gauge("pureftpd_upload_events_queued", "Uploads in memory of which pure-uploadscript is not told yet.", func(r *reading) int64 { return int64(r.news().Memory) }),
		gauge("pureftpd_upload_events_queued_max", "How many may be in memory.", func(*reading) int64 { return uploads.MaxMemory }),
		gauge("pureftpd_upload_events_spooled_bytes", "The same on disk, in bytes, those of other processes included.", func(r *reading) int64 { return r.news().Spooled }),
		gauge("pureftpd_upload_events_spooled_max_bytes", "How much may be on disk.", func(*reading) int64 { return uploads.MaxSpooled }),
		counter("pureftpd_upload_events_told_total", "Uploads written to the pipe; those that a reader has left there count again.",
			func(r *reading) int64 { return int64(r.news().Told) }),
		counter("pureftpd_upload_events_lost_total", "Uploads of which nobody is told because there was no room to wait.",
			func(r *reading) int64 { return int64(r.news().Lost) }),
	}
}

// courier is what is known of news of uploads; nothing without -o.
func (r *reading) news() uploads.Stats {
	if r.courier == nil {
		return uploads.Stats{}
	}
	return r.courier.Stats()
}
