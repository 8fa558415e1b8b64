package main

import (
	"context"
	"errors"
	"os"
	"time"

	"pureftpd/internal/uploads"
)

// rest is how long the rest of a record may take that has begun to come when the program is to end.
const rest = time.Second

// A pipe reads events byte by byte: what no program has been started for stays in the pipe, where the server takes it back if
// this process dies.
type pipe struct {
	end    *os.File
	reader *uploads.Reader
	b      [1]byte
}

// next waits for an event. It returns the context's error when the context ends, between two records.
func (p *pipe) next(ctx context.Context) (uploads.Event, error) {
	if p.reader == nil {
		p.reader = uploads.NewReader(p)
	}
	if err := ctx.Err(); err != nil {
		return uploads.Event{}, err
	}
	if err := p.end.SetReadDeadline(time.Time{}); err != nil {
		return uploads.Event{}, err
	}
	// An error here means that the file is closed, which the reading tells.
	defer context.AfterFunc(ctx, func() { _ = p.end.SetReadDeadline(time.Unix(1, 0)) })()
	e, err := p.reader.Next()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return e, context.Canceled
	}
	return e, err
}

// ReadByte makes the pipe a source of a Reader.
func (p *pipe) ReadByte() (byte, error) {
	_, err := p.end.Read(p.b[:])
	if errors.Is(err, os.ErrDeadlineExceeded) && p.reader.Inside() {
		if err := p.end.SetReadDeadline(time.Now().Add(rest)); err != nil {
			return 0, err
		}
		_, err = p.end.Read(p.b[:])
	}
	return p.b[0], err
}
