package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"pureftpd/internal/control"
	"pureftpd/internal/handover"
	"pureftpd/internal/options"
	"pureftpd/internal/pace"
	"pureftpd/internal/record"
	"pureftpd/internal/server"
	"pureftpd/internal/session"
)

// A remote is how this process is watched and steered: its control socket, if it has one, and what it serves by HTTP.
type remote struct {
	options *options.Options // of the start
	parts   *parts
	mode    string
	reload  func() (control.Reload, error) // nil: this mode has none
	begun   time.Time
	rights  control.Rights
	socket  *control.Socket // nil: there is none
	server  *control.Server // nil until serve
	giver   *handover.Giver // nil: the process does not listen
	web     *web
}

// openRemote makes the socket, while the process may still do that. Without one the server does its work all the same, unless
// a directory was asked for. What is served by HTTP may listen on a socket of others.
func openRemote(o *options.Options, p *parts, mode string, others *server.Inherited) (*remote, error) {
	r := &remote{options: o, parts: p, mode: mode, begun: time.Now()}
	var err error
	if r.web, err = openWeb(o, mode, others, p.log); err != nil || o.Control.Off {
		return r, err
	}
	if r.rights, err = rightsOf(o.Control); err != nil {
		return nil, errors.Join(err, r.web.close())
	}
	dir := o.Control.Dir
	if dir == "" {
		dir = sessionDir()
	}
	r.socket, err = control.Listen(control.Place{Dir: dir, Open: r.rights.Open()})
	switch {
	case err == nil:
	case o.Control.Dir != "":
		return nil, errors.Join(err, r.web.close())
	default:
		p.log.WriteString(record.Warning, "no control socket: "+err.Error())
	}
	return r, nil
}

// rightsOf finds the groups of the options. Who starts the server is its owner.
func rightsOf(c options.Control) (control.Rights, error) {
	r := control.Rights{Owner: uint32(os.Geteuid())}
	var errs []error
	for _, role := range []struct {
		names []string
		gids  *[]uint32
	}{{c.Viewers, &r.Viewers}, {c.Operators, &r.Operators}, {c.Admins, &r.Admins}} {
		for _, name := range role.names {
			gid, err := groupID(name)
			errs = append(errs, err)
			*role.gids = append(*role.gids, gid)
		}
	}
	return r, errors.Join(errs...)
}

// groupID is the number of a group that is given by name or number.
func groupID(name string) (uint32, error) {
	number := name
	if g, err := user.LookupGroup(name); err == nil {
		number = g.Gid
	}
	gid, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("control socket: there is no group %q", name)
	}
	return uint32(gid), nil
}

// serve begins to answer; drain is how the server is told to finish.
func (r *remote) serve(drain func()) {
	var bans control.Bans // none in inetd mode, where each client has a process
	if r.mode != "inetd" {
		bans = liveBans{r.parts}
	}
	var give func(func() (*net.UnixConn, error)) error
	if r.giver != nil {
		give = r.giver.Give
	}
	config := control.Config{
		Rights:   r.rights,
		Sessions: liveSessions{r.parts},
		Log:      func(text string) { r.parts.log.WriteString(record.Notice, text) },
		Hooks: control.Hooks{
			Status:    r.status,
			SetServer: func(rates control.Rates) { r.parts.handler().SetTotal(pace.Rates(rates)) },
			SetUser:   func(name string, rates control.Rates) { r.parts.handler().SetUser(name, pace.Rates(rates)) },
			Drain:     sync.OnceFunc(drain),
			Settings:  r.settings,
			Logs:      r.logs,
			Metrics:   r.parts.metricsHandler(),
			Bans:      bans,
			Reload:    r.reload,
			Handover:  give,
		},
	}
	r.web.serve(config)
	if r.socket != nil {
		r.server = control.Serve(r.socket.UnixListener, config)
		r.parts.control.Store(r.server)
	}
}

// close ends the answering and removes the socket; on trial its directory, too, if nothing else is in it.
func (r *remote) close() {
	if err := r.web.close(); err != nil {
		r.parts.log.WriteString(record.Warning, err.Error())
	}
	if r.socket == nil {
		return
	}
	var errs []error
	if r.server != nil {
		errs = append(errs, r.server.Close())
	} else {
		errs = append(errs, r.socket.Close())
	}
	errs = append(errs, asRoot(r.socket.Remove))
	if err := errors.Join(errs...); err != nil {
		r.parts.log.WriteString(record.Warning, err.Error())
	}
	if r.mode == "try" && r.options.Control.Dir == "" {
		_ = os.Remove(filepath.Dir(r.socket.Path())) // fails where another server uses it
	}
}

