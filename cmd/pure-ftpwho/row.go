package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"pureftpd/internal/control"
)

// A row is a session as all forms show it. The numbers of a transfer are 0 unless bytes have moved.
type row struct {
	id        uint64
	account   string // "?" before the login
	since     int64  // seconds
	state     string // a tag of four characters
	file      string
	host      string
	local     string
	localPort string

	moved           bool
	download        bool
	resume, current int64 // places in the file
	total           int64 // of downloads
	percent         int
	speed           int64 // bytes per second, since the transfer began

	session control.Session
}

func sessionsOf(found []control.Found) []control.Session {
	list := make([]control.Session, len(found))
	for i, f := range found {
		list[i] = f.Session
	}
	return list
}

// rows makes the rows of sessions at a time, with names or with addresses.
func rows(sessions []control.Session, now time.Time, numeric bool) []row {
	list := make([]row, len(sessions))
	for i, s := range sessions {
		list[i] = newRow(s, now)
		if !numeric && s.Host != "" {
			list[i].host = s.Host
		}
	}
	return list
}

func newRow(s control.Session, now time.Time) row {
	r := row{
		id: s.ID, account: s.Account, since: elapsed(s.Started, now), host: s.Address,
		local: s.LocalAddr, localPort: strconv.Itoa(int(s.LocalPort)), session: s,
	}
	if r.account == "" {
		r.account = "?"
	}
	switch s.State {
	case control.Idle:
		r.state = "IDLE"
	case control.Download:
		r.state, r.download = " DL ", true
	case control.Upload:
		r.state = " UL "
	default:
		r.state = "ERR!" // a server of another version
	}
	if s.Transfer != nil {
		r.file = s.Transfer.File
		r.measure(*s.Transfer, now)
	}
	return r
}

// elapsed is whole seconds, as a clock without fractions counts them.
func elapsed(from, to time.Time) int64 { return max(to.Unix()-from.Unix(), 0) }

// measure computes how far and how fast a transfer is.
func (r *row) measure(t control.Transfer, now time.Time) {
	if t.Position <= 0 {
		return
	}
	r.moved, r.current = true, t.Position
	if t.Offset <= t.Position {
		r.resume = t.Offset
	}
	if seconds := elapsed(t.Started, now); seconds > 0 {
		r.speed = (r.current - r.resume) / seconds
	}
	if r.download && t.Size > 0 {
		r.total = t.Size
		r.percent = min(int((float64(r.current)*100)/float64(r.total)+0.5), 100)
	}
}

// clock is hours and minutes.
func clock(seconds int64) string { return fmt.Sprintf("%02d:%02d", seconds/3600, seconds/60%60) }

// clean keeps control characters from terminals and parsers.
func clean(text string, instead rune) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return instead
		}
		return r
	}, text)
}
