package statuspage

import (
	"context"
	"io"
	"iter"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pureftpd/internal/control"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "correct-horse-battery"

// A conversation is a control.Live in memory.
type conversation struct {
	mu     sync.Mutex
	kicked bool
}

func (*conversation) Snapshot() control.Session {
	return control.Session{ID: 4194305, Account: "ann", State: control.Download, Address: "192.0.2.1", Transfer: &control.Transfer{File: "private/letters.zip"}}
}

func (c *conversation) Kick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kicked = true
}

func (*conversation) Message(string) error        { return nil }
func (*conversation) SetRates(control.Rates) bool { return true }
func (*conversation) Trace(context.Context, func(), func(control.Line) error) error {
	return nil
}

// All and Find make it all the sessions there are.
func (c *conversation) All() iter.Seq[control.Live] {
	return func(yield func(control.Live) bool) { yield(c) }
}

func (c *conversation) Find(id uint64) control.Live {
	if id == 4194305 {
		return c
	}
	return nil
}

// A lab is a Server on a port of its own.
type lab struct {
	t       testing.TB
	session conversation
	server  *Server
	url     string

	mu  sync.Mutex
	log []string
}

// start serves a page with a token, or none, and metrics.
func start(t testing.TB, token string) *lab {
	t.Helper()
	l := &lab{t: t}
	page, err := NewPage("ftp<1>.example", tokenOf(t, token), []string{"status.example"})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.url = "http://" + listener.Addr().String()
	note := func(text string) { l.mu.Lock(); defer l.mu.Unlock(); l.log = append(l.log, text) }
	l.server = Serve([]net.Listener{listener}, Config{
		Page: page, Log: note,
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x_total 5\n") }),
		API: control.Config{Sessions: &l.session, Log: note, Hooks: control.Hooks{
			Status: func() control.Status { return control.Status{Version: "1.2.3"} },
			Drain:  func() { t.Error("the server is drained") },
		}},
	})
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := l.server.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func tokenOf(t testing.TB, text string) Token {
	t.Helper()
	if text == "" {
		return Token{}
	}
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	token, err := ReadToken(path)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// ask sends a request and returns the status, the headers and the body. Headers are name and value by turns.
func (l *lab) ask(method, path string, headers ...string) (int, http.Header, string) {
	l.t.Helper()
	req, err := http.NewRequest(method, l.url+path, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	for pair := range slices.Chunk(headers, 2) {
		if req.Header.Set(pair[0], pair[1]); pair[0] == "Host" {
			req.Host = pair[1]
		}
	}
	reply, err := http.DefaultClient.Do(req)
	if err != nil {
		l.t.Fatal(err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	return reply.StatusCode, reply.Header, string(text)
}

func (l *lab) logged() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.log, "\n")
}

func (l *lab) kicked() bool {
	l.session.mu.Lock()
	defer l.session.mu.Unlock()
	return l.session.kicked
}

// patience is how long a test waits for what should happen at once, on a machine that is busy.
const patience = 20 * time.Second
