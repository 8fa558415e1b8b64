package record

import (
	"strconv"
	"time"
)

// appendW3C appends a line of the W3C extended log file format, in UTC:
//
//	2026-11-22 07:04:09 host []created|[]sent /home/ann/a%20b 226 user 1200
func appendW3C(b []byte, t Transfer, _ *time.Location) []byte {
	b = t.End.UTC().AppendFormat(b, "2006-01-02 15:04:05 ")
	b = appendOrDash(b, t.Host)
	if t.Upload {
		b = append(b, " []created "...)
	} else {
		b = append(b, " []sent "...)
	}
	b = append(appendEncoded(b, t.Path), " 226 "...)
	b = append(appendWord(b, t.User), ' ')
	return append(strconv.AppendInt(b, t.Bytes, 10), '\n')
}

// w3cHeader is what a file of this format begins with.
func w3cHeader(now time.Time) []byte {
	b := []byte("#Software: Pure-FTPd in Go\n#Version: 1.0\n#Date: ")
	b = now.UTC().AppendFormat(b, time.DateTime)
	return append(b, "\n#Fields: date time c-ip cs-method cs-uri-stem sc-status cs-username sc-bytes\n"...)
}
