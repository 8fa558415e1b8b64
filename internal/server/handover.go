package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// A pause is what keeps the accept loops from accepting while another process takes their sockets over. Clients wait in the
// kernel meanwhile.
type pause struct {
	mu     sync.Mutex
	parked *sync.Cond    // accepting has changed
	active int           // loops that may accept
	over   chan struct{} // closed at the end of the pause; nil: there is none
}

// begin counts a loop.
func (p *pause) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.parked == nil {
		p.parked = sync.NewCond(&p.mu)
	}
	p.active++
}

// end takes a loop out of the count.
func (p *pause) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.active--
	p.parked.Broadcast()
}

// wait holds a loop up until the pause is over or ctx ends.
func (p *pause) wait(ctx context.Context) {
	p.mu.Lock()
	over := p.over
	p.mu.Unlock()
	if over == nil {
		return
	}
	p.end()
	defer p.begin()
	select {
	case <-over:
	case <-ctx.Done():
	}
}

// ErrEnding says that a server does not hand its sockets over any more: it ends, or another process has them.
var ErrEnding = errors.New("the server accepts nobody any more")

// Sockets returns copies of the listening sockets, for another process.
func (s *Server) Sockets() ([]*os.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining || s.abandoned {
		return nil, ErrEnding
	}
	if len(s.listeners) == 0 {
		return nil, errors.New("the server does not listen yet")
	}
	return Copies(s.listeners)
}

// Copies returns copies of listening sockets, for another process.
func Copies(listeners []net.Listener) (files []*os.File, err error) {
	for _, l := range listeners {
		socket, ok := bare(l).(interface{ File() (*os.File, error) })
		if !ok {
			err = errors.New("it has no descriptor")
		}
		if err == nil {
			var f *os.File
			if f, err = socket.File(); err == nil {
				files = append(files, f)
				continue
			}
		}
		for _, f := range files {
			_ = f.Close() // a copy
		}
		return nil, fmt.Errorf("hand %s over: %w", l.Addr(), err)
	}
	return files, nil
}

// bare is a listener without what is laid over it here.
func bare(l net.Listener) net.Listener {
	for {
		switch over := l.(type) {
		case implicit:
			l = over.Listener
		case inherited:
			l = over.TCPListener
		default:
			return l
		}
	}
}

// A deadliner is a listener whose Accept can be made to return.
type deadliner interface{ SetDeadline(time.Time) error }

// Pause stops the accepting; nobody is on the way in when it returns. Resume or Abandon must come soon.
func (s *Server) Pause() error {
	s.pause.mu.Lock()
	defer s.pause.mu.Unlock()
	s.pause.over = make(chan struct{})
	if err := s.setDeadline(time.Unix(1, 0)); err != nil {
		s.resumeLocked()
		return err
	}
	for s.pause.active > 0 {
		s.pause.parked.Wait()
	}
	return nil
}

