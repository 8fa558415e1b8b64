package session

import (
	"io"

	"pureftpd/internal/quota"
)

// A room is what the quota leaves for one upload. It implements transfer.Room: bytes are booked before they are written, so
// that many uploads at once do not exceed the limits together.
type room struct {
	s *Session
	t *target
}

// Store books n bytes, lets them be written, and corrects the books if fewer were.
func (r *room) Store(n int, write func() (int, error)) error {
	return r.s.cover(r.t, quota.Delta{Bytes: int64(n)}, func(quota.Usage) (quota.Delta, error) {
		stored, err := write()
		return quota.Delta{Bytes: int64(stored)}, err
	})
}

// A bookedWriter writes to a file what the room has place for.
type bookedWriter struct {
	room room
	to   io.Writer
}

func (w *bookedWriter) Write(p []byte) (n int, err error) {
	err = w.room.Store(len(p), func() (int, error) {
		n, err = w.to.Write(p)
		return n, err
	})
	return n, err
}
