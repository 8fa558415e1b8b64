package extauth

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pureftpd/internal/auth"
	"pureftpd/internal/auth/backendtest"
	"pureftpd/internal/authd"
)

const yesJSON = `{"auth":"ok","uid":2001,"gid":2001,"dir":"/srv/./"}`

// serve starts a service. The test's end stops it.
func serve(t *testing.T, tls bool, fn http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(fn)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that fail
	if tls {
		s.EnableHTTP2 = true
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

// asking returns a backend that asks a service. The test's end closes it.
func asking(t *testing.T, c ServiceConfig, limit time.Duration) *Backend {
	t.Helper()
	s, err := NewService(c)
	if err != nil {
		t.Fatal(err)
	}
	b := New(Config{Asker: s, Limit: limit})
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func roots(s *httptest.Server) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return pool
}

// TestServiceQuestion looks at what a service gets.
func TestServiceQuestion(t *testing.T) {
	s := serve(t, true, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		user, password, basic := r.BasicAuth()
		got := fmt.Sprint(r.Method, " ", r.URL, " ", r.Header.Get("Content-Type"), " ", r.Header.Get("Accept"), " ",
			r.Header.Values("Idempotency-Key"), " ", user, password, basic, " ", err, " ", string(body))
		const want = `POST /a?b=c application/json application/json [] ftptokentrue <nil> {"account":"joe","password":"p:w é","localhost":"192.0.2.1",` +
			`"localport":21,"peer":"192.0.2.2","sni_name":"a.example","encrypted":true}`
		if got != want {
			t.Errorf("the service got\n%s\nwant\n%s", got, want)
		}
		_, _ = io.WriteString(w, yesJSON)
	})
	b := asking(t, ServiceConfig{Address: strings.Replace(s.URL, "https://", "https://ftp:token@", 1) + "/a?b=c", Roots: roots(s)}, 0)
	c := login("joe", "p:w é")
	c.TLS, c.ServerName = true, "a.example"
	a, err := b.Authenticate(t.Context(), c)
	if err != nil || a.Name != "joe" || a.UID != 2001 || a.Home != "/srv/./" {
		t.Errorf("Authenticate = %+v, %v", a, err)
	}
}

// TestServiceAnswers has every kind of answer.
func TestServiceAnswers(t *testing.T) {
	var status int
	var body string
	s := serve(t, false, func(w http.ResponseWriter, _ *http.Request) {
		if status == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
	b := asking(t, ServiceConfig{Address: s.URL}, 0)
	for _, test := range []struct {
		status int
		body   string
		want   error
		text   string
	}{
		{200, yesJSON, nil, ""},
		{200, yesJSON + strings.Repeat(" ", maxBody-len(yesJSON)), nil, ""},
		{200, yesJSON + strings.Repeat(" ", maxBody), auth.ErrDown, "longer than 65536 bytes"},
		{200, `{"auth":"unknown"}`, auth.ErrUnknown, "does not know"},
		{200, `{"auth":"refused"}`, auth.ErrRefused, "says no"},
		{200, `{"auth":"ok","uid":0,"gid":1,"dir":"/"}`, auth.ErrRefused, "root"},
		{200, `{"auth":"ok","uid":1,"gid":1,"dir":"/","per_user_max":"x"}`, auth.ErrRefused, "per_user_max"},
		{200, `{"auth":"perhaps"}`, auth.ErrDown, "perhaps"},
		{200, "<html>It works!</html>", auth.ErrDown, "no JSON object"},
		{200, "", auth.ErrDown, "no JSON object"},
		{404, yesJSON, auth.ErrUnknown, "404"},
		{401, yesJSON, auth.ErrRefused, "401"},
		{403, yesJSON, auth.ErrRefused, "403"},
		{201, yesJSON, auth.ErrDown, "status 201"},
		{204, "", auth.ErrDown, "status 204"},
		{302, yesJSON, auth.ErrDown, "status 302"}, // the password goes nowhere else
		{400, yesJSON, auth.ErrDown, "status 400"},
		{500, yesJSON, auth.ErrDown, "status 500"},
		{502, "", auth.ErrDown, "status 502"},
	} {
		status, body = test.status, test.body
		a, err := b.Authenticate(t.Context(), login("joe", "se cret"))
		if !errors.Is(err, test.want) || (err == nil) != (a.UID == 2001) || err != nil && !strings.Contains(err.Error(), test.text) {
			t.Errorf("%d %.60s: %+v, %v; want %v with %q", test.status, test.body, a, err, test.want, test.text)
		}
		if strings.Contains(fmt.Sprint(err), "cret") {
			t.Errorf("%d %.60s: %v shows the password", test.status, test.body, err)
		}
	}
	if _, err := b.Authenticate(t.Context(), login("joe", "\xff")); !errors.Is(err, auth.ErrUnknown) {
		t.Errorf("a password that is not UTF-8: %v; want ErrUnknown", err)
	}
}

// TestServiceCertificate refuses services that cannot show who they are.
func TestServiceCertificate(t *testing.T) {
	s := serve(t, true, func(w http.ResponseWriter, _ *http.Request) {
		t.Error("the service was asked")
	})
	other := strings.Replace(s.URL, "127.0.0.1", "localhost", 1) // a name that the certificate lacks
	for _, test := range []struct {
		c    ServiceConfig
		text string
	}{
		{ServiceConfig{Address: s.URL}, "unknown authority"},
		{ServiceConfig{Address: other, Roots: roots(s)}, "not localhost"},
	} {
		_, err := asking(t, test.c, 0).Authenticate(t.Context(), login("joe", "secret"))
		if !errors.Is(err, auth.ErrDown) || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: %v; want ErrDown with %q", test.c.Address, err, test.text)
		}
	}
}

// TestServiceFaults has services that are slow, break off, or are not there.
func TestServiceFaults(t *testing.T) {
	end := make(chan struct{})
	s := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/silent":
			<-end
		case "/slow":
			w.(http.Flusher).Flush()
			<-end
		case "/cut":
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, yesJSON)
		case "/gone":
			panic(http.ErrAbortHandler)
		case "/endless":
			for err := error(nil); err == nil; {
				_, err = w.Write(make([]byte, 4096))
			}
		case "/header":
			w.Header().Set("X", strings.Repeat("x", 2*maxBody))
		}
	})
	t.Cleanup(func() { close(end) }) // before the service is stopped
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for address, text := range map[string]string{
		s.URL + "/silent":  "it took longer than 500ms",
		s.URL + "/slow":    "it took longer than 500ms",
		s.URL + "/cut":     "unexpected EOF",
		s.URL + "/gone":    "EOF",
		s.URL + "/endless": "longer than",
		s.URL + "/header":  "header",
		gone.URL:           "connection refused",
		"/nonexistent/s":   "no such file",
		strings.Replace(s.URL, "://", "://ftp:token@", 1) + "/gone": "EOF",
	} {
		begun := time.Now()
		_, err := asking(t, ServiceConfig{Address: address}, 500*time.Millisecond).Authenticate(t.Context(), login("joe", "se cret"))
		if !errors.Is(err, auth.ErrDown) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v; want ErrDown with %q", address, err, text)
		}
		if took := time.Since(begun); took > 10*time.Second || strings.Contains(err.Error(), "token") {
			t.Errorf("%s: %v after %v", address, err, took)
		}
	}
}

