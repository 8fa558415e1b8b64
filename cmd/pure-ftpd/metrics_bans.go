package main

import (
	"pureftpd/internal/ban"
	"pureftpd/internal/metrics"
)

// banMetrics tell of guessed passwords and the addresses that are kept out.
func banMetrics() []metric {
	return []metric{
		{"pureftpd_bans", metrics.GaugeKind, "Addresses and networks that are kept out.", func(r *reading) {
			r.Count(int64(r.banned.Banned-r.banned.ByOrder), "by", "failures")
			r.Count(int64(r.banned.ByOrder), "by", "administrator")
		}},
		{"pureftpd_bans_max", metrics.GaugeKind, "How many may be kept out.", func(r *reading) {
			r.Count(ban.MaxBans, "by", "failures")
			r.Count(ban.MaxOrders, "by", "administrator")
		}},
		{"pureftpd_bans_total", metrics.CounterKind, "Bans that were made, for failed logins or by an administrator.", func(r *reading) {
			r.Count(r.banned.Made, "by", "failures")
			r.Count(r.banned.Ordered, "by", "administrator")
		}},
		gauge("pureftpd_guessing_addresses", "Addresses with recent failures, or a login under way.", func(r *reading) int64 { return int64(r.banned.Watched) }),
		gauge("pureftpd_guessing_addresses_max", "How many are remembered; logins under way come on top.", func(*reading) int64 { return ban.MaxWatched }),
		counter("pureftpd_guesses_total", "Logins that failed in a way that counts against the address.", func(r *reading) int64 { return r.banned.Failures }),
		counter("pureftpd_logins_delayed_total", "Logins that had to wait for others of their address.", func(r *reading) int64 { return r.banned.Delayed }),
		counter("pureftpd_logins_unseen_total", "Logins that were refused without a look at the password.", func(r *reading) int64 { return r.banned.Unseen }),
	}
}

// reloadMetrics tell of settings that were read again, and of a hand-over.
func reloadMetrics() []metric {
	return []metric{
		{"pureftpd_reloads_total", metrics.CounterKind, "How often the settings were read again: failed has changed nothing.", func(r *reading) {
			r.Count(r.reloads.done.Load(), "result", "ok")
			r.Count(r.reloads.failed.Load(), "result", "failed")
		}},
		{"pureftpd_settings_timestamp_seconds", metrics.GaugeKind, "When the settings in force were read, in seconds since 1970.",
			func(r *reading) { r.Sample(float64(r.generation.read.UnixMilli()) / 1000) }},
		gauge("pureftpd_successor", "1 if another process has taken over and this one finishes its sessions, else 0.", func(r *reading) int64 { return oneIf(r.given.Load()) }),
	}
}
