package record

import (
	"strconv"
	"time"
)

// appendCLF appends a line of the Common Log Format, which web servers write, with the original's verbs and status:
//
//	host - user [22/Nov/2026:07:04:08 -0000] "PUT /home/ann/a%20b" 200 1200
//
// The zone of UTC is "-0000", as the original writes it.
func appendCLF(b []byte, t Transfer, local *time.Location) []byte {
	b = append(appendOrDash(b, t.Host), " - "...)
	b = append(appendOrDash(b, t.User), " ["...)
	end := t.End.In(local)
	b = appendZone(end.AppendFormat(b, "02/Jan/2006:15:04:05 "), end)
	if t.Upload {
		b = append(b, `] "PUT `...)
	} else {
		b = append(b, `] "GET `...)
	}
	b = append(appendEncoded(b, t.Path), `" 200 `...)
	return append(strconv.AppendInt(b, t.Bytes, 10), '\n')
}

// appendZone appends the offset from UTC. Go would write +0000.
func appendZone(b []byte, t time.Time) []byte {
	if _, offset := t.Zone(); offset == 0 {
		return append(b, "-0000"...)
	}
	return t.AppendFormat(b, "-0700")
}
