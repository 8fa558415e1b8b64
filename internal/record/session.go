package record

import (
	"net/netip"
	"sync"
	"time"
)

// maxHeld is how many lines of a session wait for its client's name; one more, and they go out
// with the address. A session writes three up to its login.
const maxHeld = 32

// A Session writes the lines of one client. It may be used by several goroutines. It costs no
// goroutine, and about 100 bytes once the client's name is known.
type Session struct {
	log *Log

	mu      sync.Mutex
	user    string
	host    string
	address netip.Addr
	number  uint64
	held    *held // nil once the host is settled
}

// held are the lines of a session whose host is not settled.
type held struct {
	lines []line
	limit *time.Timer // settles the host with the address
}

// Session returns the handle for a client at address and starts to look up its name, if names are
// wanted.
func (l *Log) Session(address netip.Addr) *Session {
	address = address.Unmap().WithZone("")
	s := &Session{log: l, host: address.String(), address: address}
	if l.names == nil {
		return s
	}
	if name, ok := l.names.cached(address); ok {
		if name != "" {
			s.host = name
		}
		return s
	}
	s.mu.Lock()
	s.held = &held{limit: time.AfterFunc(lookupLimit, func() { s.SetHost("") })}
	s.mu.Unlock()
	l.names.lookup(address, s.SetHost)
	return s
}

// Enabled reports whether a line of this level is written.
func (s *Session) Enabled(level Level) bool { return s.log.Enabled(level) }

// SetUser puts a name into the lines from now on.
func (s *Session) SetUser(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.user = name
}

// SetNumber puts a number into the JSON lines from now on.
func (s *Session) SetNumber(number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.number = number
}

// SetHost settles the host, for the lines held back too; an empty name settles it with the
// numeric address. Only the first call counts: a session's lines carry one host.
func (s *Session) SetHost(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settleLocked(name)
}

// Host returns the host as lines show it now: the address until a name is known.
func (s *Session) Host() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.host
}

// Connected writes that the client has connected (Info).
func (s *Session) Connected() {
	x := line{level: Info, message: newConnectionFrom, addHost: true}
	x.tell(s.log, Detail{Event: Connect})
	s.put(x)
}

// WriteString writes a line.
func (s *Session) WriteString(level Level, message string) {
	s.put(line{level: level, message: message})
}

// Write writes a line; message may be reused afterwards.
func (s *Session) Write(level Level, message []byte) {
	if s.log.Enabled(level) {
		s.WriteString(level, string(message))
	}
}

// WriteEvent writes a line that has fields of its own where lines are JSON; message may be reused afterwards.
func (s *Session) WriteEvent(level Level, message []byte, d Detail) {
	if s.log.Enabled(level) {
		x := line{level: level, message: string(message)}
		x.tell(s.log, d)
		s.put(x)
	}
}

func (s *Session) put(x line) {
	if !s.log.Enabled(x.level) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x.when, x.user, x.address, x.session = time.Now(), s.user, s.address, s.number
	if s.held != nil && len(s.held.lines) == maxHeld {
		s.settleLocked("")
	}
	if s.held != nil {
		s.held.lines = append(s.held.lines, x)
		return
	}
	x.host = s.host
	s.log.put(x)
}

func (s *Session) settleLocked(name string) {
	if s.held == nil {
		return
	}
	if name != "" {
		s.host = name
	}
	s.held.limit.Stop()
	for _, x := range s.held.lines {
		x.host = s.host
		s.log.put(x)
	}
	s.held = nil
}