// setDeadline sets that of all listeners. Those that are closed need none.
func (s *Server) setDeadline(t time.Time) error {
	s.mu.Lock()
	listeners := s.listeners
	s.mu.Unlock()
	var errs []error
	for _, l := range listeners {
		if d, ok := bare(l).(deadliner); !ok {
			errs = append(errs, fmt.Errorf("pause %s: %w", l.Addr(), errors.ErrUnsupported))
		} else if err := d.SetDeadline(t); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Resume goes on accepting after Pause.
func (s *Server) Resume() {
	s.pause.mu.Lock()
	defer s.pause.mu.Unlock()
	s.resumeLocked()
}

func (s *Server) resumeLocked() {
	_ = s.setDeadline(time.Time{}) // what could be set can be set again
	close(s.pause.over)
	s.pause.over = nil
}

// Tell calls there with the client's address of each session, and of those that Arrived; and from then on left, when one of them
// ends. Neither may wait. With nil for both nobody is told any more.
func (s *Server) Tell(there, left func(netip.Addr)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = left
	if there == nil {
		return
	}
	for _, at := range s.sessions {
		there(at.from)
	}
	for from, n := range s.elsewhere {
		for range n {
			there(from)
		}
	}
}

// Abandon ends the listening after Pause: another process has the sockets. Sessions go on.
func (s *Server) Abandon() {
	s.mu.Lock()
	s.abandoned = true
	closeAll(s.listeners)
	s.mu.Unlock()
	s.Resume() // the loops find their listeners closed
}

// Arrived counts a session of an older process against -c and -C, until Left.
func (s *Server) Arrived(from netip.Addr) {
	s.admission.occupy(from)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.elsewhere == nil {
		s.elsewhere = make(map[netip.Addr]int)
	}
	s.elsewhere[from]++
}

// Left ends what Arrived began.
func (s *Server) Left(from netip.Addr) {
	s.mu.Lock()
	if s.elsewhere[from]--; s.elsewhere[from] == 0 {
		delete(s.elsewhere, from)
	}
	if s.left != nil {
		s.left(from)
	}
	s.mu.Unlock()
	s.admission.leave(from)
}

// Abandoned reports whether another process has the sockets.
func (s *Server) Abandoned() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.abandoned
}

// Inherited are listening sockets of another process. Those that Listen finds to be what it is to open it takes.
type Inherited struct{ sockets []*net.TCPListener }

// Inherit makes listeners of sockets, whose files it closes.
func Inherit(files []*os.File) (*Inherited, error) {
	var h Inherited
	var errs []error
	for _, f := range files {
		l, err := net.FileListener(f)
		errs = append(errs, err, f.Close())
		if t, ok := l.(*net.TCPListener); ok {
			h.sockets = append(h.sockets, t)
		} else if err == nil {
			errs = append(errs, fmt.Errorf("%s is no TCP socket", l.Addr()), l.Close())
		}
	}
	if err := errors.Join(errs...); err != nil {
		h.Close()
		return nil, fmt.Errorf("sockets of another process: %w", err)
	}
	return &h, nil
}

// Close closes those that nobody has taken.
func (h *Inherited) Close() {
	if h == nil {
		return
	}
	for _, l := range h.sockets {
		_ = l.Close() // the other process has it, too
	}
	h.sockets = nil
}

// Rest takes all that are left.
func (h *Inherited) Rest() (all []net.Listener) {
	for _, l := range h.sockets {
		all = append(all, inherited{l})
	}
	h.sockets = nil
	return all
}

// Take takes the socket with an address, or returns nil. Its clients have keep-alive.
func (h *Inherited) Take(network, address string) *net.TCPListener {
	if h == nil {
		return nil
	}
	at, err := net.ResolveTCPAddr(network, address)
	if err != nil {
		return nil // whoever opens it says what is wrong
	}
	i := h.find(at)
	if i < 0 {
		return nil
	}
	l := h.sockets[i]
	h.sockets = append(h.sockets[:i:i], h.sockets[i+1:]...)
	return l
}

// Has reports whether one of the sockets is what b asks for.
func (h *Inherited) Has(b Bind) bool {
	for _, family := range b.families() {
		at, err := net.ResolveTCPAddr(family.network, family.address)
		if err == nil && h.find(at) >= 0 || h.covers(family) {
			return true
		}
	}
	return false
}

// Serves reports whether one of the sockets has an address.
func (h *Inherited) Serves(a net.Addr) bool {
	at, ok := a.(*net.TCPAddr)
	return ok && h.find(at) >= 0
}

// find returns the number of the socket with an address, or -1.
func (h *Inherited) find(at *net.TCPAddr) int {
	for i, l := range h.sockets {
		if own := l.Addr().(*net.TCPAddr); own.Port == at.Port && own.IP.Equal(at.IP) && own.Zone == at.Zone {
			return i
		}
	}
	return -1
}

// take takes the socket for an address of FTP, or returns nil.
func (h *Inherited) take(f family) net.Listener {
	l := h.Take(f.network, f.address)
	if l == nil {
		return nil
	}
	return inherited{l}
}

// covers reports whether a socket of both families, as systemd opens them, serves every IPv4 address of a port as well.
func (h *Inherited) covers(f family) bool {
	if h == nil || f.network != "tcp4" {
		return false
	}
	at, err := net.ResolveTCPAddr(f.network, f.address)
	if err != nil {
		return false
	}
	i := h.find(&net.TCPAddr{IP: net.IPv6unspecified, Port: at.Port})
	return i >= 0 && bothFamilies(h.sockets[i])
}

// bothFamilies reports whether an IPv6 socket takes IPv4 clients, too.
func bothFamilies(l *net.TCPListener) bool {
	raw, err := l.SyscallConn()
	if err != nil {
		return false
	}
	only := 1
	err = raw.Control(func(fd uintptr) {
		if value, failed := syscall.GetsockoptInt(int(fd), syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY); failed == nil {
			only = value
		}
	})
	return err == nil && only == 0
}

// An inherited listener was opened elsewhere. Keep-alive is off for its clients as for those of others, see listen.
type inherited struct{ *net.TCPListener }

// Accept waits for the next client.
func (l inherited) Accept() (net.Conn, error) {
	conn, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	if err := conn.SetKeepAlive(false); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}
