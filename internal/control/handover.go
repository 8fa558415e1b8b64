package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

// handoverProtocol is what a connection is upgraded to. What is said on it is package handover's.
const handoverProtocol = "pure-ftpd-handover"

// handover makes the connection the way on which another process gets the listening sockets.
func (s *Server) handover(w http.ResponseWriter, req *http.Request) error {
	from, local := req.Context().Value(guestKey{}).(*guest)
	if s.config.Hooks.Handover == nil || !local { // over TCP no descriptor comes
		return refuse(http.StatusNotImplemented, "this server does not listen, so it has nothing to hand over")
	}
	if req.Header.Get("Upgrade") != handoverProtocol {
		return refuse(http.StatusUpgradeRequired, "this is for pure-ftpd --takeover, which asks for Upgrade: %s", handoverProtocol)
	}
	var taken bool
	err := s.config.Hooks.Handover(func() (*net.UnixConn, error) {
		taken = true
		s.did(req, "asks for the listening sockets")
		return hijack(w, from)
	})
	switch {
	case err == nil:
	case taken:
		s.config.Log("control socket: hand-over: " + err.Error()) // nobody is left to read a reply
	default:
		return refuse(http.StatusConflict, "%v", err)
	}
	return nil
}

// hijack takes the connection away from HTTP, once the client has read the reply to the last byte and said so: what
// comes with a descriptor must not be read ahead.
func hijack(w http.ResponseWriter, from *guest) (*net.UnixConn, error) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	err = c.SetDeadline(time.Now().Add(readTimeout))
	if err == nil {
		_, err = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+handoverProtocol+"\r\n\r\n")
	}
	if err == nil {
		_, err = io.ReadFull(c, make([]byte, 1))
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	from.once.Do(func() { // whoever has the connection closes it, and no longer counts
		from.gate.leave(from.peer.UID)
		from.gate.open.Done()
	})
	return from.UnixConn, nil
}

// Handover asks the server for its listening sockets, and returns the connection on which they come.
func (c *Client) Handover(ctx context.Context) (*net.UnixConn, error) {
	dialer := net.Dialer{Timeout: clientTimeout}
	conn, err := dialer.DialContext(ctx, "unix", c.path)
	if err != nil {
		return nil, c.explain(err)
	}
	u := conn.(*net.UnixConn)
	if err := upgrade(ctx, u); err != nil {
		return nil, errors.Join(err, u.Close())
	}
	return u, nil
}

// upgrade goes through the HTTP part.
func upgrade(ctx context.Context, conn *net.UnixConn) error {
	if err := conn.SetDeadline(time.Now().Add(clientTimeout)); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://server/v1/server/handover", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", handoverProtocol)
	if err := req.Write(conn); err != nil {
		return err
	}
	in := bufio.NewReader(conn)
	reply, err := http.ReadResponse(in, req)
	if err != nil {
		return fmt.Errorf("read the reply: %w", err)
	}
	switch reply.StatusCode {
	case http.StatusSwitchingProtocols:
		_, err := conn.Write([]byte{0})
		return err
	case http.StatusForbidden:
		return ErrForbidden
	}
	f := failure{Error: "it answers " + reply.Status}
	_ = json.NewDecoder(io.LimitReader(reply.Body, maxBody)).Decode(&f) // else the status has to do
	return &Error{reply.StatusCode, f.Error}
}

// Predecessors lists the processes in a directory whose sockets this one may take over: those that listen, in a directory of
// the user who runs this process. It is an error if the directory is not there (fs.ErrNotExist), or may not be trusted.
func Predecessors(ctx context.Context, dir string) ([]*Client, error) {
	clients, err := findOf(dir, os.Geteuid())
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var listening []*Client
	err = Each(ctx, clients, func(ctx context.Context, c *Client) error {
		status, err := c.Status(ctx)
		if err == nil && status.Mode == "standalone" && status.Successor == 0 && c.PID() != os.Getpid() {
			mu.Lock()
			defer mu.Unlock()
			listening = append(listening, c)
		}
		return err
	})
	slices.SortFunc(listening, func(a, b *Client) int { return b.PID() - a.PID() })
	return listening, err
}
