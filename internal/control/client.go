package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

// Bounds of what a client waits for and reads.
const (
	clientTimeout = 10 * time.Second
	reloadTimeout = time.Minute
	maxReply      = 256 << 20 // bytes: half a million sessions
	maxFailure    = 8 << 20   // the mistakes in a configuration file, each with its line
)

// A Client asks one server process, one thing at a time.
type Client struct {
	path string
	http *http.Client
	cut  atomic.Bool // the latest connection was closed before a byte came
}

// NewClient makes a Client for a socket. It connects when it is asked for something.
func NewClient(path string) *Client {
	c := &Client{path: path}
	c.http = &http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return c.dial(ctx) },
			// One connection is enough, and it is given back soon.
			MaxIdleConnsPerHost: 1, IdleConnTimeout: clientTimeout, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

func (c *Client) dial(ctx context.Context) (net.Conn, error) {
	dialer := net.Dialer{Timeout: clientTimeout}
	conn, err := dialer.DialContext(ctx, "unix", c.path)
	if err != nil {
		return nil, err
	}
	return &listening{Conn: conn, deaf: &c.cut}, nil
}

// A listening connection notices when it is closed before a byte has come. net/http says that in several ways, some of which
// have no name.
type listening struct {
	net.Conn
	heard bool // read by one goroutine
	deaf  *atomic.Bool
}

// Read reads from the connection.
func (l *listening) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if n > 0 {
		l.heard = true
	} else if err != nil && !l.heard {
		l.deaf.Store(true)
	}
	return n, err
}

// PID is the process number in the name of the socket.
func (c *Client) PID() int { return processOf(c.path) }

// Path is the socket.
func (c *Client) Path() string { return c.path }

// Close gives the connection back.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// ErrForbidden says that the server has cut the connection, or refused without a word: whoever asks has not the rights.
var ErrForbidden = errors.New("you have no rights to this: ask as root, or have the administrator give you a role")

// do sends a request; into, if it is not nil, takes the answer.
func (c *Client) do(ctx context.Context, method, path string, body, into any) error {
	return c.within(ctx, clientTimeout, method, path, body, into)
}

func (c *Client) within(ctx context.Context, limit time.Duration, method, path string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	reply, err := c.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer func() { _ = reply.Body.Close() }() // only read
	if into == nil {
		into = &empty{}
	}
	if err := json.NewDecoder(io.LimitReader(reply.Body, maxReply)).Decode(into); err != nil {
		return fmt.Errorf("read the answer of %s: %w", c.path, err)
	}
	return nil
}

// send sends a request and returns a reply that is no refusal.
func (c *Client) send(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://server"+path, content)
	if err != nil {
		return nil, err
	}
	c.cut.Store(false)
	reply, err := c.http.Do(req)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // the address in it says nothing
		}
		return nil, c.explain(err)
	}
	if reply.StatusCode < 300 {
		return reply, nil
	}
	defer func() { _ = reply.Body.Close() }() // only read
	if reply.StatusCode == http.StatusForbidden {
		return nil, ErrForbidden
	}
	var f failure
	if err := json.NewDecoder(io.LimitReader(reply.Body, maxFailure)).Decode(&f); err != nil || f.Error == "" {
		f.Error = "the server answers " + reply.Status
	}
	return nil, &Error{reply.StatusCode, f.Error}
}

// Status tells about the server.
func (c *Client) Status(ctx context.Context) (s Status, err error) {
	return s, c.do(ctx, "GET", "/v1/server", nil, &s)
}

// Sessions are those that run.
func (c *Client) Sessions(ctx context.Context) ([]Session, error) {
	var list sessionList
	err := c.do(ctx, "GET", "/v1/sessions", nil, &list)
	return list.Sessions, err
}

// Session is one of them.
func (c *Client) Session(ctx context.Context, id uint64) (s Session, err error) {
	return s, c.do(ctx, "GET", sessionPath(id, ""), nil, &s)
}

