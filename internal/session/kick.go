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

var (
	errKicked  = errors.New("ended by the administrator")
	errDrained = errors.New("the server is shutting down")
)

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

// interruptible is a context that Kick and Drain end, for the login, which waits for something else than the client. done is called
// after it.
func (s *Session) interruptible(ctx context.Context) (own context.Context, done func()) {
	own, cancel := context.WithCancelCause(ctx)
	s.live.breakable(cancel)
	s.live.setLogin(cancel)
	if s.control.down.Load() {
		cancel(errDrained)
	}
	return own, func() {
		s.live.setLogin(nil)
		s.live.breakable(nil)
		cancel(nil)
	}
}

func (l *live) setLogin(end func(error)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.login = end
}

// endLogin breaks off the login that is under way, if one is. A pause after a failure or a wait for a turn may take half a minute, and
// the server must not.
func (l *live) endLogin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.login != nil {
		l.login(errDrained)
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
