package control

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"pureftpd/internal/identity"
)

// Bounds of the connections, so that no viewer keeps others out. Root and the owner of the server do not count.
const (
	maxConns       = 64
	maxConnsOfUser = 16
	strangersEvery = time.Minute // how often one is logged
)

// A gate lets in who has rights, and cuts off everybody else before a byte is read. It is the listener of the HTTP server.
type gate struct {
	*net.UnixListener
	rights Rights
	log    func(text string)

	open sync.WaitGroup // connections

	now, strangers, crowded atomic.Int64 // see Stats

	mu       sync.Mutex
	byUser   map[uint32]int
	counted  int
	stranger time.Time // when one was logged last
}

// A guest is a connection that was let in.
type guest struct {
	*net.UnixConn
	gate *gate
	peer identity.Peer
	role Role
	once sync.Once
}

// Accept waits for the next one who may come in.
func (g *gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.AcceptUnix()
		if err != nil {
			return nil, err
		}
		if in := g.admit(conn); in != nil {
			return in, nil
		}
		_ = conn.Close() // without a word
	}
}

// admit looks who it is; nil means that the connection is to be closed.
func (g *gate) admit(conn *net.UnixConn) *guest {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil
	}
	peer, err := identity.PeerOf(raw)
	if err != nil {
		g.log("control socket: " + err.Error())
		return nil
	}
	role := g.rights.of(peer)
	if role == Nobody {
		g.strangers.Add(1)
		g.turnAway(peer)
		return nil
	}
	if !g.enter(peer.UID) {
		g.crowded.Add(1)
		return nil
	}
	g.open.Add(1)
	g.now.Add(1)
	return &guest{UnixConn: conn, gate: g, peer: peer, role: role}
}

func (g *gate) turnAway(peer identity.Peer) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := time.Now(); now.Sub(g.stranger) >= strangersEvery {
		g.stranger = now
		g.log(fmt.Sprintf("control socket: uid %d (process %d) has no rights", peer.UID, peer.PID))
	}
}

// privileged reports whether a user is not counted.
func (g *gate) privileged(uid uint32) bool { return uid == 0 || uid == g.rights.Owner }

// enter counts a connection, unless there are too many.
func (g *gate) enter(uid uint32) bool {
	if g.privileged(uid) {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.counted >= maxConns || g.byUser[uid] >= maxConnsOfUser {
		return false
	}
	g.counted++
	g.byUser[uid]++
	return true
}

func (g *gate) leave(uid uint32) {
	if g.privileged(uid) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.counted--
	if g.byUser[uid]--; g.byUser[uid] == 0 {
		delete(g.byUser, uid)
	}
}

// Close ends the connection and gives its place back.
func (c *guest) Close() error {
	err := c.UnixConn.Close()
	c.once.Do(func() {
		c.gate.leave(c.peer.UID)
		c.gate.now.Add(-1)
		c.gate.open.Done()
	})
	return err
}

type guestKey struct{}

// withGuest keeps who it is with the requests of a connection.
func withGuest(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, guestKey{}, conn.(*guest))
}

// guestOf is whose request it is.
func guestOf(ctx context.Context) *guest { return ctx.Value(guestKey{}).(*guest) }
