package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"

	"pureftpd/internal/control"
	"pureftpd/internal/handover"
	"pureftpd/internal/options"
	"pureftpd/internal/record"
	"pureftpd/internal/server"
	"pureftpd/internal/transfer"
)

// A predecessor is the server whose place this process takes (--takeover). Without one its methods do nothing.
type predecessor struct {
	*handover.Taker        // nil: there is none
	note            string // why there is none, or what was not told, for the log
	bans            []control.Ban
	begun           bool
}

// takeOver finds the running server that listens where this one is to listen, and gets its sockets. Where none runs this
// process listens itself, so the option may always be there.
func takeOver(ctx context.Context, o *options.Options, passed []net.Listener) (*predecessor, error) {
	old := &predecessor{}
	if !o.TakeOver {
		return old, nil
	}
	dir := o.Control.Dir
	if dir == "" {
		dir = sessionDir()
	}
	clients, err := control.Predecessors(ctx, dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		old.note = "no running server is taken over: " + err.Error()
	}
	for _, c := range clients {
		conn, err := c.Handover(ctx)
		if errors.Is(err, control.ErrGone) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("take over from process %d: %w", c.PID(), err)
		}
		t, err := handover.Take(conn)
		if err != nil {
			return nil, err
		}
		if wanted(o, t, passed) {
			old.Taker = t
			if old.bans, err = c.Bans(ctx); err != nil {
				old.note = fmt.Sprintf("process %d has not told its bans: %v", c.PID(), err)
			}
			return old, nil
		}
		t.Refuse("it listens elsewhere")
	}
	return old, nil
}

// wanted reports whether a server is the one to take over: another server may run beside it and use the same directory.
func wanted(o *options.Options, t *handover.Taker, passed []net.Listener) bool {
	if len(passed) > 0 {
		return slices.ContainsFunc(passed, func(l net.Listener) bool { return t.Sockets.Serves(l.Addr()) })
	}
	return t.Passed && !bound(o) || slices.ContainsFunc(bindings(o), func(b binding) bool { return t.Sockets.Has(b.Bind) })
}

// bound reports whether an option says where to listen.
func bound(o *options.Options) bool { return o.BindPortSet || o.BindHost != "" }

// exists reports whether there is a predecessor.
func (old *predecessor) exists() bool { return old.Taker != nil }

// sockets are those of the predecessor.
func (old *predecessor) sockets() *server.Inherited {
	if !old.exists() {
		return nil
	}
	return old.Sockets
}

// others are its sockets that are not for FTP.
func (old *predecessor) others() *server.Inherited {
	if !old.exists() {
		return nil
	}
	return old.Others
}

// begin takes the place: the predecessor accepts nobody any more when it returns.
func (old *predecessor) begin(s *server.Server, p *parts) error {
	if old.note != "" {
		p.log.WriteString(record.Warning, old.note)
	}
	if !old.exists() {
		return nil
	}
	old.begun = true
	if err := old.Begin(s, p.current.Load().passive); err != nil {
		return err
	}
	if err := restoreBans(p.bans, old.bans); err != nil {
		p.log.WriteString(record.Warning, "bans of the process before: "+err.Error())
	}
	p.log.WriteString(record.Notice, fmt.Sprintf("has taken over from process %d", old.PID))
	return nil
}

// outlast waits for the predecessor where this process, which has a successor, still stands between the two.
func (old *predecessor) outlast(ctx context.Context, s *server.Server) {
	if !old.exists() || !s.Abandoned() {
		return
	}
	select {
	case <-old.Ended():
	case <-ctx.Done():
	}
}

// close ends the talking. A predecessor whose place was not taken goes on.
func (old *predecessor) close() {
	switch {
	case !old.exists():
	case old.begun:
		old.Close()
	default:
		old.Refuse("the new process could not start")
	}
}

// A binding is where a server listens.
type binding struct {
	server.Bind
	implicit bool // clients begin with TLS
}

// newGiver makes what hands this server over when another process asks, with what w listens on; given is called when it has.
func newGiver(s *server.Server, p *parts, w *web, passed bool, given func()) *handover.Giver {
	return &handover.Giver{
		Server: s, Passive: func() *transfer.Passive { return p.current.Load().passive }, Passed: passed,
		Others: w.listening,
		Log:    func(text string) { p.log.WriteString(record.Notice, text) },
		Given: func(int) {
			p.given.Store(true)
			given()
			go w.close() // the link must not wait; remote.close does
		},
	}
}