func sessionPath(id uint64, what string) string {
	return "/v1/sessions/" + strconv.FormatUint(id, 10) + what
}

// Kick ends a session.
func (c *Client) Kick(ctx context.Context, id uint64) error {
	return c.do(ctx, "POST", sessionPath(id, "/kick"), nil, nil)
}

// Message has a text shown to a session's user.
func (c *Client) Message(ctx context.Context, id uint64, text string) error {
	return c.do(ctx, "POST", sessionPath(id, "/message"), message{text}, nil)
}

// LimitSession holds a session to rates.
func (c *Client) LimitSession(ctx context.Context, id uint64, r Rates) error {
	return c.do(ctx, "PUT", sessionPath(id, "/limits"), r, nil)
}

// LimitUser holds all sessions of a user together to rates.
func (c *Client) LimitUser(ctx context.Context, name string, r Rates) error {
	return c.do(ctx, "PUT", "/v1/users/"+url.PathEscape(name)+"/limits", r, nil)
}

// LimitServer holds all transfers of the server together to rates.
func (c *Client) LimitServer(ctx context.Context, r Rates) error {
	return c.do(ctx, "PUT", "/v1/server/limits", r, nil)
}

// Drain has the server end once its transfers have.
func (c *Client) Drain(ctx context.Context) error {
	return c.do(ctx, "POST", "/v1/server/drain", nil, nil)
}

// Reload has the server read its configuration again.
func (c *Client) Reload(ctx context.Context) (r Reload, err error) {
	return r, c.within(ctx, reloadTimeout, "POST", "/v1/server/reload", nil, &r)
}

// Settings are those in force.
func (c *Client) Settings(ctx context.Context) ([]Setting, error) {
	var list settingList
	err := c.do(ctx, "GET", "/v1/server/settings", nil, &list)
	return list.Settings, err
}

// Logs are the places that log lines go to.
func (c *Client) Logs(ctx context.Context) ([]Log, error) {
	var list logList
	err := c.do(ctx, "GET", "/v1/server/logs", nil, &list)
	return list.Logs, err
}

// Metrics is what Prometheus reads: a text of all counters.
func (c *Client) Metrics(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, clientTimeout)
	defer cancel()
	reply, err := c.send(ctx, "GET", "/v1/metrics", nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = reply.Body.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(reply.Body, maxReply))
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", c.path, err)
	}
	return text, nil
}

// Bans are the addresses that are kept out.
func (c *Client) Bans(ctx context.Context) ([]Ban, error) {
	var list banList
	err := c.do(ctx, "GET", "/v1/bans", nil, &list)
	return list.Bans, err
}

// Ban keeps an address or a network out for a time.
func (c *Client) Ban(ctx context.Context, o BanOrder) error {
	return c.do(ctx, "POST", "/v1/bans", banRequest{o.Address, int64(o.For / time.Second), o.Reason, o.KeepSessions}, nil)
}

// Unban lets an address in again.
func (c *Client) Unban(ctx context.Context, address string) error {
	return c.do(ctx, "DELETE", "/v1/bans/"+url.PathEscape(address), nil, nil)
}

// Trace calls tell with each line of a session's dialogue until the session or ctx ends, or tell fails.
func (c *Client) Trace(ctx context.Context, id uint64, tell func(Line) error) error {
	reply, err := c.send(ctx, "GET", sessionPath(id, "/trace"), nil)
	if err != nil {
		return err
	}
	defer func() { _ = reply.Body.Close() }() // only read
	for lines := json.NewDecoder(reply.Body); ; {
		var line Line
		err := lines.Decode(&line)
		if errors.Is(err, io.EOF) || ctx.Err() != nil {
			return nil
		}
		if err == nil {
			err = tell(line)
		}
		if err != nil {
			return err
		}
	}
}

// cutOff reports whether the server has closed the connection without an answer.
func (c *Client) cutOff(err error) bool {
	return c.cut.Load() || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE)
}
