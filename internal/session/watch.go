package session

import (
	"bytes"
	"context"
	"errors"
	"os"
	"sync/atomic"
	"time"

	"pureftpd/internal/ftp"
)

// Why a transfer was ended from outside.
var (
	errAborted  = errors.New("aborted by the client")                 // ABOR
	errGone     = errors.New("the control connection is closed")      // the client is no more
	errTooLong  = errors.New("the transfer took more than 24 hours")  // nobody waits that long
	errShutdown = errors.New("the server is shutting down, good bye") // the context ended
)

const longestTransfer = 24 * time.Hour

// A watcher reads the control connection while a transfer keeps the session busy (RFC 959, 4.1.3, asks for that). It acts
// on ABOR, on STAT when that is the next command, and on the end of the connection. Everything else, QUIT too, stays in
// the buffer until the transfer is over. Between watch and stop it owns session.control and the replies.
type watcher struct {
	s        *Session
	abort    func(error)      // ends the transfer; called once by the watcher, and once by Kick
	status   func() ftp.Reply // answers STAT; nil: STAT waits, too
	begun    time.Time
	stopping atomic.Bool
	done     chan struct{} // made when it begins to run, closed when it ends
}

// watch begins watching, a moment from now.
func (s *Session) watch(ctx context.Context, abort func(error), status func() ftp.Reply) *watcher {
	w := &watcher{s: s, abort: abort, status: status, begun: time.Now()}
	s.live.breakable(abort)
	s.ward.enter(ctx, w)
	return w
}

// stop ends the watching and gives the control connection back to the session.
func (w *watcher) stop() {
	w.s.live.breakable(nil)
	if w.s.ward.leave(w) {
		return
	}
	w.stopping.Store(true)
	w.s.control.interrupt()
	<-w.done
	w.s.control.uninterrupt()
}

// run ends when stop interrupts it, when the transfer was ended, or when the client queued more than fits.
func (w *watcher) run(ctx context.Context) {
	defer close(w.done)
	defer context.AfterFunc(ctx, func() { w.abort(errShutdown) })()
	c := &w.s.control
	for !w.stopping.Load() && !w.scan() && c.makeRoom() == nil {
		if err := c.raw.SetReadDeadline(w.begun.Add(longestTransfer)); err != nil {
			w.lose()
			return
		}
		if w.stopping.Load() { // set before the interrupt, which the deadline above may have undone
			return
		}
		n, err := c.conn.Read(c.buf()[c.w:])
		c.w += n
		switch {
		case n > 0:
		case !errors.Is(err, os.ErrDeadlineExceeded):
			w.lose()
			return
		case time.Since(w.begun) >= longestTransfer:
			w.abort(errTooLong)
			return
		}
	}
}

// lose ends the transfer of a client that is no more.
func (w *watcher) lose() {
	w.s.gone = true
	w.abort(errGone)
}

// scan looks at the command lines received so far. It reports true once the transfer was ended by one of them.
func (w *watcher) scan() bool {
	c := &w.s.control
	next := c.r // the start of the line looked at
	for {
		end := bytes.IndexByte(c.buf()[next:c.w], '\n')
		if end < 0 {
			return false
		}
		end += next
		verb, arg, err := ftp.ParseCommand(bytes.TrimSuffix(c.buf()[next:end], []byte("\r")))
		switch {
		case err != nil:
		case string(verb) == "ABOR":
			w.abort(errAborted) // its own reply follows when its turn comes
			return true
		case string(verb) == "STAT" && len(arg) == 0 && next == c.r && w.status != nil:
			c.r = end + 1
			w.s.tally.command(w.s.verbs["STAT"].row, ftp.CodeSystemStatus)
			w.s.mark(w.status())
		}
		next = end + 1
	}
}
