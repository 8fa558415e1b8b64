package record

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// appendJSON appends an object on a line of its own. A path or name that is not UTF-8 has its odd bytes as "\u00XX" and
// "raw":true beside it, so that nothing is lost.
func appendJSON(b []byte, t Transfer, _ *time.Location) []byte {
	b = append(b, `{"time":"`...)
	b = t.End.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z07:00")
	b = append(b, `","session":"`...)
	b = append(strconv.AppendInt(b, t.Begun.Unix(), 16), '.')
	b = strconv.AppendUint(b, t.Session, 16)
	b = appendQuoted(append(b, `","user":`...), t.User)
	b = appendQuoted(append(b, `,"host":`...), t.Host)
	b = append(b, `,"direction":"`...)
	if t.Upload {
		b = append(b, `upload"`...)
	} else {
		b = append(b, `download"`...)
	}
	b = appendQuoted(append(b, `,"path":`...), t.Path)
	b = strconv.AppendInt(append(b, `,"bytes":`...), t.Bytes, 10)
	b = strconv.AppendFloat(append(b, `,"seconds":`...), t.Duration.Seconds(), 'f', 6, 64)
	for _, flag := range []struct {
		name string
		on   bool
	}{{"ascii", t.ASCII}, {"anonymous", t.Anonymous}, {"complete", t.Complete}} {
		b = append(append(b, `,"`...), flag.name...)
		b = strconv.AppendBool(append(b, `":`...), flag.on)
	}
	if !utf8.ValidString(t.Path) || !utf8.ValidString(t.User) {
		b = append(b, `,"raw":true`...)
	}
	return append(b, "}\n"...)
}

// appendQuoted appends a JSON string. strconv writes Go's escapes, some of which JSON does not have.
func appendQuoted(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c == 0x7f || r == utf8.RuneError && size == 1:
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			b = append(b, s[i:i+size]...)
		}
		i += size
	}
	return append(b, '"')
}