// TestServiceAddresses has addresses over which no password may travel.
func TestServiceAddresses(t *testing.T) {
	for address, text := range map[string]string{
		"":                               "neither",
		"accounts.example":               "neither",
		"ftp://accounts.example/":        "neither",
		"https:///login":                 "neither",
		"https://":                       "neither",
		"http://accounts.example/":       "in the clear",
		"http://192.0.2.1/":              "in the clear",
		"http://localhost.example/":      "in the clear",
		"http://u:secret@192.0.2.1/":     "in the clear",
		"https://u:secret@exam ple.com/": "cannot be read",
	} {
		_, err := NewService(ServiceConfig{Address: address})
		if err == nil || !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "secret") {
			t.Errorf("NewService(%q) = %v; want an error with %q, without the password", address, err, text)
		}
	}
	for _, address := range []string{"https://accounts.example", "http://localhost:8080/", "http://127.1.2.3/a", "http://[::1]:8080/", "/run/s"} {
		if _, err := NewService(ServiceConfig{Address: address}); err != nil {
			t.Errorf("NewService(%q) = %v", address, err)
		}
	}
}

// TestServiceSuite has a service at a local socket that compares passwords as backends do.
func TestServiceSuite(t *testing.T) {
	backendtest.Run(t, backendtest.Source{
		New: func(t *testing.T, v auth.Verifier, users []backendtest.User) auth.Backend {
			path := filepath.Join(t.TempDir(), "s")
			l, err := net.Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var q authd.Question
				if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
					t.Error(err)
				}
				for _, u := range users {
					if u.Name != q.Account {
						continue
					}
					if ok, err := v.Verify(t.Context(), u.Hash, q.Password); !ok || err != nil {
						w.WriteHeader(http.StatusForbidden)
						return
					}
					_, _ = fmt.Fprintf(w, `{"auth":"ok","uid":%d,"gid":%d,"dir":%q}`, u.UID, u.GID, u.Home)
					return
				}
				w.WriteHeader(http.StatusNotFound)
			}))
			_ = s.Listener.Close()
			s.Listener = l
			s.Start()
			t.Cleanup(s.Close)
			return asking(t, ServiceConfig{Address: path}, 0)
		},
		NewDown: func(t *testing.T) auth.Backend {
			return asking(t, ServiceConfig{Address: filepath.Join(t.TempDir(), "s")}, 0)
		},
	})
}

// TestServiceThousand has a thousand logins at once, over few connections.
func TestServiceThousand(t *testing.T) {
	var connections atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, yesJSON) }))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	b := asking(t, ServiceConfig{Address: s.URL}, 0)
	var all sync.WaitGroup
	for range 1000 {
		all.Go(func() {
			if a, err := b.Authenticate(t.Context(), login("joe", "secret")); err != nil || a.UID != 2001 {
				t.Errorf("Authenticate = %+v, %v", a, err)
			}
		})
	}
	all.Wait()
	if n := connections.Load(); n > 2*standardParallel {
		t.Errorf("%d connections; want about %d", n, standardParallel)
	}
}
