package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"pureftpd/internal/record"
	"pureftpd/internal/session"
)

const (
	refusalTimeout = 5 * time.Second // for the 421 to those turned away
	slowestRetry   = time.Second     // pause while the process has no descriptors left
)

// A Server lets clients in and keeps track of their sessions.
type Server struct {
	admission *Admission
	log       *record.Log
	tidier    *tidier

	pause pause

	mu        sync.Mutex
	tenure    *tenure // of the handler that new sessions get
	sessions  map[*session.Session]seat
	listeners []net.Listener
	draining  bool
	abandoned bool               // another process has the listeners
	left      func(netip.Addr)   // is told of sessions that end; nil: nobody is
	elsewhere map[netip.Addr]int // sessions of older processes
	running   sync.WaitGroup

	refusedMu   sync.Mutex
	lastRefused netip.Addr // the last address told of -C, so that the log is not flooded
	lastFull    time.Time  // when -c was last logged
}

// New makes a Server of a handler and the Admission that its sessions ask, too.
func New(handler *session.Handler, admission *Admission, log *record.Log) *Server {
	return &Server{
		admission: admission, log: log, tidier: newTidier(),
		tenure: &tenure{handler: handler}, sessions: make(map[*session.Session]seat),
	}
}

// Serve accepts clients until ctx is cancelled or all listeners fail, then closes the listeners, lets running transfers
// finish and ends every session. Cancelling halt ends them in the middle, too. After Abandon sessions go on as they like until
// ctx is cancelled. Serve returns once no session is left.
func (s *Server) Serve(ctx, halt context.Context, listeners []net.Listener) error {
	defer s.tidier.stop()
	defer context.AfterFunc(ctx, func() {
		closeAll(listeners)
		s.drain()
	})()
	s.mu.Lock()
	s.listeners = listeners
	s.mu.Unlock()
	var accepting sync.WaitGroup
	errs := make([]error, len(listeners))
	for i, l := range listeners {
		accepting.Go(func() { errs[i] = s.accept(ctx, halt, l) })
	}
	accepting.Wait()
	if !s.Abandoned() {
		s.drain()
	}
	s.running.Wait()
	return errors.Join(errs...)
}

// accept lets clients in until the listener is closed.
func (s *Server) accept(ctx, halt context.Context, l net.Listener) error {
	s.pause.begin()
	defer s.pause.end()
	wait := time.Millisecond
	for {
		conn, err := l.Accept()
		switch {
		case err == nil:
			wait = time.Millisecond
			s.admit(halt, conn, l)
		case ctx.Err() != nil || errors.Is(err, net.ErrClosed):
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			s.pause.wait(ctx)
		case !temporary(err):
			return fmt.Errorf("accept on %s: %w", l.Addr(), err)
		default:
			s.admission.faults.Add(1)
			s.log.WriteString(record.Error, "accept: "+err.Error())
			sleep(ctx, wait)
			wait = min(2*wait, slowestRetry)
		}
	}
}

// temporary reports whether accept may succeed later: descriptors or memory ran out, or a client left early.
func temporary(err error) bool {
	t, ok := errors.AsType[interface {
		error
		Temporary() bool
	}](err)
	return ok && t.Temporary() //nolint:staticcheck // net.OpError knows which errors of accept(2) pass
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// admit starts a session for a client, or tells it why there is none.
func (s *Server) admit(halt context.Context, conn net.Conn, l net.Listener) {
	from := address(conn.RemoteAddr())
	_, secure := l.(implicit)
	if until, out := s.admission.banned(from); out { // the log has told of the ban
		turnAway(conn, secure, session.BannedText(until))
		return
	}
	if v := s.admission.enter(from); v != admitted {
		s.admission.refused[v].Add(1)
		s.logRefusal(from, v)
		turnAway(conn, secure, s.refusalText(v))
		return
	}
	client := s.begin(conn, from, secure)
	if client == nil {
		s.admission.leave(from)
		_ = conn.Close() // the server is ending
		return
	}
	s.tidier.came()
	s.running.Go(func() {
		defer s.admission.leave(from)
		defer s.end(client)
		client.Serve(halt)
	})
}

// drain ends idle sessions now and the others after their transfer.
func (s *Server) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
	for client := range s.sessions {
		client.Drain()
	}
}

// turnAway tells a client why it is not served. Where it begins with TLS it is not told: a handshake, only to say no, is more
// than this client may cost.
func turnAway(conn net.Conn, secure bool, text string) {
	if !secure {
		// The client is leaving: whether it reads the reason is its own affair.
		_ = conn.SetWriteDeadline(time.Now().Add(refusalTimeout))
		_, _ = conn.Write([]byte("421 " + text + "\r\n"))
	}
	_ = conn.Close()
}

// refusalText tells a client which limit it met.
func (s *Server) refusalText(v verdict) string {
	maxClients, maxPerIP := s.admission.Limits()
	if v == addressAtMost {
		return crowdedText(maxPerIP)
	}
	return fullText(maxClients)
}

// fullText tells a client that -c is reached.
func fullText(limit int) string {
	return fmt.Sprintf("All %d places are taken, try again later", limit)
}

// crowdedText tells a client that -C is reached.
func crowdedText(limit int) string {
	return fmt.Sprintf("Your address has %d sessions, and may have no more", limit)
}

func (s *Server) logRefusal(from netip.Addr, v verdict) {
	s.refusedMu.Lock()
	defer s.refusedMu.Unlock()
	maxClients, maxPerIP := s.admission.Limits()
	if v == addressAtMost {
		if from != s.lastRefused {
			s.lastRefused = from
			s.log.WriteEvent(record.Warning, record.AppendTooManyFromAddress(nil, maxPerIP, from.String()),
				record.Detail{Event: record.TooMany, Address: from.String()})
		}
		return
	}
	if now := time.Now(); now.Sub(s.lastFull) > time.Minute {
		s.lastFull = now
		s.log.WriteEvent(record.Warning, fmt.Appendf(nil,
			"All %d places (MaxClientsNumber) are taken; clients are turned away", maxClients), record.Detail{Event: record.TooMany})
	}
}

// address is the IP address of an endpoint, IPv4 as IPv4; the zero Addr for what has none.
func address(a net.Addr) netip.Addr {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
