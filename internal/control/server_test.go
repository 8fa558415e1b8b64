package control

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestClientAndServer(t *testing.T) {
	l := newLab(t)
	c := l.listen(t)
	ctx := t.Context()
	list, err := c.Sessions(ctx)
	if err != nil || len(list) != 3 {
		t.Fatalf("Sessions = %v, %v", list, err)
	}
	for i, got := range list {
		if want := l.crowd[i].session; !reflect.DeepEqual(got, want) {
			t.Errorf("session %d = %+v; want %+v", i, got, want)
		}
	}
	if got, err := c.Session(ctx, 4194306); err != nil || !reflect.DeepEqual(got, l.crowd[1].session) {
		t.Errorf("Session = %+v, %v", got, err)
	}
	if got, err := c.Status(ctx); err != nil || !reflect.DeepEqual(got, l.config.Hooks.Status()) {
		t.Errorf("Status = %+v, %v", got, err)
	}
	if got, err := c.Settings(ctx); err != nil || !reflect.DeepEqual(got, l.config.Hooks.Settings()) {
		t.Errorf("Settings = %+v, %v", got, err)
	}
	if got, err := c.Logs(ctx); err != nil || !reflect.DeepEqual(got, l.config.Hooks.Logs()) {
		t.Errorf("Logs = %+v, %v", got, err)
	}
	if got, err := c.Metrics(ctx); err != nil || string(got) != sampleMetrics {
		t.Errorf("Metrics = %q, %v", got, err)
	}
	rates := Rates{Upload: 1000, Download: 2000}
	for what, err := range map[string]error{
		"kick":          c.Kick(ctx, 4194306),
		"message":       c.Message(ctx, 4194307, "hello\nyou"),
		"limit session": c.LimitSession(ctx, 4194307, rates),
		"limit user":    c.LimitUser(ctx, "an/n ä%", rates),
		"limit server":  c.LimitServer(ctx, rates),
		"reload":        second(c.Reload(ctx)),
		"drain":         c.Drain(ctx),
		"ban":           c.Ban(ctx, BanOrder{Address: "2001:db8::1", For: time.Hour, Reason: "why not"}),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if !l.crowd[1].kicked || l.crowd[0].kicked || l.crowd[0].messages[0] != "hello\nyou" || l.crowd[0].session.Limits != rates {
		t.Errorf("the sessions: %+v, %+v", l.crowd[0], l.crowd[1])
	}
	if l.users["an/n ä%"] != rates || l.total != rates || l.drained != 1 {
		t.Errorf("users %v, total %v, drained %d times", l.users, l.total, l.drained)
	}
	if got, err := c.Bans(ctx); err != nil || len(got) != 1 || got[0].Address != "2001:db8::1" || got[0].Reason != "why not" ||
		time.Until(got[0].Until).Round(time.Minute) != time.Hour {
		t.Errorf("Bans = %+v, %v", got, err)
	}
	if err := c.Unban(ctx, "2001:db8::1"); err != nil {
		t.Error(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if text := strings.Join(l.log, "\n"); len(l.log) != 9 || !strings.Contains(text, fmt.Sprintf("uid %d (process %d) ended session 4194306 (%q, 192.0.2.1)",
		os.Getuid(), os.Getpid(), "ftp")) {
		t.Errorf("the log of nine changes:\n%s", text)
	}
}

// second is the error of two results.
func second[T any](_ T, err error) error { return err }

// TestReload hands over what came of it, and lists that are empty as such.
func TestReload(t *testing.T) {
	l := newLab(t)
	l.reloaded = Reload{
		Changed:  []Change{{"maxidletime", "15 minutes", "5 minutes", "/etc/pure-ftpd.conf:3"}},
		Restart:  []Change{{"bind", "any, 21", "any, 2121", "/etc/pure-ftpd.conf:4"}},
		Warnings: []string{"half of it"},
	}
	c := l.listen(t)
	if got, err := c.Reload(t.Context()); err != nil || !reflect.DeepEqual(got, l.reloaded) {
		t.Errorf("Reload = %+v, %v; want %+v", got, err, l.reloaded)
	}
	l.reloaded = Reload{}
	if w := l.as(Admin, "POST", "/v1/server/reload", ""); strings.TrimSpace(w.Body.String()) != `{"changed":[],"needs_restart":[],"warnings":[]}` {
		t.Errorf("nothing has changed: %s; want empty lists", w.Body)
	}
	l.reload = fmt.Errorf("wrapped: %w", &Error{http.StatusConflict, "the server is ending"})
	if w := l.as(Admin, "POST", "/v1/server/reload", ""); w.Code != http.StatusConflict {
		t.Errorf("at the end: %d %s; want the status of the error", w.Code, w.Body)
	}
	l.reload = errors.New(strings.Repeat("conf:1: a mistake\n", 5000))
	if _, err := c.Reload(t.Context()); err == nil || err.Error() != l.reload.Error() {
		t.Errorf("5000 mistakes arrive as %d bytes; want all", len(fmt.Sprint(err)))
	}
}

func TestRefusals(t *testing.T) {
	l := newLab(t)
	l.reload = errors.New("/etc/pure-ftpd.conf:3: what is this?")
	c := l.listen(t)
	ctx := t.Context()
	for what, test := range map[string]struct {
		err    error
		status int
	}{
		"no such session":      {c.Kick(ctx, 99), http.StatusNotFound},
		"message to nobody":    {c.Message(ctx, 99, "x"), http.StatusNotFound},
		"empty message":        {c.Message(ctx, 4194305, ""), http.StatusUnprocessableEntity},
		"huge message":         {c.Message(ctx, 4194305, strings.Repeat("x", maxBody)), http.StatusRequestEntityTooLarge},
		"limit before login":   {c.LimitSession(ctx, 4194305, Rates{}), http.StatusConflict},
		"limit beyond numbers": {c.LimitServer(ctx, Rates{Upload: 1 << 63}), http.StatusBadRequest},
		"login too long":       {c.LimitUser(ctx, strings.Repeat("x", 128), Rates{}), http.StatusBadRequest},
		"broken file":          {second(c.Reload(ctx)), http.StatusUnprocessableEntity},
		"no address":           {c.Ban(ctx, BanOrder{Address: "example.org", For: time.Hour}), http.StatusBadRequest},
		"no time":              {c.Ban(ctx, BanOrder{Address: "192.0.2.1", For: 0}), http.StatusBadRequest},
		"not banned":           {c.Unban(ctx, "192.0.2.1"), http.StatusNotFound},
	} {
		e, ok := errors.AsType[*Error](test.err)
		if !ok || e.Status != test.status || e.Text == "" {
			t.Errorf("%s: %#v; want status %d and a text", what, test.err, test.status)
		}
	}
	if _, err := c.Reload(ctx); err == nil || err.Error() != l.reload.Error() {
		t.Errorf("Reload = %v; want what is wrong with the file", err)
	}
	for range 3 {
		if err := c.Ban(ctx, BanOrder{Address: "192.0.2.1", For: time.Hour}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Ban(ctx, BanOrder{Address: "192.0.2.1", For: time.Hour}); err == nil || err.Error() != "the list is full" {
		t.Errorf("Ban = %v; want that the list is full", err)
	}
}

func TestHooksThatAreNotThere(t *testing.T) {
	l := newLab(t)
	l.config.Hooks.Reload, l.config.Hooks.Bans, l.config.Hooks.Metrics = nil, nil, nil
	for _, r := range [][2]string{
		{"POST", "/v1/server/reload"}, {"GET", "/v1/bans"}, {"POST", "/v1/bans"}, {"DELETE", "/v1/bans/192.0.2.1"},
		{"GET", "/v1/metrics"},
	} {
		if w := l.as(Admin, r[0], r[1], "{}"); w.Code != http.StatusNotImplemented || !strings.Contains(w.Body.String(), `"error":"`) {
			t.Errorf("%v = %d %s; want 501 and why", r, w.Code, w.Body)
		}
	}
}

// TestRoles asks for everything in every role: less than the row of a route says gets 403 and nothing else.
func TestRoles(t *testing.T) {
	for _, r := range routes() {
		path := strings.NewReplacer("{id}", "4194307", "{name}", "ann", "{address}", "192.0.2.9").Replace(r.path)
		for role := Nobody; role <= Admin; role++ {
			l := newLab(t)
			close(l.crowd[0].lines)
			w := l.as(role, r.method, path, `{"text":"x"}`)
			switch {
			case role >= r.role && w.Code == http.StatusForbidden:
				t.Errorf("%s %s is refused to a %s", r.method, r.path, role)
			case role < r.role && (w.Code != http.StatusForbidden || w.Body.Len() != 0):
				t.Errorf("%s %s answers a %s with %d %q; want 403 and nothing", r.method, r.path, role, w.Code, w.Body)
			case role < r.role && len(l.log) > 0:
				t.Errorf("%s %s of a %s did something: %q", r.method, r.path, role, l.log)
			}
		}
	}
}

func TestViewersSeeNoDirectories(t *testing.T) {
	l := newLab(t)
	for _, path := range []string{"/v1/sessions", "/v1/sessions/4194307"} {
		for role, want := range map[Role]string{Viewer: `"file":"letters.zip"`, Operator: `"file":"private/letters.zip"`} {
			if got := l.as(role, "GET", path, "").Body.String(); !strings.Contains(got, want) {
				t.Errorf("%s sees %s; want %s", role, got, want)
			}
		}
	}
	if l.crowd[0].session.Transfer.File != "private/letters.zip" {
		t.Error("the session itself was changed")
	}
}

func TestUnknownRoutes(t *testing.T) {
	l := newLab(t)
	for _, r := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/", 404}, {"GET", "/v1", 404}, {"GET", "/v2/sessions", 404}, {"DELETE", "/v1/sessions", 405},
		{"GET", "/v1/sessions/x", 400}, {"GET", "/v1/sessions/-1", 400}, {"GET", "/v1/sessions/18446744073709551616", 400},
		{"POST", "/v1/sessions/4194307/message", 400},
	} {
		if w := l.as(Admin, r.method, r.path, ""); w.Code != r.want {
			t.Errorf("%s %s = %d; want %d", r.method, r.path, w.Code, r.want)
		}
	}
}

func BenchmarkList10000(b *testing.B) {
	l := newLab(b)
	one := l.crowd[0]
	l.crowd = nil
	for range 10000 {
		l.crowd = append(l.crowd, one)
	}
	l.config.Sessions = l.crowd
	c := l.listen(b)
	b.ReportAllocs()
	for b.Loop() {
		if list, err := c.Sessions(b.Context()); err != nil || len(list) != 10000 {
			b.Fatal(len(list), err)
		}
	}
}
