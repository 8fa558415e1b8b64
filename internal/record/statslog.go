package record

import (
	"strconv"
	"time"
)

// appendStats appends a line of the original's own format, which pure-statsdecode makes readable:
//
//	1795331049 6b0293e9.40e8 user host U|D bytes seconds /path as it is
func appendStats(b []byte, t Transfer, _ *time.Location) []byte {
	b = appendField(b, t.End.Unix())
	b = append(strconv.AppendInt(b, t.Begun.Unix(), 16), '.')
	b = append(strconv.AppendUint(b, t.Session, 16), ' ')
	b = append(appendOrDash(b, t.User), ' ')
	b = append(appendOrDash(b, t.Host), ' ')
	if t.Upload {
		b = append(b, "U "...)
	} else {
		b = append(b, "D "...)
	}
	b = appendField(appendField(b, t.Bytes), t.seconds())
	start := len(b)
	b = append(b, t.Path...)
	for i := start; i < len(b); i++ {
		if b[i] < ' ' || b[i] == 0x7f {
			b[i] = '_'
		}
	}
	return append(b, '\n')
}
