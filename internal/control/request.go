package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
)

// Bounds of a request.
const (
	maxHeader = 4 << 10  // bytes, and what net/http adds
	maxBody   = 16 << 10 // bytes
)

// An Error is a refusal: its text is what the client reads.
type Error struct {
	Status int // of HTTP
	Text   string
}

func (e *Error) Error() string { return e.Text }

func refuse(status int, format string, args ...any) error {
	return &Error{status, fmt.Sprintf(format, args...)}
}

// decode reads the body of a request: one JSON object of the fields that are known, and nothing after it.
func decode(r io.Reader, into any) error {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the object")
		}
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return refuse(http.StatusRequestEntityTooLarge, "the request is longer than %d bytes", tooLarge.Limit)
	}
	if err != nil {
		return refuse(http.StatusBadRequest, "the request is not the JSON that is expected: %.200v", err)
	}
	return nil
}

// check refuses rates that cannot be meant.
func (r Rates) check() error {
	if r.Upload > math.MaxInt64 || r.Download > math.MaxInt64 {
		return refuse(http.StatusBadRequest, "a rate is from 0, no limit, to %d bytes per second", math.MaxInt64)
	}
	return nil
}
