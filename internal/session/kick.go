package session

import (
	"context"
	"errors"
	"time"

	"pureftpd/internal/ftp"
	"pureftpd/internal/record"
)

// kickPatience is how long a client that was sent away has to take what it is told.
const kickPatience = 5 * time.Second

var errKicked = errors.New("ended by the administrator")

// Kick ends the session at once, in the middle of a transfer, too: the client reads 421. It may be called from any goroutine.
func (s *Session) Kick() {
	s.live.cancel(errKicked)
	// A client that does not read must not hold the session up. What is written later sets a deadline of its own.
	_ = s.live.conn.SetWriteDeadline(time.Now().Add(kickPatience))
}

// expelled says goodbye to a session that was kicked.
func (s *Session) expelled(ctx context.Context) bool {
	if !errors.Is(context.Cause(ctx), errKicked) {
		return false
	}
	s.log.WriteString(record.Info, "ended by the administrator")
	s.say(ftp.Say(ftp.CodeNotAvailable, "The administrator has ended this session"))
	s.ending = true
	return true
}

// whyEnded is the cause that a transfer ends with when its session's context does.
func whyEnded(ctx context.Context) error {
	if errors.Is(context.Cause(ctx), errKicked) {
		return errKicked
	}
	return errShutdown
}
