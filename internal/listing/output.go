package listing

import (
	"bytes"
	"io"
)

// flushAt is how many bytes are collected before they are written: large enough that a system call
// or a TLS record per write costs nothing beside making the lines, small enough that the first
// lines are on their way early.
const flushAt = 32 << 10

// bufferSize leaves room for one more line after flushAt, so that the buffer does not grow.
const bufferSize = flushAt + 8<<10

// An output collects lines and counts matches. After an error it swallows what it is given.
type output struct {
	w         io.Writer
	buf       []byte
	err       error
	matches   int
	left      int  // matches still allowed, if limited
	limited   bool // there is a limit at all
	truncated bool // a match was refused
}

// take asks for room for one more match. Being refused is being truncated.
func (o *output) take() bool {
	if o.limited {
		if o.left == 0 {
			o.truncated = true
			return false
		}
		o.left--
	}
	o.matches++
	return true
}

// room is how many of n matches may still be taken.
func (o *output) room(n int) int {
	if o.limited {
		return min(n, o.left)
	}
	return n
}

// endLine ends the line that was appended to buf and writes the buffer when there is enough in it.
func (o *output) endLine() {
	o.buf = append(o.buf, '\r', '\n')
	if len(o.buf) >= flushAt {
		o.flush()
	}
}

// flush writes the buffer.
func (o *output) flush() {
	if o.err == nil && len(o.buf) > 0 {
		_, o.err = o.w.Write(o.buf)
	}
	o.buf = o.buf[:0]
}

// A padder puts a blank before every line that begins with three digits: within a reply of several
// lines such a line could be taken for its end (RFC 959, 4.2). It relies on an output writing whole
// lines.
type padder struct{ w io.Writer }

func (p padder) Write(b []byte) (int, error) {
	padded := make([]byte, 0, len(b)+len(b)/8)
	for line := range bytes.SplitAfterSeq(b, []byte{'\n'}) {
		if len(line) >= 3 && isDigit(line[0]) && isDigit(line[1]) && isDigit(line[2]) {
			padded = append(padded, ' ')
		}
		padded = append(padded, line...)
	}
	if _, err := p.w.Write(padded); err != nil {
		return 0, err
	}
	return len(b), nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