// drainSessions ends the sessions of this process once their transfers have.
func (r *remote) drainSessions() {
	for _, s := range r.parts.handler().Sessions() {
		s.Drain()
	}
}

// drained stands for a signal in the place where signals end the server.
type drained struct{}

// Signal says that it takes the place of a signal.
func (drained) Signal() {}

func (drained) String() string { return "asked through the control socket" }

// stopBy stops a server as a signal of its would.
func stopBy(signals chan<- os.Signal, s os.Signal) func() {
	return func() {
		select {
		case signals <- s:
		default: // signals wait already
		}
	}
}

func (r *remote) status() control.Status {
	c := r.parts.handler().Counters()
	s := control.Status{
		PID: os.Getpid(), Version: version, Mode: r.mode, Started: r.begun, Now: time.Now(),
		MaxOpen: r.options.MaxClients,
		Counters: control.Counters{
			Open: c.Open, Downloading: c.Downloading, Uploading: c.Uploading, Sessions: c.Sessions, Logins: c.Logins,
			Downloads: c.Downloads, Uploads: c.Uploads, BytesSent: c.Sent, BytesReceived: c.Received,
		},
	}
	if r.giver != nil {
		s.Successor = r.giver.Successor()
	}
	if rates, set := r.parts.handler().Total(); set {
		limits := control.Rates(rates)
		s.Limits = &limits
	}
	return s
}

func (r *remote) settings() []control.Setting {
	var list []control.Setting
	for _, e := range r.parts.current.Load().options.Effective() {
		list = append(list, control.Setting(e))
	}
	return list
}

// liveSessions are the sessions of the process as the control socket sees them.
type liveSessions struct{ parts *parts }

// All are the sessions that run.
func (l liveSessions) All() iter.Seq[control.Live] {
	return func(yield func(control.Live) bool) {
		for _, s := range l.parts.handler().Sessions() {
			if !yield(liveSession{s}) {
				return
			}
		}
	}
}

// Find returns one of them, or nil.
func (l liveSessions) Find(id uint64) control.Live {
	if s := l.parts.handler().Find(id); s != nil {
		return liveSession{s}
	}
	return nil
}

// A liveSession is a session as the control socket sees it.
type liveSession struct{ *session.Session }

// Snapshot tells the session as it is now.
func (l liveSession) Snapshot() control.Session {
	s := l.Session.Snapshot()
	c := control.Session{
		ID: s.Number, Account: s.Account, Anonymous: s.Anonymous,
		State: [...]control.State{
			session.Idle: control.Idle, session.Downloading: control.Download, session.Uploading: control.Upload,
		}[s.State],
		Address: addressText(s.Peer), Port: s.Peer.Port(), Host: s.Host, LocalAddr: addressText(s.Local), LocalPort: s.Local.Port(),
		Started: s.Began, Limits: control.Rates(s.Own),
	}
	if !s.Heard.IsZero() {
		c.LastCommand = &s.Heard
	}
	if s.State != session.Idle {
		c.Transfer = &control.Transfer{
			File: s.File, Started: s.TransferBegan, Offset: s.Offset, Position: s.Position, Size: s.Total,
		}
	}
	return c
}

// addressText is an address, or "" for a client without one: a pipe.
func addressText(a netip.AddrPort) string {
	if !a.IsValid() {
		return ""
	}
	return a.Addr().String()
}

// SetRates holds the session to other rates.
func (l liveSession) SetRates(r control.Rates) bool { return l.Session.SetRates(pace.Rates(r)) }

// Trace tells the dialogue.
func (l liveSession) Trace(ctx context.Context, begun func(), tell func(control.Line) error) error {
	t, err := l.Session.Trace()
	if err != nil {
		return err
	}
	defer t.Stop()
	begun()
	for over := false; !over || len(t.Lines) > 0; {
		select {
		case line := <-t.Lines:
			if tell(wireLine(line)) != nil {
				return nil // the reader has gone
			}
		case <-ctx.Done():
			return nil
		case <-t.Ended:
			over = true // what was said before comes first
		}
	}
	return nil
}

func wireLine(line session.TraceLine) control.Line {
	from := "client"
	if line.Server {
		from = "server"
	}
	return control.Line{Time: line.When, From: from, Text: line.Text, Lost: line.Lost}
}
