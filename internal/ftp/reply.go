package ftp

import (
	"strconv"
	"strings"
)

// MaxReplyLine is the longest reply line sent, in bytes with its CRLF; what is longer is cut.
const MaxReplyLine = 4145

// A Reply is what the server answers to one command (RFC 959, 4.2).
//
// Text is its last line. Before are the lines that come ahead of it under the same code. Body is sent between Before
// and Text as it is: lines without a code, each ending in CRLF, as RFC 2389 and RFC 3659 shape FEAT and MLST.
type Reply struct {
	Code   int
	Before []string
	Body   string
	Text   string
}

// Say makes a reply whose lines are the given ones, in order.
func Say(code int, lines ...string) Reply {
	last := len(lines) - 1
	if last < 0 {
		return Reply{Code: code}
	}
	return Reply{Code: code, Before: lines[:last:last], Text: lines[last]}
}

// AppendTo appends the reply as it goes over the control connection.
func (r Reply) AppendTo(b []byte) []byte {
	for _, line := range r.Before {
		b = appendLines(b, r.Code, '-', line)
	}
	if r.Body != "" {
		b = append(b, r.Body...)
	}
	head, last := "", r.Text
	if i := strings.LastIndexByte(r.Text, '\n'); i >= 0 {
		head, last = r.Text[:i], r.Text[i+1:]
		b = appendLines(b, r.Code, '-', head)
	}
	return appendLine(b, r.Code, ' ', last)
}

// appendLines appends a text line by line, so that no line break in a file name can forge a reply of its own.
func appendLines(b []byte, code int, sep byte, text string) []byte {
	for line := range strings.SplitSeq(text, "\n") {
		b = appendLine(b, code, sep, line)
	}
	return b
}

func appendLine(b []byte, code int, sep byte, line string) []byte {
	start := len(b)
	b = strconv.AppendInt(b, int64(code), 10)
	b = append(b, sep)
	if room := MaxReplyLine - 2 - (len(b) - start); len(line) > room {
		line = line[:room]
	}
	for i := range len(line) {
		if c := line[i]; c == '\r' {
			b = append(b, '_') // a lone CR ends a line for some clients
		} else {
			b = append(b, c)
		}
	}
	return append(b, '\r', '\n')
}
