package server

import (
	"net"
	"net/netip"

	"pureftpd/internal/session"
)

// A tenure is the time of one handler: from when it is put in place until its last session has ended, which may be long after
// the next one came. Server.mu guards it.
type tenure struct {
	handler  *session.Handler
	sessions int
	over     func() // called once when another handler is in place and the last session has ended
}

// A seat is a session's: who serves it, and where its client is.
type seat struct {
	tenure *tenure
	from   netip.Addr
}

// Use has sessions that begin from now on served by handler. Those that run keep the one they began with. over is called once,
// from any goroutine, when nobody uses the handler any more that was in place before.
func (s *Server) Use(handler *session.Handler, over func()) {
	s.mu.Lock()
	old := s.tenure
	s.tenure = &tenure{handler: handler}
	old.over = over
	idle := old.sessions == 0
	s.mu.Unlock()
	if idle {
		over()
	}
}

// begin opens and registers a session, with TLS from its first byte where secure; nil if the server is ending.
func (s *Server) begin(conn net.Conn, from netip.Addr, secure bool) *session.Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return nil
	}
	open := s.tenure.handler.Open
	if secure {
		open = s.tenure.handler.OpenImplicit
	}
	client := open(conn)
	s.tenure.sessions++
	s.sessions[client] = seat{s.tenure, from}
	return client
}

// end forgets a session.
func (s *Server) end(client *session.Session) {
	s.mu.Lock()
	at := s.sessions[client]
	t := at.tenure
	delete(s.sessions, client)
	t.sessions--
	last := t != s.tenure && t.sessions == 0
	if s.left != nil {
		s.left(at.from)
	}
	s.mu.Unlock()
	if last {
		t.over()
	}
}
