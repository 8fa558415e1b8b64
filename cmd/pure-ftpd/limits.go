package main

import (
	"pureftpd/internal/account"
	"pureftpd/internal/options"
	"pureftpd/internal/pace"
	"pureftpd/internal/session"
)

// ratios are those of anonymous users (-q, -Q) and of all others (-Q).
func ratios(o *options.Options) (anonymous, users pace.Ratio) {
	r := pace.Ratio{Upload: uint64(o.Ratio.Upload), Download: uint64(o.Ratio.Download)}
	switch o.RatioFor {
	case options.ForAnonymous:
		return r, pace.Ratio{}
	case options.ForEverybody:
		return r, r
	}
	return pace.Ratio{}, pace.Ratio{}
}

// bandwidths are those of anonymous users (-t, -T) and of all others (-T).
func bandwidths(o *options.Options) (anonymous, users session.Bandwidth) {
	anonymous.Total = pace.Rates(o.AnonymousTotalBandwidth)
	users.Total = pace.Rates(o.UserTotalBandwidth)
	if o.BandwidthFor >= options.ForAnonymous {
		anonymous.Session, anonymous.Background = pace.Rates(o.Bandwidth), o.Background
	}
	if o.BandwidthFor == options.ForEverybody {
		users.Session, users.Background = pace.Rates(o.Bandwidth), o.Background
	}
	return anonymous, users
}

// defaultQuota is that of users who have none of their own (-n).
func defaultQuota(q *options.Quota) (files, bytes account.Limit) {
	if q == nil {
		return account.Limit{}, account.Limit{}
	}
	return account.Limit{Set: true, N: q.Files}, account.Limit{Set: true, N: q.Bytes}
}
