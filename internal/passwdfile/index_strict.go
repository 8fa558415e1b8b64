package passwdfile

import (
	"errors"
	"fmt"
	"strings"
)

// A LineError says which line of a password file is wrong.
type LineError struct {
	Line  int    // from 1
	Login string // "" if there is none that may be shown
	Err   error  // a *FieldError, or what is wrong with the line as a whole
}

func (e *LineError) Error() string {
	if e.Login == "" {
		return fmt.Sprintf("%d: %v", e.Line, e.Err)
	}
	return fmt.Sprintf("%d: login %q: %v", e.Line, e.Login, e.Err)
}

func (e *LineError) Unwrap() error { return e.Err }

// lineError makes the error of a line. The text before the first colon may be what is left of a line
// that was cut in two: what could be a password's hash is not shown.
func lineError(number int, line []byte, err error) *LineError {
	const longest = 64 // bytes of a login that are shown
	login, _, ok := strings.Cut(string(line), ":")
	if !ok || len(login) > longest || strings.ContainsAny(login, "$*!") {
		login = ""
	}
	return &LineError{Line: number, Login: login, Err: err}
}

var (
	errShifted = errors.New("there is a colon too many in the line: hours stand behind the last field, which is empty")
	errNoItem  = errors.New("there is no address in the list")
	errCut     = errors.New("there is a colon in it: hours are written without")
)

// ParseStrict is ParseLine for a line whose mistakes somebody can repair: what ParseLine leaves for
// later is an error at once. That is a malformed item in a list of addresses, a line break or NUL
// anywhere, a line longer than MaxLine, of which an index would hold two halves, and what CheckLost
// finds. The error is a *FieldError.
func ParseStrict(line string) (*Record, error) {
	if i := strings.IndexAny(line, "\r\n\x00"); i >= 0 {
		return nil, fieldError(min(strings.Count(line[:i], ":"), fieldCount-1), errByte)
	}
	if len(line) > MaxLine {
		return nil, fieldError(min(strings.Count(line[:MaxLine], ":"), fieldCount-1), errLong)
	}
	r, err := ParseLine(line)
	if err != nil {
		return nil, err
	}
	for i, list := range r.lists() {
		if err := list.Check(); err != nil {
			return nil, fieldError(firstList+i, err)
		}
	}
	_, value, _ := strings.Cut(line, ":")
	if err := CheckLost(value); err != nil {
		return nil, err
	}
	return r, nil
}

// CheckLost tells whether a rule of a record was lost to a slip of the pen, though each field can be
// understood: a list of addresses that has no item, and hours that do not count because they stand
// behind the last field, where a colon too many has moved them, or because there is one in them, as
// in "0900-18:00". The value is what follows the login; the error is a *FieldError.
func CheckLost(value string) error {
	fields := strings.Split(value, ":")
	const hoursAt = fieldCount - 2 // the login is missing
	for i := firstList - 1; i < min(len(fields), hoursAt); i++ {
		if fields[i] != "" && strings.Trim(fields[i], " \t,") == "" {
			return fieldError(i+1, errNoItem)
		}
	}
	if len(fields) <= hoursAt {
		return nil
	}
	const digits = 4 // of a time of the day
	for _, excess := range fields[hoursAt+1:] {
		h, err := ParseHours(excess)
		switch {
		case fields[hoursAt] != "" && isNumber(excess) && len(excess) <= digits:
			return fieldError(fieldCount-1, errCut)
		case fields[hoursAt] == "" && err == nil && h.Set:
			return fieldError(fieldCount-1, errShifted)
		}
	}
	return nil
}
