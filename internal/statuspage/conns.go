package statuspage

import (
	"net"
	"net/netip"
	"sync"
)

// Bounds of the connections, so that nobody keeps others out.
const (
	maxConns          = 64
	maxConnsOfAddress = 16 // this machine itself, where a proxy may be, is not counted
)

// turnstile is a listener that lets in so many at once and closes the others.
type turnstile struct {
	net.Listener
	*room
}

// A room counts the connections of all listeners of a Server.
type room struct {
	open sync.WaitGroup

	mu        sync.Mutex
	all       int
	byAddress map[netip.Addr]int
}

func newRoom() *room { return &room{byAddress: make(map[netip.Addr]int)} }

// visitor is a connection that was let in.
type visitor struct {
	net.Conn
	leave func()
}

// Accept waits for the next one there is a place for.
func (t turnstile) Accept() (net.Conn, error) {
	for {
		conn, err := t.Listener.Accept()
		if err != nil {
			return nil, err
		}
		var addr netip.Addr
		if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
			addr = tcp.AddrPort().Addr().Unmap().WithZone("")
		}
		if t.enter(addr) {
			return &visitor{conn, sync.OnceFunc(func() { t.leave(addr) })}, nil
		}
		_ = conn.Close() // without a word
	}
}

func (r *room) enter(addr netip.Addr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all >= maxConns || r.byAddress[addr] >= maxConnsOfAddress && !addr.IsLoopback() {
		return false
	}
	r.all++
	r.byAddress[addr]++
	r.open.Add(1)
	return true
}

func (r *room) leave(addr netip.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all--
	if r.byAddress[addr]--; r.byAddress[addr] == 0 {
		delete(r.byAddress, addr)
	}
	r.open.Done()
}

// Close ends the connection and gives its place back.
func (v *visitor) Close() error {
	err := v.Conn.Close()
	v.leave()
	return err
}
