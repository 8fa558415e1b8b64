package session

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pureftpd/internal/pace"
)

// aboveProcesses is more than any process number of Linux. Sessions of one process are numbered from there on, so that whoever
// takes such a number for a process, as it was in the original, and kills it, kills nothing.
const aboveProcesses = 1 << 22

// A Registry holds the sessions that run, for those who look at them from outside, and what has happened so far. It outlives a
// Handler: those of one process share one, so that a change of settings hides nothing.
type Registry struct {
	mu       sync.Mutex
	last     uint64
	sessions map[uint64]*Session

	begun, logins      atomic.Int64
	downloads, uploads atomic.Int64
	sent, received     atomic.Int64
	legacy             atomic.Int64               // logins with a password hash that ought to be replaced
	total              atomic.Pointer[pace.Rates] // what SetTotal has set last; nil: nothing
}

// NewRegistry returns an empty one.
func NewRegistry() *Registry { return &Registry{sessions: make(map[uint64]*Session)} }

// Counters are sums over a Registry's life, and what runs now.
type Counters struct {
	Sessions, Logins             int64
	Downloads, Uploads           int64 // that have ended, completely or not
	Sent, Received               int64 // bytes, those of running transfers included
	Open, Downloading, Uploading int64 // now
	Unknown                      int64 // of Open: before the login
}

// enroll makes the session known to the outside, until retire.
func (s *Session) enroll() {
	r := s.parts.Registry
	r.begun.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == 0 {
		r.last = cmp.Or(s.cfg.FirstNumber, aboveProcesses+1) - 1
	}
	r.last++
	s.live.number = r.last
	r.sessions[s.live.number] = s
}

// retire ends what enroll began.
func (s *Session) retire() {
	r := s.parts.Registry
	r.mu.Lock()
	if m := s.live.movement.Load(); m != nil { // a fault of ours has ended the transfer
		map[State]*atomic.Int64{Downloading: &r.sent, Uploading: &r.received}[m.state].Add(m.progress.Bytes())
	}
	delete(r.sessions, s.live.number)
	r.mu.Unlock()
	s.tally.staying.Observe(time.Since(s.live.began))
	s.live.over()
}

// Sessions are those that run now, the latest first.
func (h *Handler) Sessions() []*Session {
	r := h.parts.Registry
	r.mu.Lock()
	list := make([]*Session, 0, len(r.sessions))
	for _, s := range r.sessions {
		list = append(list, s)
	}
	r.mu.Unlock()
	slices.SortFunc(list, func(a, b *Session) int { return cmp.Compare(b.live.number, a.live.number) })
	return list
}

// Find returns the session with a number, or nil.
func (h *Handler) Find(number uint64) *Session {
	r := h.parts.Registry
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sessions[number]
}

// Counters adds up what has happened so far.
func (h *Handler) Counters() Counters {
	r := h.parts.Registry
	c := Counters{
		Sessions: r.begun.Load(), Logins: r.logins.Load(), Downloads: r.downloads.Load(), Uploads: r.uploads.Load(),
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c.Sent, c.Received = r.sent.Load(), r.received.Load()
	c.Open = int64(len(r.sessions))
	for _, s := range r.sessions {
		if s.live.person.Load() == nil {
			c.Unknown++
		}
		switch m := s.live.movement.Load(); {
		case m == nil:
		case m.state == Uploading:
			c.Uploading++
			c.Received += m.progress.Bytes()
		default:
			c.Downloading++
			c.Sent += m.progress.Bytes()
		}
	}
	return c
}

// SetTotal holds all transfers together to other rates from now on.
func (h *Handler) SetTotal(rates pace.Rates) {
	h.parts.Registry.total.Store(&rates)
	h.parts.Shaper.SetTotal(rates)
}

// Total is what SetTotal has set; false means that the rates are those the server began with.
func (h *Handler) Total() (pace.Rates, bool) {
	if r := h.parts.Registry.total.Load(); r != nil {
		return *r, true
	}
	return pace.Rates{}, false
}

// ForgetTotal undoes SetTotal, for whoever then sets other rates of the server.
func (r *Registry) ForgetTotal() { r.total.Store(nil) }

// SetUser holds all sessions of a user together to other rates from now on, those to come as well.
func (h *Handler) SetUser(name string, rates pace.Rates) { h.parts.Shaper.SetUser(name, rates) }
