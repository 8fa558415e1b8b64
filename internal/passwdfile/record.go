package passwdfile

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Record is one virtual user. A number or rule that the record leaves open is not Set.
type Record struct {
	Login string
	Hash  string // of the password, as package passhash reads it
	UID   uint32 // neither 0 nor 1<<32-1, which the system takes for "none"
	GID   uint32 // likewise
	Gecos string
	Home  string // absolute; may contain "/./"

	UploadRate    Number // bytes per second
	DownloadRate  Number // bytes per second
	UploadRatio   Number
	DownloadRatio Number
	MaxSessions   Number // 0 means: no bound, whatever the server's
	MaxFiles      Number
	MaxBytes      Number

	LocalAllow  AddressList // addresses of the server that may be connected to
	LocalDeny   AddressList
	ClientAllow AddressList
	ClientDeny  AddressList
	Hours       Hours
}

// A Number is a field that may be empty.
type Number struct {
	Set bool
	N   uint64
}

// A FieldError says which field of a record cannot be understood, and why. It never holds the
// field's text.
type FieldError struct {
	Field int // 1 for the login, as administrators count them
	Name  string
	Err   error
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("field %d (%s): %v", e.Field, e.Name, e.Err)
}

func (e *FieldError) Unwrap() error { return e.Err }

var (
	errEmpty    = errors.New("empty")
	errMissing  = errors.New("missing")
	errNumber   = errors.New("not a decimal number in range")
	errRoot     = errors.New("root is not allowed")
	errRelative = errors.New("not an absolute path")
	errByte     = errors.New("contains a line break or a NUL byte")
)

// required is the number of fields that a line must have.
const required = 6

// fieldCount is the number of fields with a meaning.
const fieldCount = 18

// Where numbers and lists of addresses begin among the fields, counted from 0.
const (
	firstNumber = 6
	firstList   = 13
)

// fieldNames are the names of the fields in their order, as the tools show them. It is never
// written to.
var fieldNames = [fieldCount]string{
	"login", "password", "uid", "gid", "gecos", "home", "upload bandwidth", "download bandwidth", "upload ratio",
	"download ratio", "sessions", "files quota", "size quota", "allowed local addresses", "denied local addresses",
	"allowed client addresses", "denied client addresses", "time restrictions",
}

// ParseLine understands a line of a password file, without its line ending. Its error is a
// *FieldError.
func ParseLine(line string) (*Record, error) {
	login, value, _ := strings.Cut(line, ":")
	if login == "" {
		return nil, fieldError(0, errEmpty)
	}
	return Parse(login, value)
}

// Parse understands the value that an index holds under a login: the line behind its first colon.
// Its error is a *FieldError.
func Parse(login, value string) (*Record, error) {
	r := &Record{Login: login}
	field, rest, more := "", value, true
	for at := 1; at < fieldCount; at++ { // what follows the last one is ignored
		if !more {
			if at < required {
				return nil, fieldError(at, errMissing)
			}
			break
		}
		field, rest, more = strings.Cut(rest, ":")
		if strings.ContainsAny(field, "\r\n\x00") {
			return nil, fieldError(at, errByte)
		}
		if err := r.parseField(at, field); err != nil {
			return nil, fieldError(at, err)
		}
	}
	return r, nil
}

func fieldError(at int, err error) error {
	return &FieldError{Field: at + 1, Name: fieldNames[at], Err: err}
}

// parseField understands a field; the login is field 0.
func (r *Record) parseField(at int, s string) error {
	switch at {
	case 1:
		r.Hash = s
		return notEmpty(s)
	case 2:
		return parseID(s, &r.UID)
	case 3:
		return parseID(s, &r.GID)
	case 4:
		r.Gecos = s
		return nil
	case 5:
		r.Home = s
		return absolute(s)
	case fieldCount - 1:
		return r.Hours.parse(s)
	}
	if at >= firstList {
		return r.lists()[at-firstList].parse(s)
	}
	return r.numbers()[at-firstNumber].parse(s)
}

// numbers returns the fields from firstNumber on.
func (r *Record) numbers() [firstList - firstNumber]*Number {
	return [...]*Number{
		&r.UploadRate, &r.DownloadRate, &r.UploadRatio, &r.DownloadRatio, &r.MaxSessions, &r.MaxFiles, &r.MaxBytes,
	}
}

// lists returns the fields from firstList on.
func (r *Record) lists() [fieldCount - 1 - firstList]*AddressList {
	return [...]*AddressList{&r.LocalAllow, &r.LocalDeny, &r.ClientAllow, &r.ClientDeny}
}

// parseID understands a uid or gid.
func parseID(s string, id *uint32) error {
	if s == "" {
		return errEmpty
	}
	n, err := parseNumber(s)
	switch {
	case err != nil:
		return err
	case n == 0:
		return errRoot
	case n >= 1<<32-1:
		return errNumber
	}
	*id = uint32(n)
	return nil
}

// parse understands a number that may be empty.
func (n *Number) parse(s string) error {
	if s == "" {
		return nil
	}
	value, err := parseNumber(s)
	*n = Number{Set: err == nil, N: value}
	return err
}

// parseNumber understands an unsigned decimal number. As with the original, blanks and a plus sign
// may stand before it; unlike with its older releases, nothing may follow.
func parseNumber(s string) (uint64, error) {
	digits := strings.TrimPrefix(strings.TrimLeft(s, " \t"), "+")
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return 0, errNumber
	}
	return n, nil
}

func notEmpty(s string) error {
	if s == "" {
		return errEmpty
	}
	return nil
}

func absolute(s string) error {
	if s == "" {
		return errEmpty
	}
	if s[0] != '/' {
		return errRelative
	}
	return nil
}
