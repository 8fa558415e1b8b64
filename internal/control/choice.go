package control

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds of what a list is chosen by.
const (
	maxMatch = 200  // bytes
	maxLimit = 1000 // sessions; without a limit there is none
)

// latestFirst is the order of a list that nothing is said of, and of sessions that are alike.
const latestFirst = "-started"

// choices are the parameters of a list of sessions.
func choices() []string { return []string{"match", "sort", "limit"} }

// orders compare two sessions by what may stand behind sort=. The time is that at which speeds are told.
func orders() map[string]func(a, b Session, now time.Time) int {
	text := func(of func(Session) string) func(a, b Session, _ time.Time) int {
		return func(a, b Session, _ time.Time) int { return strings.Compare(of(a), of(b)) }
	}
	return map[string]func(a, b Session, now time.Time) int{
		"started": func(a, b Session, _ time.Time) int { return cmp.Compare(a.ID, b.ID) }, // numbers are given in turn
		"account": text(func(s Session) string { return s.Account }),
		"address": text(func(s Session) string { return s.Address }),
		"state":   text(func(s Session) string { return string(s.State) }),
		"file":    text(Session.file),
		"speed":   func(a, b Session, now time.Time) int { return cmp.Compare(a.Speed(now), b.Speed(now)) },
	}
}

// A choice is which sessions of all are listed, and in which order.
type choice struct {
	match string // in lower case; "" is all
	limit int    // 0 is all
	order func(a, b Session) int
	plain bool // the order is that in which sessions come
}

// chosen reads the parameters of a list.
func chosen(query url.Values, now time.Time) (choice, error) {
	for name, values := range query {
		if !slices.Contains(choices(), name) || len(values) > 1 {
			return choice{}, refuse(400, "%q: sessions are chosen by %s, each given once", name, strings.Join(choices(), ", "))
		}
	}
	c := choice{match: strings.ToLower(query.Get("match"))}
	if len(c.match) > maxMatch {
		return choice{}, refuse(400, "the text to match is longer than %d bytes", maxMatch)
	}
	if text := query.Get("limit"); query.Has("limit") {
		var err error
		if c.limit, err = strconv.Atoi(text); err != nil || c.limit < 1 || c.limit > maxLimit {
			return choice{}, refuse(400, "%q is no number of sessions from 1 to %d", text, maxLimit)
		}
	}
	by := cmp.Or(query.Get("sort"), latestFirst)
	name, down := strings.CutPrefix(by, "-")
	order := orders()[name]
	if order == nil {
		return choice{}, refuse(400, "sessions are not sorted by %q", by)
	}
	latest := orders()["started"]
	c.plain = by == latestFirst
	c.order = func(a, b Session) int {
		n := order(a, b, now)
		if down {
			n = -n
		}
		return cmp.Or(n, -latest(a, b, now))
	}
	return c, nil
}

// file is what is moved, or "".
func (s Session) file() string {
	if s.Transfer == nil {
		return ""
	}
	return s.Transfer.File
}

// Speed is how fast a session moves its file, on average since the transfer began, in bytes per second.
func (s Session) Speed(now time.Time) float64 {
	if s.Transfer == nil {
		return 0
	}
	took := max(now.Sub(s.Transfer.Started), time.Millisecond)
	return float64(s.Transfer.Position-s.Transfer.Offset) / took.Seconds()
}

// fits reports whether a session holds the text, in any case. What is hidden from the one who asks must be gone from it.
func (c choice) fits(s Session) bool {
	if c.match == "" {
		return true
	}
	for _, text := range []string{s.Account, s.Host, s.Address, string(s.State), s.file()} {
		if strings.Contains(strings.ToLower(text), c.match) {
			return true
		}
	}
	return false
}

// add puts a session in its place among those that are listed so far, or drops the last.
func (c choice) add(list []Session, s Session) []Session {
	if c.limit == 0 {
		return append(list, s) // sort comes once, at the end
	}
	if len(list) == c.limit && c.order(s, list[len(list)-1]) >= 0 {
		return list
	}
	at, _ := slices.BinarySearchFunc(list, s, c.order)
	return slices.Insert(list[:min(len(list), c.limit-1)], at, s)
}
