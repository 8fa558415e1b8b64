package options

import (
	"errors"
	"fmt"
	"strings"
)

// ExitStatus is the exit status of a start that a mistake in the options prevented.
const ExitStatus = 252

// An Error is one mistake. Parse joins all of them with errors.Join, in the order they were read.
type Error struct {
	File    string // the configuration file; empty for the command line
	Line    int    // its line, counted from 1; 0 if the mistake has none
	Setting string // the switch or directive as it was written; empty if none was recognised
	Text    string // what is wrong
	Hint    string // what to write instead

	cause error
}

// Error is one line: place, setting, what is wrong, what to write instead. Mistakes of the command
// line that getopt itself would report begin with the words getopt uses, so that "PROGRAM: " in
// front makes the familiar message.
func (e *Error) Error() string {
	var b strings.Builder
	switch {
	case e.File != "" && e.Line > 0:
		fmt.Fprintf(&b, "%s:%d: ", e.File, e.Line)
	case e.File != "":
		b.WriteString(e.File + ": ")
	}
	if e.Setting != "" {
		b.WriteString(e.Setting + ": ")
	}
	b.WriteString(e.Text)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// Unwrap returns what the system said, if it said something.
func (e *Error) Unwrap() error { return e.cause }

// wrong is a mistake in a value. Whoever knows where the value stands completes it.
func wrong(format string, args ...any) error {
	return &Error{Text: fmt.Sprintf(format, args...)}
}

// hinted is a mistake in a value with a better hint than the setting's example.
func hinted(hint, format string, args ...any) error {
	return &Error{Text: fmt.Sprintf(format, args...), Hint: hint}
}

// maxMistakes bounds the report: a wrong file (a log, a binary) would otherwise fill the screen
// with its lines.
const maxMistakes = 50

// mistakes collects errors; the zero value is ready for use.
type mistakes struct {
	list []error
	full bool
}

// add takes one more mistake unless there are enough.
func (m *mistakes) add(err error) {
	if m.full {
		return
	}
	if len(m.list) == maxMistakes {
		m.full = true
		err = &Error{Text: "more mistakes follow, not shown"}
	}
	m.list = append(m.list, err)
}

// err is nil if nothing is wrong.
func (m *mistakes) err() error { return errors.Join(m.list...) }
