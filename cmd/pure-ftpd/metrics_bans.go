package main

import "pureftpd/internal/metrics"

// banMetrics tell of guessed passwords and the addresses that are kept out.
func banMetrics() []metric {
	return []metric{
		gauge("pureftpd_bans", "Addresses and networks that are kept out.", func(r *reading) int64 { return int64(r.bans.Stats().Banned) }),
		{"pureftpd_bans_total", metrics.CounterKind, "Bans that were made, for failed logins or by an administrator.", func(r *reading) {
			s := r.bans.Stats()
			r.Count(s.Made, "by", "failures")
			r.Count(s.Ordered, "by", "administrator")
		}},
		gauge("pureftpd_guessing_addresses", "Addresses with recent failures, or a login under way.", func(r *reading) int64 { return int64(r.bans.Stats().Watched) }),
		counter("pureftpd_guesses_total", "Logins that failed in a way that counts against the address.", func(r *reading) int64 { return r.bans.Stats().Failures }),
		counter("pureftpd_logins_delayed_total", "Logins that had to wait for others of their address.", func(r *reading) int64 { return r.bans.Stats().Delayed }),
		counter("pureftpd_logins_unseen_total", "Logins that were refused without a look at the password.", func(r *reading) int64 { return r.bans.Stats().Unseen }),
	}
}

// reloadMetrics tell of settings that were read again.
func reloadMetrics() []metric {
	return []metric{
		{"pureftpd_reloads_total", metrics.CounterKind, "How often the settings were read again: failed has changed nothing.", func(r *reading) {
			r.Count(r.reloads.done.Load(), "result", "ok")
			r.Count(r.reloads.failed.Load(), "result", "failed")
		}},
		{"pureftpd_settings_timestamp_seconds", metrics.GaugeKind, "When the settings in force were read, in seconds since 1970.",
			func(r *reading) { r.Sample(float64(r.generation.read.UnixMilli()) / 1000) }},
	}
}
