package ftp

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// ErrTime says that a time is not of the form YYYYMMDDHHMMSS (RFC 3659, 2.3).
var ErrTime = errors.New("malformed time")

// TimeLayout is the form of a time in replies: YYYYMMDDHHMMSS, UTC (RFC 3659, 2.3).
const TimeLayout = "20060102150405"

// ParseTime reads YYYYMMDDHHMMSS as UTC. As Pure-FTPd it is lenient: missing fields are zero and fields out of range carry
// over, so 2021 is the last day of November 2020 and month 13 is the next January. Fractions of a second are passed over.
func ParseTime(text string) (time.Time, error) {
	text, _, _ = strings.Cut(text, ".")
	if len(text) > 14 {
		text = text[:14]
	}
	if len(text) < 4 {
		return time.Time{}, ErrTime
	}
	var field [6]int
	for i, width := 0, 4; i < len(field) && text != ""; i, width = i+1, 2 {
		width = min(width, len(text))
		for _, c := range []byte(text[:width]) {
			if c < '0' || c > '9' {
				return time.Time{}, ErrTime
			}
		}
		field[i], _ = strconv.Atoi(text[:width]) // at most four digits
		text = text[width:]
	}
	t := time.Date(field[0], time.Month(field[1]), field[2], field[3], field[4], field[5], 0, time.UTC)
	if field[0] <= 1900 || t.Unix() == -1 {
		return time.Time{}, ErrTime
	}
	return t, nil
}
