package control

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net"
	"net/http"
)

// Sessions are those of this process.
type Sessions interface {
	// All are the sessions that run, the latest first.
	All() iter.Seq[Live]
	// Find returns one of them, or nil.
	Find(id uint64) Live
}

// A Live is a session that runs. Once it has ended its methods do nothing.
type Live interface {
	Snapshot() Session
	Kick()
	// Message has a text shown to the user; its error is for the one who sent it.
	Message(text string) error
	// SetRates reports false before the login.
	SetRates(Rates) bool
	// Trace calls tell with each line of the dialogue, until it fails, ctx ends or the session does. The error is that of
	// the beginning.
	Trace(ctx context.Context, begun func(), tell func(Line) error) error
}

// Bans are the addresses that are kept out.
type Bans interface {
	All() []Ban
	// Add keeps an address or a network out, and returns what is kept out. Its error is for the one who asked.
	Add(BanOrder) (address string, err error)
	// Lift lets an address in again. ErrNotBanned says that it was not kept out; another error is for the one who asked.
	Lift(address string) error
}

// ErrNotBanned is the answer to letting in an address that is not kept out.
var ErrNotBanned = errors.New("not banned")

// Hooks are how the server is asked and steered. Those that may be nil are answered with 501 then.
type Hooks struct {
	Status    func() Status
	SetServer func(Rates)
	SetUser   func(name string, rates Rates)
	Drain     func()
	Settings  func() []Setting
	Logs      func() []Log
	Reload    func() (Reload, error) // may be nil
	Bans      Bans                   // may be nil
	Metrics   http.Handler           // may be nil
	// Handover gives the listening sockets to the process at the other end of what connect returns, which is called at most
	// once. May be nil.
	Handover func(connect func() (*net.UnixConn, error)) error
}

// A Config is what a Server is made of.
type Config struct {
	Rights   Rights
	Sessions Sessions
	Hooks    Hooks
	Log      func(text string) // who has changed what, and what went wrong
}

// A Server answers on one socket.
type Server struct {
	config Config
	caller func(*http.Request) Caller
	gate   *gate
	http   *Bounded
}

// Serve answers until Close.
func Serve(l *net.UnixListener, config Config) *Server {
	s := &Server{config: config, caller: peerOf, gate: &gate{
		UnixListener: l, rights: config.Rights, log: config.Log, byUser: make(map[uint32]int),
	}}
	s.http = NewBounded("control socket", s.handler(), maxHeader, config.Log, withGuest)
	s.http.Serve(s.gate)
	return s
}

// Close ends everything and waits for it. The socket's name stays.
func (s *Server) Close() error {
	err := s.http.Close()
	s.gate.open.Wait()
	return err
}

// handler is the table of routes, with the rights of each.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range routes() {
		mux.HandleFunc(r.method+" "+r.path, func(w http.ResponseWriter, req *http.Request) { s.serve(w, req, r) })
	}
	return mux
}

// serve checks the rights and answers.
func (s *Server) serve(w http.ResponseWriter, req *http.Request, r route) {
	if s.caller(req).Role < r.role {
		w.WriteHeader(http.StatusForbidden) // without a word
		return
	}
	req.Body = http.MaxBytesReader(w, req.Body, maxBody)
	if err := r.run(s, w, req); err != nil {
		fail(w, err)
	}
}

// fail answers with what is wrong.
func fail(w http.ResponseWriter, err error) {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		e = &Error{http.StatusInternalServerError, err.Error()}
	}
	answer(w, e.Status, failure{e.Text})
}

// answer sends a value. That a client has gone is no concern of ours.
func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}
