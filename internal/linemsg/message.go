package linemsg

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// MaxSize is how many bytes a message may have, in either direction. It is what the original reads.
const MaxSize = 4095

// What can be wrong with a message.
var (
	ErrTooLong = errors.New("the message is longer than 4095 bytes")
	ErrNoEnd   = errors.New("the message has no end line")
	ErrNUL     = errors.New("the message has a NUL byte")
	ErrEmpty   = errors.New("the answer is empty")
)

// A Message is what a complete one says.
type Message struct{ lines []string }

// Parse takes a message apart. It has an error for what is not complete.
func Parse(text []byte) (Message, error) {
	switch {
	case len(text) > MaxSize:
		return Message{}, ErrTooLong
	case bytes.IndexByte(text, 0) >= 0: // C programs would read something else
		return Message{}, ErrNUL
	}
	var m Message
	ended := false
	for line := range strings.Lines(string(text)) {
		line, whole := strings.CutSuffix(line, "\n")
		switch {
		case !whole:
		case strings.HasPrefix(line, "end"):
			ended = true
		default:
			m.lines = append(m.lines, line)
		}
	}
	if !ended {
		return Message{}, ErrNoEnd
	}
	return m, nil
}

// Value returns the value of a key, and whether the message has one. Keys are compared as they are written.
func (m Message) Value(key string) (string, bool) {
	for i := len(m.lines) - 1; i >= 0; i-- {
		if k, value, ok := strings.Cut(m.lines[i], ":"); ok && k == key {
			return value, true
		}
	}
	return "", false
}

// Append adds a line to a message that is being written; the value must not hold a line feed.
func Append(b []byte, key, value string) []byte {
	b = append(b, key...)
	b = append(b, ':')
	b = append(b, value...)
	return append(b, '\n')
}

// AppendEnd ends a message.
func AppendEnd(b []byte) []byte { return append(b, "end\n"...) }

// Read reads one message up to its end line, in as many pieces as it comes in. Who waits for an answer keeps the connection
// open, so there is no end of file to wait for.
func Read(r io.Reader) (Message, error) {
	b := make([]byte, 0, MaxSize+1)
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		m, incomplete := Parse(b)
		switch {
		case !errors.Is(incomplete, ErrNoEnd):
			return m, incomplete
		case errors.Is(err, io.EOF):
			return m, incomplete
		case err != nil:
			return m, err
		}
	}
}
