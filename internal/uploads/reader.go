package uploads

import (
	"errors"
	"io"
)

// ErrBadRecord says that a record was left out: it was malformed or too long. The next one can be read.
var ErrBadRecord = errors.New("a malformed upload record was left out")

// A Reader reads events from the pipe. It reads no byte beyond the record it returns, so that what is not asked for stays in
// the pipe.
type Reader struct {
	from   io.ByteReader
	inside bool
}

// NewReader returns a Reader.
func NewReader(from io.ByteReader) *Reader { return &Reader{from: from} }

// Inside reports whether the Reader is in the middle of a record. The source of its bytes may ask.
func (r *Reader) Inside() bool { return r.inside }

// Next reads the next event. What is not part of a record is passed over. A malformed record is given up as a whole: what
// stands in it is never taken for the beginning of another one.
func (r *Reader) Next() (Event, error) {
	r.inside = false
	for {
		c, err := r.from.ReadByte()
		if err != nil {
			return Event{}, err
		}
		if c == beforeLogin {
			break
		}
	}
	r.inside = true
	var e Event
	var err error
	if e.Login, err = r.text(beforePath, MaxLogin); err == nil {
		e.Path, err = r.text(afterPath, MaxPath)
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	r.inside = false
	if err != nil {
		return Event{}, err
	}
	return e, nil
}

// text reads up to a byte. If that is impossible it reads up to the end of the record.
func (r *Reader) text(until byte, longest int) (string, error) {
	var text []byte
	for {
		c, err := r.from.ReadByte()
		switch {
		case err != nil:
			return "", err
		case c == until && len(text) > 0:
			return string(text), nil
		case isControl(c) || len(text) == longest:
			return "", r.skip(c)
		}
		text = append(text, c)
	}
}

// skip reads up to the end of a malformed record, of which c was read last.
func (r *Reader) skip(c byte) error {
	for c != afterPath {
		var err error
		if c, err = r.from.ReadByte(); err != nil {
			return err
		}
	}
	return ErrBadRecord
}
