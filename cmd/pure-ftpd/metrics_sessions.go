package main

import (
	"pureftpd/internal/metrics"
	"pureftpd/internal/passhash"
	"pureftpd/internal/session"
)

// sessionMetrics tell who is there and what is asked for.
func sessionMetrics() []metric {
	return []metric{
		{"pureftpd_sessions_open", metrics.GaugeKind, "Sessions that run, by what they do: login is before the login.", func(r *reading) {
			c := r.counters
			r.Count(c.Unknown, "state", "login")
			r.Count(c.Open-c.Unknown-c.Downloading-c.Uploading, "state", "idle")
			r.Count(c.Downloading, "state", "download")
			r.Count(c.Uploading, "state", "upload")
		}},
		gauge("pureftpd_sessions_max", "Sessions that may run at once (MaxClientsNumber); 0 is any number.",
			func(r *reading) int64 { return int64(r.admission.Stats().Most) }),
		counter("pureftpd_sessions_total", "Sessions that have begun.", func(r *reading) int64 { return r.counters.Sessions }),
		{"pureftpd_session_duration_seconds", metrics.HistogramKind, "How long sessions lasted that have ended.",
			func(r *reading) { r.Histogram(r.tally.SessionTimes()) }},
		{"pureftpd_connections_refused_total", metrics.CounterKind, "Clients that were turned away before a session.", func(r *reading) {
			s := r.admission.Stats()
			r.Count(s.Full, "reason", "clients")
			r.Count(s.Crowded, "reason", "clients-per-address")
			r.Count(r.banned.Refused, "reason", "banned")
		}},
		counter("pureftpd_accept_errors_total", "How often a connection could not be taken, for want of descriptors or memory mostly.",
			func(r *reading) int64 { return r.admission.Stats().AcceptFaults }),
		{"pureftpd_commands_total", metrics.CounterKind, "Commands by verb and the first digit of the final reply; unknown is what is no verb of this server.",
			func(r *reading) {
				r.tally.Commands(func(verb, code string, n int64) { r.Count(n, "verb", verb, "code", code) })
			}},
	}
}

// loginMetrics tell of logins and of what checks passwords.
func loginMetrics() []metric {
	return []metric{
		{"pureftpd_logins_total", metrics.CounterKind, "Logins by source of accounts and outcome: ok, or the cause that the log names, too.", func(r *reading) {
			known := map[string]bool{session.NoSource: true, session.AnonymousSource: true}
			if r.accounts != nil {
				for _, link := range r.accounts.Links {
					known[link.Name] = true
				}
			}
			r.tally.Logins(func(source, outcome string, n int64) {
				if known[source] || n > 0 { // the latter after settings have changed
					r.Count(n, "source", source, "outcome", outcome)
				}
			})
		}},
		{"pureftpd_login_duration_seconds", metrics.HistogramKind,
			"How long it took to check who somebody is: hashing and waiting for it included, the pause after a failure left out.", func(r *reading) {
				let, refused := r.tally.LoginTimes()
				r.Histogram(let, "result", "ok")
				r.Histogram(refused, "result", "failed")
			}},
		gauge("pureftpd_password_hashes_running", "Expensive password hashes that are being computed.", func(r *reading) int64 { return int64(r.hashing().Running) }),
		gauge("pureftpd_password_hashes_max", "How many may be computed at once.", func(r *reading) int64 { return int64(r.hashing().Parallel) }),
		gauge("pureftpd_password_hashes_waiting", "Logins that wait until a hash may be computed.", func(r *reading) int64 { return int64(r.hashing().Waiting) }),
		gauge("pureftpd_password_hashes_memory_bytes", "Memory that password hashes use.", func(r *reading) int64 { return r.hashing().Memory }),
		gauge("pureftpd_password_hashes_memory_max_bytes", "Memory that they may use together.", func(r *reading) int64 { return r.hashing().Bound }),
		{"pureftpd_auth_cache_lookups_total", metrics.CounterKind, "Logins by whether AuthCache knew the answer.", func(r *reading) {
			if r.cache != nil {
				s := r.cache.Stats()
				r.Count(int64(s.Recalled), "result", "hit")
				r.Count(int64(s.Asked), "result", "miss")
			}
		}},
		{"pureftpd_auth_cache_entries", metrics.GaugeKind, "Logins that are remembered (AuthCache).", func(r *reading) {
			if r.cache != nil {
				r.Count(int64(r.cache.Stats().Remembered))
			}
		}},
	}
}

// hashing is how far the bounds of password hashing are used.
func (r *reading) hashing() passhash.Stats {
	if r.accounts != nil {
		if v, ok := r.accounts.Verifier.(*passhash.Verifier); ok {
			return v.Stats()
		}
	}
	return passhash.Stats{}
}
