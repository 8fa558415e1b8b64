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
	l := &s.live
	l.kicked.Store(true)
	l.mu.Lock()
	if l.abort != nil {
		l.abort(errKicked)
	}
	l.mu.Unlock()
	s.Drain()
	// A client that does not read must not hold the session up. What is written later sets a deadline of its own.
	_ = l.conn.SetWriteDeadline(time.Now().Add(kickPatience))
}

// breakable says how Kick breaks off what the session is about to wait for; nil, that it has waited. After that Kick does not
// call abort any more.
func (l *live) breakable(abort func(error)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.abort = abort
	if abort != nil && l.kicked.Load() {
		abort(errKicked)
	}
}

// interruptible is a context that Kick ends, for a step that waits for something else than the client. done is called after it.
func (s *Session) interruptible(ctx context.Context) (own context.Context, done func()) {
	own, cancel := context.WithCancelCause(ctx)
	s.live.breakable(cancel)
	return own, func() {
		s.live.breakable(nil)
		cancel(nil)
	}
}

// expelled says goodbye to a session that was kicked.
func (s *Session) expelled() bool {
	if !s.live.kicked.Load() {
		return false
	}
	if !s.live.farewell {
		s.live.farewell = true
		s.log.WriteString(record.Info, errKicked.Error())
		s.say(ftp.Say(ftp.CodeNotAvailable, "The administrator has ended this session"))
		s.ending = true
	}
	return true
}
