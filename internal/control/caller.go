package control

import (
	"fmt"
	"net/http"
)

// A Caller is who asks.
type Caller struct {
	Role Role
	Name string // for the log
}

// NewHandler answers the requests of those who come another way than by the socket. Its caller tells whose a request is; bounds of size and time but
// that of a request's body are left to the HTTP server it is used in.
func NewHandler(config Config, caller func(*http.Request) Caller) http.Handler {
	return (&Server{config: config, caller: caller}).handler()
}

// peerOf is who is at the other end of the socket.
func peerOf(req *http.Request) Caller {
	g := guestOf(req.Context())
	return Caller{g.role, fmt.Sprintf("control socket: uid %d (process %d)", g.peer.UID, g.peer.PID)}
}
