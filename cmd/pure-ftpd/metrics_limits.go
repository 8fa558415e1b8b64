package main

import (
	"pureftpd/internal/metrics"
	"pureftpd/internal/session"
)

// limitMetrics tell which bounds are met, so that none is met in silence.
func limitMetrics() []metric {
	return []metric{
		{"pureftpd_limits_hit_total", metrics.CounterKind, "How often a bound has kept a client from something.", func(r *reading) {
			s := r.admission.Stats()
			r.Count(s.Full, "limit", "clients")
			r.Count(s.Crowded, "limit", "clients-per-address")
			r.Count(r.banned.Unlisted, "limit", "bans")
			r.tally.Limits(func(l session.Limit, n int64) { r.Count(n, "limit", l.String()) })
		}},
	}
}

// tlsMetrics tell of TLS.
func tlsMetrics() []metric {
	return []metric{
		{"pureftpd_tls_handshakes_total", metrics.CounterKind, "TLS handshakes that succeeded.", func(r *reading) {
			r.tally.Handshakes(func(connection, version string, resumed bool, n int64) {
				r.Count(n, "connection", connection, "version", version, "resumed", yesNo(resumed))
			})
		}},
		{"pureftpd_tls_handshake_failures_total", metrics.CounterKind,
			"TLS handshakes that failed: not-resumed is a data connection that did not resume the session of its control connection (TLSBinding).", func(r *reading) {
				r.tally.FailedHandshakes(func(connection string, unresumed bool, n int64) {
					reason := "other"
					if unresumed {
						reason = "not-resumed"
					}
					r.Count(n, "connection", connection, "reason", reason)
				})
			}},
		{"pureftpd_tls_certificate_expiry_timestamp_seconds", metrics.GaugeKind, "When the first certificate of the server expires.", func(r *reading) {
			if r.tls != nil {
				r.Count(r.tls.Expiry().Unix())
			}
		}},
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
