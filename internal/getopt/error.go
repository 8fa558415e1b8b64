package getopt

import (
	"fmt"
	"strconv"
	"strings"
)

// An Error is one mistake in the form of a command line.
type Error struct {
	Text string // what is wrong, in the words of the C library
	Hint string // what to write instead, or empty
}

// Error is one line. It begins with the words getopt_long uses, so that "PROGRAM: " in front makes the familiar
// message.
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Text
	}
	return e.Text + "; " + e.Hint
}

// hintFor writes an option with a value that is right.
func hintFor(name string, o Option) string {
	if o.Example == "" {
		return ""
	}
	return "write " + WithValue(name, o.Example)
}

// WithValue writes an option, with its dashes, and its value as they are typed.
func WithValue(name, value string) string {
	if strings.HasPrefix(name, "--") {
		return name + "=" + value
	}
	return name + " " + value
}

// Quote puts text between apostrophes as the C library does in its messages, with what a terminal should not see
// escaped.
func Quote(text string) string {
	quoted := strconv.Quote(text)
	return "'" + strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`) + "'"
}

func quoteByte(c byte) string { return Quote(string([]byte{c})) }

func (p *splitter) mistake(at int, name, hint, format string, args ...any) {
	p.emit(Token{Option: Word, Name: name, At: at, Err: &Error{Text: fmt.Sprintf(format, args...), Hint: hint}})
}
