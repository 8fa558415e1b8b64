package record

import (
	"strconv"
	"time"
)

// A Transfer is one finished or broken-off upload or download, as transfer logs tell it.
type Transfer struct {
	End      time.Time
	Duration time.Duration

	Begun   time.Time // of the session
	Session uint64    // its number, for formats that tell sessions apart

	User      string // the login; "ftp" for anonymous users
	Host      string // name or address of the client
	Path      string // absolute, as seen from outside a chroot; or "ADDRESS:/path" on a virtual host
	Bytes     int64  // moved over the connection or, for uploads, stored
	Upload    bool
	ASCII     bool
	Anonymous bool
	Complete  bool
}

// seconds is how long the transfer took, rounded.
func (t *Transfer) seconds() int64 { return int64(t.Duration.Round(time.Second) / time.Second) }

// appendOrDash appends what is known, without control characters and blanks, which would end the field.
func appendOrDash(b []byte, s string) []byte {
	if s == "" {
		return append(b, '-')
	}
	return appendWord(b, s)
}

// appendWord appends s with each blank and control character made a `_`.
func appendWord(b []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c == 0x7f {
			c = '_'
		}
		b = append(b, c)
	}
	return b
}

// appendEncoded appends a path as in a URL: all but letters, digits and `./_-` as `%XX`.
func appendEncoded(b []byte, path string) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(path) {
		c := path[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '/', c == '_', c == '-':
			b = append(b, c)
		default:
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return b
}

func appendField(b []byte, n int64) []byte { return append(strconv.AppendInt(b, n, 10), ' ') }
