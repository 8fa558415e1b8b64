package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pureftpd/internal/control"
)

// A server is one in memory, that notes what it is told.
type server struct {
	mu       sync.Mutex
	sessions []control.Session
	told     []string
	bans     []control.Ban
	logs     []control.Log
	free     string // an address that is not banned
	reloaded control.Reload
	refusal  error // of Message and Reload
	heir     int   // the process that has taken over
}

func (s *server) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, fmt.Sprintf(format, args...))
}

// All are the server's sessions.
func (s *server) All() iter.Seq[control.Live] {
	return func(yield func(control.Live) bool) {
		for _, x := range s.sessions {
			if !yield(one{s, x}) {
				return
			}
		}
	}
}

// Find returns one of them.
func (s *server) Find(id uint64) control.Live {
	for _, x := range s.sessions {
		if x.ID == id {
			return one{s, x}
		}
	}
	return nil
}

// one is a session of a server.
type one struct {
	server  *server
	session control.Session
}

func (o one) Snapshot() control.Session { return o.session }
func (o one) Kick()                     { o.server.note("kick %d", o.session.ID) }

func (o one) Message(text string) error {
	if o.server.refusal == nil {
		o.server.note("message %d %s", o.session.ID, text)
	}
	return o.server.refusal
}

func (o one) SetRates(r control.Rates) bool {
	o.server.note("limit %d %d:%d", o.session.ID, r.Upload, r.Download)
	return o.session.Account != ""
}

func (o one) Trace(_ context.Context, begun func(), tell func(control.Line) error) error {
	begun()
	when := time.Date(2026, 11, 28, 1, 2, 3, 4e6, time.Local)
	return errors.Join(tell(control.Line{Time: when, From: "client", Text: "CWD \x1b[2J"}),
		tell(control.Line{Time: when, From: "server", Text: "250 OK", Lost: 3}))
}

// bans are the addresses a server keeps out.
type bansOf struct{ *server }

func (b bansOf) All() []control.Ban { return b.bans }

func (b bansOf) Add(o control.BanOrder) (string, error) {
	if o.Address == "nowhere" {
		return "", &control.Error{Status: 400, Text: `"nowhere" is no address`}
	}
	keep := ""
	if o.KeepSessions {
		keep = " keep"
	}
	b.note("ban %s %s %s%s", o.Address, o.For, o.Reason, keep)
	return o.Address, nil
}

func (b bansOf) Lift(address string) error {
	b.note("unban %s", address)
	if address == "192.0.2.99" || address == b.free {
		return control.ErrNotBanned
	}
	return nil
}

// serve has servers answer on sockets in one directory.
func serve(t *testing.T, servers ...*server) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "run")
	for _, s := range servers {
		socket, err := control.Listen(control.Place{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		answering := control.Serve(socket.UnixListener, control.Config{
			Rights: control.Rights{Owner: uint32(os.Getuid())}, Sessions: s, Log: func(string) {},
			Hooks: control.Hooks{
				Status: func() control.Status {
					return control.Status{PID: 7, Mode: "standalone", Version: "1.2.3", Successor: s.heir, Counters: control.Counters{Open: int64(len(s.sessions))}}
				},
				SetServer: func(r control.Rates) { s.note("limit server %d:%d", r.Upload, r.Download) },
				SetUser:   func(name string, r control.Rates) { s.note("limit user %s %d:%d", name, r.Upload, r.Download) },
				Drain:     func() { s.note("drain") },
				Settings: func() []control.Setting {
					return []control.Setting{{Name: "maxidletime", Value: "5 minutes", Origin: "/etc/pure-ftpd.conf:3"}, {Name: "natmode", Value: "no", Origin: "default"}}
				},
				Logs:   func() []control.Log { return s.logs },
				Reload: func() (control.Reload, error) { s.note("reload"); return s.reloaded, s.refusal },
				Bans:   bansOf{s},
				Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					_, _ = io.WriteString(w, "pureftpd_sessions_total 5\n")
				}),
			},
		})
		t.Cleanup(func() {
			if err := errors.Join(answering.Close(), socket.Remove()); err != nil {
				t.Error(err)
			}
		})
	}
	return dir
}

// three are sessions of joe, twice, and of one who has not logged in. Times are days, so that a slow test prints the same.
func three() []control.Session {
	now := time.Now()
	const moved = 50 << 10 * int64(48*time.Hour/time.Second)
	return []control.Session{
		{ID: 4194307, Account: "joe", State: control.Download, Address: "192.0.2.1", Host: "a.example", Started: now.Add(-72 * time.Hour), LastCommand: &now,
			Transfer: &control.Transfer{File: "a\x1bb", Started: now.Add(-48 * time.Hour), Position: moved, Size: 2 * moved}},
		{ID: 4194306, Account: "joe", State: control.Idle, Address: "192.0.2.2", Host: "192.0.2.2", Started: now, LastCommand: &now},
		{ID: 4194305, State: control.Idle, Address: "192.0.2.1", Host: "a.example", Started: now},
	}
}

// A result is what one run did.
type result struct {
	status    int
	out, errs string
}

// do runs a command line; words that hold blanks come after.
func do(t *testing.T, dir, line string, more ...string) result {
	t.Helper()
	var out, errs strings.Builder
	args := append([]string{"--dir", dir}, strings.Fields(line)...)
	status := run(t.Context(), append(args, more...), &out, &errs)
	return result{status, out.String(), errs.String()}
}
