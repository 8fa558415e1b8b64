package control

import (
	"context"
	"errors"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pureftpd/internal/identity"
)

func TestMain(m *testing.M) {
	if socket := os.Getenv(strangerVariable); socket != "" {
		os.Exit(stranger(socket))
	}
	goleak.VerifyTestMain(m)
}

const sampleMetrics = "# HELP x_total What x is.\n# TYPE x_total counter\nx_total 5\n"

// A conversation is a Live in memory.
type conversation struct {
	mu       sync.Mutex
	session  Session
	kicked   bool
	messages []string
	lines    chan Line // the dialogue; closed at its end
	traced   error     // why it cannot be followed
}

func (c *conversation) Snapshot() Session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session
}

func (c *conversation) Kick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kicked = true
}

func (c *conversation) Message(text string) error {
	if text == "" {
		return errors.New("a message is not empty")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.messages = append(c.messages, text)
	return nil
}

func (c *conversation) SetRates(r Rates) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session.Account == "" {
		return false
	}
	c.session.Limits = r
	return true
}

func (c *conversation) Trace(ctx context.Context, begun func(), tell func(Line) error) error {
	if c.traced != nil {
		return c.traced
	}
	begun()
	for {
		select {
		case line, more := <-c.lines:
			if !more || tell(line) != nil {
				return nil
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// A crowd is the Sessions of a process in memory.
type crowd []*conversation

func (c crowd) All() iter.Seq[Live] {
	return func(yield func(Live) bool) {
		for _, s := range c {
			if !yield(s) {
				return
			}
		}
	}
}

func (c crowd) Find(id uint64) Live {
	for _, s := range c {
		if s.session.ID == id {
			return s
		}
	}
	return nil
}

// bans are Bans in memory.
type bans struct {
	mu   sync.Mutex
	list []Ban
	kept bool // the last one let sessions go on
}

func (b *bans) All() []Ban {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.list)
}

func (b *bans) Add(o BanOrder) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := netip.ParsePrefix(o.Address); err != nil {
		addr, err := netip.ParseAddr(o.Address)
		if err != nil {
			return "", &Error{400, "no address"}
		}
		o.Address = addr.Unmap().String()
	}
	if len(b.list) == 3 {
		return "", errors.New("the list is full")
	}
	now := time.Now()
	b.list = append(b.list, Ban{Address: o.Address, Since: now, Until: now.Add(o.For), Reason: o.Reason, Ordered: true})
	b.kept = o.KeepSessions
	return o.Address, nil
}

func (b *bans) Lift(address string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := len(b.list)
	b.list = slices.DeleteFunc(b.list, func(x Ban) bool { return x.Address == address })
	if len(b.list) == n {
		return ErrNotBanned
	}
	for _, left := range b.list {
		if strings.HasSuffix(left.Address, "/24") {
			return errors.New(address + " is banned as part of " + left.Address)
		}
	}
	return nil
}

// A lab is a server over a crowd.
type lab struct {
	dir    string
	crowd  crowd
	bans   *bans
	server *Server
	socket *Socket
	config Config

	mu       sync.Mutex
	log      []string
	total    Rates
	users    map[string]Rates
	drained  int
	reload   error
	reloaded Reload
}

// newLab makes one with three sessions: before the login, idle, and downloading.
func newLab(t testing.TB) *lab {
	t.Helper()
	began := time.Date(2026, 11, 28, 1, 2, 3, 0, time.UTC)
	l := &lab{dir: t.TempDir(), bans: &bans{}, users: make(map[string]Rates)}
	for i, s := range []Session{
		{ID: 4194307, Account: "ann", State: Download, LastCommand: &began, Transfer: &Transfer{
			File: "private/letters.zip", Started: began, Offset: 100, Position: 2000, Size: 4000,
		}},
		{ID: 4194306, Account: "ftp", Anonymous: true, State: Idle},
		{ID: 4194305, State: Idle},
	} {
		s.Address, s.Host, s.Port, s.LocalAddr, s.LocalPort, s.Started = "192.0.2.1", "client.example", uint16(40000+i), "192.0.2.2", 21, began
		l.crowd = append(l.crowd, &conversation{session: s, lines: make(chan Line, 10)})
	}
	l.config = Config{
		Rights:   Rights{Owner: uint32(os.Getuid())},
		Sessions: l.crowd,
		Log:      func(text string) { l.mu.Lock(); defer l.mu.Unlock(); l.log = append(l.log, text) },
		Hooks: Hooks{
			Status: func() Status {
				return Status{PID: os.Getpid(), Version: "1.2.3", Mode: "standalone", Started: began, Now: began, Counters: Counters{Open: 3}}
			},
			SetServer: func(r Rates) { l.mu.Lock(); defer l.mu.Unlock(); l.total = r },
			SetUser:   func(name string, r Rates) { l.mu.Lock(); defer l.mu.Unlock(); l.users[name] = r },
			Drain:     func() { l.mu.Lock(); defer l.mu.Unlock(); l.drained++ },
			Settings:  func() []Setting { return []Setting{{"maxidletime", "15 minutes", "default"}} },
			Logs: func() []Log {
				return []Log{{Kind: "log", Format: "syslog", Place: "/dev/log", Facility: "ftp", Level: "INFO", Lines: 5, Lost: 1, Last: &began, LastLine: "x", Trouble: "y"}}
			},
			Reload: func() (Reload, error) { return l.reloaded, l.reload },
			Bans:   l.bans,
			Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
				_, _ = io.WriteString(w, sampleMetrics)
			}),
			Handover: func(func() (*net.UnixConn, error)) error { return errors.New("the server accepts nobody any more") },
		},
	}
	return l
}

// listen makes the socket and serves on it.
func (l *lab) listen(t testing.TB) *Client {
	t.Helper()
	if err := os.Chmod(l.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var err error
	if l.socket, err = Listen(Place{Dir: l.dir, Open: l.config.Rights.Open()}); err != nil {
		t.Fatal(err)
	}
	l.server = Serve(l.socket.UnixListener, l.config)
	t.Cleanup(func() {
		if err := errors.Join(l.server.Close(), l.socket.Remove()); err != nil {
			t.Error(err)
		}
	})
	c := NewClient(l.socket.Path())
	t.Cleanup(c.Close)
	return c
}

// A recorder is a ResponseRecorder whose deadlines can be set.
type recorder struct{ *httptest.ResponseRecorder }

func (recorder) SetReadDeadline(time.Time) error  { return nil }
func (recorder) SetWriteDeadline(time.Time) error { return nil }

// as answers a request of somebody with a role, without a connection.
func (l *lab) as(role Role, method, path, body string, header ...string) *httptest.ResponseRecorder {
	s := &Server{config: l.config, caller: peerOf}
	ctx := context.WithValue(context.Background(), guestKey{}, &guest{role: role, peer: identity.Peer{PID: 7, UID: 8}})
	w := httptest.NewRecorder()
	req := httptest.NewRequest(method, path, strings.NewReader(body)).WithContext(ctx)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	s.handler().ServeHTTP(recorder{w}, req)
	return w
}

// dial connects to the socket by hand.
func (l *lab) dial(t testing.TB) net.Conn {
	t.Helper()
	conn, err := net.Dial("unix", l.socket.Path())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}
