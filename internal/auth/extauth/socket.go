package extauth

import (
	"context"
	"errors"

	"pureftpd/internal/authd"
	"pureftpd/internal/linemsg"
)

// A Socket asks the daemon that listens on a local socket. Its fields are those of [linemsg.Client]: the pathname alone will do.
type Socket linemsg.Client

// Ask implements Asker. A daemon that says nothing does not know the user; one that breaks off refuses.
func (s *Socket) Ask(ctx context.Context, q authd.Question) (authd.Answer, error) {
	lines, err := q.Lines()
	if err != nil {
		return authd.Answer{}, err
	}
	m, err := (*linemsg.Client)(s).Ask(ctx, lines)
	switch {
	case err == nil:
		return authd.ParseLines(m), nil
	case errors.Is(err, linemsg.ErrEmpty):
		return authd.Answer{Verdict: authd.Unknown, Reason: err.Error()}, nil
	case errors.Is(err, linemsg.ErrNoEnd), errors.Is(err, linemsg.ErrTooLong), errors.Is(err, linemsg.ErrNUL):
		return authd.Answer{Reason: err.Error()}, nil
	}
	return authd.Answer{}, err
}
