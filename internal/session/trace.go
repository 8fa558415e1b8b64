package session

import (
	"bytes"
	"errors"
	"slices"
	"sync/atomic"
	"time"
)

const (
	maxTraces     = 4   // of one session
	maxTraceLines = 256 // that wait for a slow reader
)

// ErrTraced says that enough watch a session already.
var ErrTraced = errors.New("four traces of this session run already")

// A Trace follows the dialogue of one session. Whoever began it reads Lines until Ended is closed, and calls Stop.
type Trace struct {
	Lines <-chan TraceLine
	Ended <-chan struct{} // closed when the session is over

	session *Session
	lines   chan TraceLine
	ended   chan struct{}
	lost    atomic.Int64
}

// A TraceLine is one line of a dialogue, without its line end. Passwords are not in it.
type TraceLine struct {
	When   time.Time
	Server bool // the server's line; else the client's
	Text   string
	Lost   int64 // lines left out before this one, because they were not read fast enough
}

// Trace begins to follow the dialogue. It may be called from any goroutine.
func (s *Session) Trace() (*Trace, error) {
	t := &Trace{session: s, lines: make(chan TraceLine, maxTraceLines), ended: make(chan struct{})}
	t.Lines, t.Ended = t.lines, t.ended
	l := &s.live
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.traces) == maxTraces {
		return nil, ErrTraced
	}
	if l.ended {
		close(t.ended)
		return t, nil
	}
	l.traces = append(l.traces, t)
	l.traced.Store(true)
	return t, nil
}

// Stop ends the following.
func (t *Trace) Stop() {
	l := &t.session.live
	l.mu.Lock()
	defer l.mu.Unlock()
	l.traces = slices.DeleteFunc(l.traces, func(x *Trace) bool { return x == t })
	l.traced.Store(len(l.traces) > 0)
}

// over tells those who follow the session that it has ended.
func (l *live) over() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	for _, t := range l.traces {
		close(t.ended)
	}
	l.traces = nil
	l.traced.Store(false)
}

// commandSeen shows a command to those who follow the session.
func (s *Session) commandSeen(name []byte, arg string, secret bool) {
	s.live.heard.Store(time.Now().UnixNano())
	if !s.live.traced.Load() {
		return
	}
	text := string(name)
	switch {
	case secret:
		text += " ***"
	case arg != "":
		text += " " + arg
	}
	s.live.show(TraceLine{When: time.Now(), Text: text})
}

// replySeen shows a reply to those who follow the session.
func (s *Session) replySeen(lines []byte) {
	if !s.live.traced.Load() {
		return
	}
	now := time.Now()
	for line := range bytes.Lines(lines) {
		s.live.show(TraceLine{When: now, Server: true, Text: string(bytes.TrimRight(line, "\r\n"))})
	}
}

// show never waits: what does not fit is counted.
func (l *live) show(line TraceLine) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.traces {
		line.Lost = t.lost.Swap(0)
		select {
		case t.lines <- line:
		default:
			t.lost.Add(line.Lost + 1)
		}
	}
}
