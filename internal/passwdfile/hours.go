package passwdfile

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Hours are a part of the day. The zero value is the whole day.
type Hours struct {
	Set bool

	// Begin and End are hour*100+minute, both within the hours. Begin after End means hours that
	// span midnight.
	Begin, End int
}

// maxClock is the greatest hour*100+minute that a record may hold.
const maxClock = 9999

var errHours = errors.New("not hours as in 0900-1730")

// ParseHours understands "HHMM-HHMM"; empty text sets nothing.
func ParseHours(text string) (Hours, error) {
	var h Hours
	if err := h.parse(text); err != nil {
		return Hours{}, err
	}
	return h, nil
}

// String returns the hours as they stand in a line: the original writes no leading zeros.
func (h Hours) String() string {
	if !h.Set {
		return ""
	}
	return strconv.Itoa(h.Begin) + "-" + strconv.Itoa(h.End)
}

// parse understands "HHMM-HHMM"; empty text sets nothing.
func (h *Hours) parse(s string) error {
	if s == "" {
		return nil
	}
	begin, end, ok := strings.Cut(strings.Trim(s, " \t"), "-")
	if !ok {
		return errHours
	}
	var err1, err2 error
	h.Begin, err1 = parseHour(begin)
	h.End, err2 = parseHour(end)
	if err1 != nil || err2 != nil {
		return errHours
	}
	h.Set = true
	return nil
}

// parseHour understands hour*100+minute. Times that no clock shows are allowed, up to four digits'
// worth: people write 2400 for the end of the day.
func parseHour(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n > maxClock {
		return 0, errHours
	}
	return int(n), nil
}

// Contain tells whether the clock of t, in t's own time zone, shows a time within the hours.
func (h Hours) Contain(t time.Time) bool {
	if !h.Set {
		return true
	}
	now := t.Hour()*100 + t.Minute()
	if h.Begin <= h.End {
		return h.Begin <= now && now <= h.End
	}
	return now >= h.Begin || now <= h.End
}
