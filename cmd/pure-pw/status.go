package main

import (
	"errors"
	"fmt"
)

// A status is what the program exits with. Statuses are bits: -m rebuilds the database even after a failure, and both
// statuses are told.
type status int

const (
	statusOption   status = 1   // an option that is wrong, or no login
	statusText     status = 2   // the text file is missing or cannot be read
	statusRewrite  status = 4   // the text file could not be changed, or the login exists or does not
	statusPassword status = 8   // no password
	statusAccount  status = 16  // no such account
	statusID       status = 32  // uid or gid
	statusHome     status = 64  // home
	statusOther    status = 255 // all else, such as a database that could not be written
)

// A failure is an error that knows its status.
type failure struct {
	status status
	err    error
}

func (f *failure) Error() string { return f.err.Error() }

func (f *failure) Unwrap() error { return f.err }

// fail returns an error with a status.
func fail(s status, format string, args ...any) error {
	return &failure{status: s, err: fmt.Errorf(format, args...)}
}

// statusOf is the status of an error; nil is 0, and an error that knows none is statusOther.
func statusOf(err error) status {
	if err == nil {
		return 0
	}
	if f, ok := errors.AsType[*failure](err); ok {
		return f.status
	}
	return statusOther
}
