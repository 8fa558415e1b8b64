package statuspage

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

// TestWhoMayDoWhat asks with every token that a request may show, of a page with one and of a page without.
func TestWhoMayDoWhat(t *testing.T) {
	const viewer, operator, nobody = "403 200", "200 200", "401 401" // the status of a kick, and of the list
	for _, test := range []struct{ token, authorization, want, file string }{
		{"", "", viewer, `"letters.zip"`},
		{"", "Bearer " + secret, viewer, `"letters.zip"`},
		{"", "Bearer ", viewer, `"letters.zip"`},
		{secret, "", viewer, `"letters.zip"`},
		{secret, "Basic " + secret, viewer, `"letters.zip"`}, // meant for a proxy
		{secret, "Bearer", nobody, ""},
		{secret, "Bearer " + secret + "x", nobody, ""},
		{secret, "Bearer " + secret[1:], nobody, ""},
		{secret, "Bearer " + secret, operator, `"private/letters.zip"`},
		{secret, "bearer " + secret, operator, `"private/letters.zip"`},
	} {
		t.Run(test.token+" "+test.authorization, func(t *testing.T) {
			t.Parallel()
			l := start(t, test.token)
			var headers []string
			if test.authorization != "" {
				headers = []string{"Authorization", test.authorization}
			}
			kick, _, _ := l.ask("POST", "/v1/sessions/4194305/kick", headers...)
			list, _, text := l.ask("GET", "/v1/sessions", headers...)
			if got := fmt.Sprint(kick, " ", list); got != test.want {
				t.Errorf("a kick and a list are answered with %s; want %s", got, test.want)
			}
			if !strings.Contains(text, test.file) {
				t.Errorf("the list is %s; want the file as %s", text, test.file)
			}
			if l.kicked() != (test.want == operator) {
				t.Errorf("the session was ended: %v", l.kicked())
			}
			for _, admins := range [][2]string{{"POST", "/v1/server/drain"}, {"GET", "/v1/server/settings"}, {"GET", "/v1/sessions/4194305/trace"}} {
				if code, _, _ := l.ask(admins[0], admins[1], headers...); code != 403 && code != 401 {
					t.Errorf("%v = %d; want it refused to everybody", admins, code)
				}
			}
		})
	}
}

func TestWhatIsLogged(t *testing.T) {
	l := start(t, secret)
	l.ask("POST", "/v1/sessions/4194305/kick", "Authorization", "Bearer "+secret)
	for range 2 {
		begun := time.Now()
		l.ask("GET", "/v1/server", "Authorization", "Bearer wrong")
		if took := time.Since(begun); took < wrongPause {
			t.Errorf("a wrong token is answered after %v; want %v", took, wrongPause)
		}
	}
	want := "status page: 127.0.0.1 ended session 4194305 (\"ann\", 192.0.2.1)\nstatus page: wrong token from 127.0.0.1 (1 since the last such line)"
	if got := l.logged(); got != want {
		t.Errorf("the log holds\n%s\nwant\n%s", got, want)
	}
}

// TestHosts asks under many names: one that leads here by the will of somebody else gets nothing of the page.
func TestHosts(t *testing.T) {
	l := start(t, "")
	for host, want := range map[string]int{
		"127.0.0.1": 200, "127.0.0.1:80": 200, "[::1]:80": 200, "[::1]": 200, "localhost": 200, "LOCALHOST:80": 200, "localhost.:80": 200,
		"status.example": 200, "Status.Example:80": 200, "other.example": 421, "status.example.org": 421, "127.0.0.1.example": 421,
		"localhost.example:80": 421, "xstatus.example": 421,
	} {
		for _, path := range []string{"/", "/page.js", "/v1/server", "/v1/metrics"} {
			code, _, _ := l.ask("GET", path, "Host", host)
			if path == "/v1/metrics" && code == 501 {
				code = 200 // it was let in; there are none here
			}
			if code != want {
				t.Errorf("%s of %s = %d; want %d", path, host, code, want)
			}
		}
		if code, _, text := l.ask("GET", "/metrics", "Host", host); code != 200 || text != "x_total 5\n" {
			t.Errorf("metrics of %s = %d %q", host, code, text)
		}
	}
}

