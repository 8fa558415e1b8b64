package unixauth

import (
	"errors"
	"strconv"
	"time"

	"pureftpd/internal/auth"
)

// shadowFile is what a shadow file says.
type shadowFile struct {
	byName map[string]*shadowEntry // the first of each name
	order  []*shadowEntry
}

// A shadowEntry is a line of the shadow file (shadow(5)): times in days since 1970, none if
// negative.
type shadowEntry struct {
	hash    string
	changed int64 // the password; 0 means that it is to be changed at the next login
	maximum int64 // age of the password
	expires int64 // the account
	bad     error // a field that cannot be understood
}

// parseShadow understands a shadow file.
func parseShadow(text string) shadowFile {
	file := shadowFile{byName: map[string]*shadowEntry{}}
	for name, fields := range records(text) {
		field := func(i int) string { // an empty one if the line is too short
			if i < len(fields) {
				return fields[i]
			}
			return ""
		}
		e := &shadowEntry{hash: field(0)}
		var err1, err2, err3 error
		e.changed, err1 = parseDays(field(1))
		e.maximum, err2 = parseDays(field(3))
		e.expires, err3 = parseDays(field(6))
		e.bad = errors.Join(err1, err2, err3)
		if file.byName[name] == nil {
			file.byName[name] = e
			file.order = append(file.order, e)
		}
	}
	return file
}

var errDays = errors.New("a number of days in the shadow file cannot be understood")

// parseDays understands a number of days; -1 stands for none.
func parseDays(s string) (int64, error) {
	if s == "" {
		return -1, nil
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || n < -1 {
		return -1, errDays
	}
	return n, nil
}

// refusal returns why the account or its password may not be used at a time, or nil.
func (e *shadowEntry) refusal(now time.Time) *auth.Refusal {
	const secondsPerDay = 24 * 60 * 60
	today := now.Unix() / secondsPerDay
	date := func(days int64) string {
		return time.Unix(days*secondsPerDay, 0).UTC().Format(time.DateOnly)
	}
	switch {
	case e.bad != nil:
		return &auth.Refusal{Cause: auth.BadRecord, Reason: e.bad.Error()}
	case e.expires >= 0 && today >= e.expires:
		return &auth.Refusal{Cause: auth.Expired, Reason: "the account expired on " + date(e.expires)}
	case e.changed == 0:
		return &auth.Refusal{Cause: auth.PasswordExpired, Reason: "the password must be changed first"}
	case e.changed > 0 && e.maximum >= 0 && today > e.changed+e.maximum:
		return &auth.Refusal{Cause: auth.PasswordExpired, Reason: "the password expired on " + date(e.changed+e.maximum)}
	}
	return nil
}
