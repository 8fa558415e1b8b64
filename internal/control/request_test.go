package control

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMalformedAndHuge sends what is no request, by hand.
func TestMalformedAndHuge(t *testing.T) {
	l := newLab(t)
	l.listen(t)
	for _, test := range []struct {
		name, request string
		want          string // the beginning of the answer; "": none
	}{
		{"noise", "\x00\xff\x16\x03\x01\r\n\r\n", "HTTP/1.1 400 "},
		{"FTP", "USER ann\r\n\r\n", "HTTP/1.1 400 "},
		{"no host", "GET /v1/server HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
		{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 400 "},
		{"two lengths", "POST /v1/server/drain HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", "HTTP/1.1 400 "},
		{"negative length", "POST /v1/server/drain HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 400 "},
		{"long line", "GET /" + strings.Repeat("x", 64<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 431 "},
		{"many headers", "GET /v1/server HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: b\r\n", 10000) + "\r\n", "HTTP/1.1 431 "},
		{"long body", "PUT /v1/server/limits HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n{" + strings.Repeat(" ", 20000), "HTTP/1.1 413 "},
		{"endless body", "PUT /v1/server/limits HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
			strings.Repeat("1000\r\n"+strings.Repeat(" ", 0x1000)+"\r\n", 64), "HTTP/1.1 413 "},
		{"no JSON", "PUT /v1/server/limits HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 400 "},
	} {
		conn := l.dial(t)
		go io.WriteString(conn, test.request) //nolint:errcheck // the server may have had enough before the end
		line, err := bufio.NewReader(conn).ReadString('\n')
		if !strings.HasPrefix(line, test.want) {
			t.Errorf("%s: answered %q, %v; want %q", test.name, line, err, test.want)
		}
		conn.Close()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.drained != 0 || l.total != (Rates{}) {
		t.Error("one of them did something")
	}
}

// TestSlowRequest sends a request that never ends.
func TestSlowRequest(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	l := newLab(t)
	l.listen(t)
	started := time.Now()
	var waiting sync.WaitGroup
	for _, begin := range []string{"", "GET /v1/ser", "PUT /v1/server/limits HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{"} {
		conn := l.dial(t)
		if _, err := io.WriteString(conn, begin); err != nil {
			t.Fatal(err)
		}
		waiting.Go(func() {
			_, _ = io.ReadAll(conn)
			if d := time.Since(started); d > readTimeout+3*time.Second {
				t.Errorf("after %q the connection stays for %v", begin, d)
			}
		})
	}
	waiting.Wait()
}

// FuzzRequest checks that the decoder takes exactly what it would write, in bounds, and never more than one object, and that a refusal
// stays short whatever it quotes.
func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		`{"upload":1,"download":2}`, `{}`, `{"upload":-1}`, `{"upload":1e3}`, `{"upload":1}{"upload":2}`, `[1]`, `null`, `{"Upload":1}`,
		`{"upload":18446744073709551615}`, "{\"upload\":1}\x00", `{"upload":1,"x":2}`, strings.Repeat("[", 10000), ` {"download":7} `,
		`{"` + strings.Repeat("\xc0", 10000) + `":1}`, // a decoder that quotes it writes three bytes for each
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var r Rates
		if err := decode(strings.NewReader(body), &r); err != nil {
			if e, ok := errors.AsType[*Error](err); !ok || e.Status != http.StatusBadRequest || len(e.Text) > 1000 {
				t.Errorf("decode(%q) = %#v; want a refusal", body, err)
			}
			return
		}
		written, err := json.Marshal(r)
		var again Rates
		if err != nil || decode(strings.NewReader(string(written)), &again) != nil || again != r {
			t.Errorf("%q is %+v, and written down %s, which is %+v", body, r, written, again)
		}
		if err := r.check(); (err == nil) != (r.Upload < 1<<63 && r.Download < 1<<63) {
			t.Errorf("check(%+v) = %v", r, err)
		}
	})
}

// FuzzConnection sends anything to a server: it answers, and goes on.
func FuzzConnection(f *testing.F) {
	for _, seed := range []string{
		"GET /v1/sessions HTTP/1.1\r\nHost: x\r\n\r\n", "PUT /v1/users/%2f/limits HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}", "\r\n\r\n",
		"POST /v1/sessions/4194305/message HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n{\"text\":\"x\"}\r\n0\r\n\r\n",
	} {
		f.Add(seed)
	}
	l := newLab(f)
	c := l.listen(f)
	f.Fuzz(func(t *testing.T, request string) {
		conn := l.dial(t)
		if len(request) > 32<<10 || strings.Contains(request, "trace") {
			return // what goes on is tested elsewhere
		}
		if _, err := io.WriteString(conn, request); err == nil {
			_ = conn.(interface{ CloseWrite() error }).CloseWrite()
			_, _ = io.Copy(io.Discard, conn)
		}
		conn.Close()
		if list, err := c.Sessions(t.Context()); err != nil || len(list) != 3 {
			t.Fatalf("after %q: %d sessions, %v", request, len(list), err)
		}
	})
}
