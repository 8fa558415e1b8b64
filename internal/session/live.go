package session

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"pureftpd/internal/account"
	"pureftpd/internal/pace"
	"pureftpd/internal/transfer"
)

// A State is what a session does.
type State uint8

// The states.
const (
	Idle State = iota
	Downloading
	Uploading
)

// live is what others may read of a session, and the ways in which they may steer it, while its goroutine goes on.
type live struct {
	// Set before the session is in the registry, and never changed.
	number uint64
	conn   net.Conn // the control connection
	began  time.Time

	person   atomic.Pointer[person]     // nil before the login
	own      atomic.Pointer[pace.Rates] // nil before the login
	movement atomic.Pointer[movement]   // nil while nothing is transferred
	heard    atomic.Int64               // when the last command came, in nanoseconds of the clock; 0: none came
	mail     atomic.Bool                // messages is not empty
	traced   atomic.Bool                // traces is not empty

	kicked   atomic.Bool
	farewell bool // the session goroutine\'s: a kicked client was told

	mu       sync.Mutex
	abort    func(error) // breaks off what the session waits for; nil: it waits for commands, or for nothing
	login    func(error) // likewise the login that is under way, which the end of the server breaks off, too
	messages []string
	traces   []*Trace
	ended    bool
}

// A person is who has logged in.
type person struct {
	name      string
	anonymous bool
}

// A movement is a transfer that runs. It is not changed once it is there to be seen.
type movement struct {
	state    State
	file     string // as the client named it
	offset   int64
	total    int64 // of the whole file; 0 where it is not known
	began    time.Time
	progress *transfer.Progress
}

// A Snapshot is a session at one moment.
type Snapshot struct {
	Number      uint64
	Account     string // "" before the login
	Anonymous   bool
	Peer, Local netip.AddrPort
	Host        string // the client's name, or its address where that is not known
	Began       time.Time
	Heard       time.Time // when the last command came; zero: none came
	Own         pace.Rates
	State       State

	// Of the transfer that runs.
	File          string // as the client named it
	TransferBegan time.Time
	Offset        int64 // the restart marker, or the length of the file that is appended to
	Total         int64 // of the file that is sent
	Position      int64 // in the file
}

// Number tells the session from the others of the process.
func (s *Session) Number() uint64 { return s.live.number }

// Snapshot may be called from any goroutine.
func (s *Session) Snapshot() Snapshot {
	l := &s.live
	snap := Snapshot{Number: l.number, Peer: s.peer, Local: s.local, Host: s.log.Host(), Began: l.began}
	if p := l.person.Load(); p != nil {
		snap.Account, snap.Anonymous = p.name, p.anonymous
	}
	if r := l.own.Load(); r != nil {
		snap.Own = *r
	}
	if t := l.heard.Load(); t != 0 {
		snap.Heard = time.Unix(0, t)
	}
	if m := l.movement.Load(); m != nil {
		snap.State, snap.File, snap.TransferBegan = m.state, m.file, m.began
		snap.Offset, snap.Total, snap.Position = m.offset, m.total, m.offset+m.progress.Bytes()
	}
	return snap
}

// loggedIn notes who the session is now.
func (s *Session) loggedIn(a account.Account, own pace.Rates) {
	s.parts.Registry.logins.Add(1)
	s.live.own.Store(&own)
	s.live.person.Store(&person{a.Name, a.Anonymous})
}

// moving shows a transfer until moved.
func (s *Session) moving(state State, file string, job *transfer.Job) {
	m := &movement{state: state, file: file, offset: job.Offset, began: time.Now(), progress: job.Progress}
	if state == Downloading {
		m.total = job.Offset + job.Size
	}
	s.live.movement.Store(m)
}

// moved counts a transfer of so many bytes that has ended, whether it was shown or was too short for that. Whoever adds up meanwhile, with the lock of the
// registry, finds its bytes once: sums must not fall.
func (s *Session) moved(state State, bytes int64) {
	r := s.parts.Registry
	if s.live.movement.Load() != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		s.live.movement.Store(nil)
	}
	if state == Uploading {
		r.uploads.Add(1)
		r.received.Add(bytes)
		return
	}
	r.downloads.Add(1)
	r.sent.Add(bytes)
}
