package session

import (
	"fmt"

	"pureftpd/internal/account"
	"pureftpd/internal/pace"
)

// A Bandwidth is what -t and -T, and their relatives for totals, say about one kind of users.
type Bandwidth struct {
	Session    pace.Rates // of each session
	Total      pace.Rates // of all sessions of one user name together
	Background bool       // yield to others where a total is shared
}

// join makes the session share the bandwidth of its user and the server. The account's own rates go before the server's.
func (s *Session) join(a account.Account) {
	b := s.cfg.UserBandwidth
	if a.Anonymous {
		b = s.cfg.AnonBandwidth
	}
	if a.Limits.UploadRate > 0 {
		b.Session.Upload = a.Limits.UploadRate
	}
	if a.Limits.DownloadRate > 0 {
		b.Session.Download = a.Limits.DownloadRate
	}
	s.limited = b.Session != pace.Rates{}
	s.loggedIn(a, b.Session)
	s.member.Store(s.parts.Shaper.Join(pace.Join{
		User: a.Name, UserTotal: b.Total, Own: b.Session, Background: b.Background,
	}))
}

// leave ends what join began.
func (s *Session) leave() {
	if m := s.member.Swap(nil); m != nil {
		m.Leave()
	}
}

// SetRates holds this session to other rates from now on, the transfer that runs included. It may be called from any
// goroutine; it reports false before the login.
func (s *Session) SetRates(r pace.Rates) bool {
	m := s.member.Load()
	if m == nil {
		return false
	}
	s.live.own.Store(&r)
	m.SetOwn(r)
	return true
}

// bandwidthLine tells a user that transfers are held to a rate, or is "".
func (s *Session) bandwidthLine() []string {
	if !s.limited {
		return nil
	}
	return []string{"Your transfers are held to a bandwidth"}
}

// ratioOf is the ratio that holds for an account: its own, or the server's. Who is trusted has none.
func (s *Session) ratioOf(a account.Account) pace.Ratio {
	switch {
	case s.trusted:
		return pace.Ratio{}
	case a.Anonymous:
		return s.cfg.AnonRatio
	case a.Limits.UploadRatio > 0 && a.Limits.DownloadRatio > 0:
		return pace.Ratio{Upload: a.Limits.UploadRatio, Download: a.Limits.DownloadRatio}
	}
	return s.cfg.UserRatio
}

// ratioLine tells a real user that uploads pay for downloads.
func (s *Session) ratioLine() []string {
	if s.ratio == (pace.Ratio{}) {
		return nil
	}
	return []string{fmt.Sprintf("Uploads pay for downloads here, %d:%d", s.ratio.Upload, s.ratio.Download)}
}

// ratioGreeting announces the server's ratio, in two lines.
func (s *Session) ratioGreeting() []string {
	whose, r := "everybody", s.cfg.UserRatio
	if r == (pace.Ratio{}) {
		whose, r = "anonymous users", s.cfg.AnonRatio
	}
	if r == (pace.Ratio{}) {
		return nil
	}
	return []string{
		"Uploads pay for downloads, for " + whose + ":",
		fmt.Sprintf("to download %d megabytes, upload %d first.", r.Download, r.Upload),
	}
}