func TestHeaders(t *testing.T) {
	l := start(t, "")
	for path, mediaType := range map[string]string{
		"/": "text/html; charset=utf-8", "/page.js": "text/javascript; charset=utf-8", "/page.css": "text/css; charset=utf-8",
		"/icon.svg": "image/svg+xml", "/v1/server": "application/json", "/nothing": "text/plain; charset=utf-8",
	} {
		_, h, _ := l.ask("GET", path)
		for name, want := range map[string]string{
			"Content-Type": mediaType, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Access-Control-Allow-Origin": "", "Set-Cookie": "",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q; want %q", path, name, got, want)
			}
		}
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "script-src 'self'"} {
			if policy := h.Get("Content-Security-Policy"); !strings.Contains(policy, want) || strings.Contains(policy, "unsafe") {
				t.Errorf("%s: the policy %q lacks %s", path, policy, want)
			}
		}
	}
}

func TestPageBearsTheName(t *testing.T) {
	for token, want := range map[string]string{"": `data-token="no"`, secret: `data-token="yes"`} {
		_, _, text := start(t, token).ask("GET", "/")
		if !strings.Contains(text, "<h1>ftp&lt;1&gt;.example</h1>") || !strings.Contains(text, want) || strings.Contains(text, "{{") {
			t.Errorf("the page, with %s wanted, is\n%s", want, text)
		}
	}
}

func TestMethodsAndPaths(t *testing.T) {
	l := start(t, "")
	for request, want := range map[string]int{
		"POST /": 405, "GET /v1": 404, "GET /page.js/": 404, "GET /web/index.html": 404, "GET /../page.js": 200, "POST /metrics": 404, "GET /v1/nothing": 404,
	} {
		method, path, _ := strings.Cut(request, " ")
		if got, _, _ := l.ask(method, path); got != want {
			t.Errorf("%s = %d; want %d", request, got, want)
		}
	}
}

func TestRequestsAreBounded(t *testing.T) {
	l := start(t, "")
	conn, err := net.Dial("tcp", strings.TrimPrefix(l.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ")
	sent := 0
	for err == nil { // until the server has had enough
		var n int
		n, err = io.WriteString(conn, strings.Repeat("x", 1000))
		sent += n
		time.Sleep(time.Millisecond)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || sent > 1<<20 {
		t.Errorf("of a header %d bytes were taken: %v", sent, err)
	}
}

// TestRoom takes the places of one address, and then all.
func TestRoom(t *testing.T) {
	r := newRoom()
	one := netip.MustParseAddr("192.0.2.1")
	for i := range maxConnsOfAddress + 1 {
		if got := r.enter(one); got != (i < maxConnsOfAddress) {
			t.Fatalf("connection %d of an address: %v", i+1, got)
		}
	}
	here := netip.MustParseAddr("127.0.0.1")
	for r.all < maxConns {
		if !r.enter(here) {
			t.Fatalf("this machine is refused with %d connections", r.all)
		}
	}
	if r.enter(here) || r.enter(netip.MustParseAddr("192.0.2.2")) {
		t.Error("somebody is let in when it is full")
	}
	r.leave(one)
	if !r.enter(one) {
		t.Error("the place of one who has left is not given away")
	}
}

// TestPlacesAreGivenBack opens more connections, one after the other, than there may be at once.
func TestPlacesAreGivenBack(t *testing.T) {
	l := start(t, "")
	address := strings.TrimPrefix(l.url, "http://")
	for i := range 2 * maxConns {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "GET /icon.svg HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
		text, err := io.ReadAll(conn)
		conn.Close()
		if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 200 ") {
			t.Fatalf("connection %d: %.40q, %v", i+1, text, err)
		}
	}
}
