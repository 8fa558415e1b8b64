package statuspage

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"pureftpd/internal/control"
)

// What becomes of wrong tokens.
const (
	wrongPause = time.Second // before the answer
	wrongEvery = time.Minute // how often they are logged
)

type callerKey struct{}

// callerOf is whose request it is.
func callerOf(req *http.Request) control.Caller {
	return req.Context().Value(callerKey{}).(control.Caller)
}

// A doorman tells operators from viewers.
type doorman struct {
	token Token
	log   func(text string)

	mu     sync.Mutex
	wrong  int // since it was logged
	logged time.Time
}

// admit lets requests in with a role. A wrong token is answered late and with 401; it makes nobody a viewer, so that the one who mistyped it sees so.
func (d *doorman) admit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		caller := control.Caller{Role: control.Viewer, Name: "status page: " + host(req.RemoteAddr)}
		scheme, token, _ := strings.Cut(req.Header.Get("Authorization"), " ")
		if d.token.set && strings.EqualFold(scheme, "Bearer") { // other schemes are a proxy's affair
			if !d.token.is(token) {
				d.turnAway(w, req)
				return
			}
			caller.Role = control.Operator
		}
		next.ServeHTTP(w, req.WithContext(context.WithValue(req.Context(), callerKey{}, caller)))
	})
}

func (d *doorman) turnAway(w http.ResponseWriter, req *http.Request) {
	d.note(host(req.RemoteAddr))
	pause := time.NewTimer(wrongPause)
	defer pause.Stop()
	select {
	case <-pause.C:
	case <-req.Context().Done():
	}
	w.Header().Set("WWW-Authenticate", "Bearer")
	http.Error(w, "The token is wrong", http.StatusUnauthorized)
}

// note logs the first wrong token at once, and how many came in the minute after.
func (d *doorman) note(from string) {
	d.mu.Lock()
	d.wrong++
	n, now := d.wrong, time.Now()
	due := now.Sub(d.logged) >= wrongEvery
	if due {
		d.wrong, d.logged = 0, now
	}
	d.mu.Unlock()
	if due {
		d.log(fmt.Sprintf("status page: wrong token from %s (%d since the last such line)", from, n))
	}
}

// host is the address without the port.
func host(address string) string {
	if name, _, err := net.SplitHostPort(address); err == nil {
		return name
	}
	return address
}
