package statuspage

import (
	"net"
	"net/http"

	"pureftpd/internal/control"
)

// maxHeader is bytes of a request's header, and what net/http adds: browsers and proxies send more than our own programs.
const maxHeader = 8 << 10

// A Config says what is shown.
type Config struct {
	Page    *Page          // nil: none
	Metrics http.Handler   // at /metrics; nil: none
	API     control.Config // what the page shows and does; its Rights mean nothing here
	Log     func(text string)
}

// A Server answers on its listeners.
type Server struct {
	http *control.Bounded
	room *room
}

// Serve answers until Close.
func Serve(listeners []net.Listener, config Config) *Server {
	s := &Server{control.NewBounded("status page", newHandler(config), maxHeader, config.Log, nil), newRoom()}
	for _, l := range listeners {
		s.http.Serve(turnstile{l, s.room})
	}
	return s
}

// Close ends everything and waits for it.
func (s *Server) Close() error {
	err := s.http.Close()
	s.room.open.Wait()
	return err
}

// newHandler puts together what is answered. Metrics are numbers of which none is anybody's, and Prometheus asks by whatever name: the host is
// not looked at there.
func newHandler(config Config) http.Handler {
	mux := http.NewServeMux()
	if config.Metrics != nil {
		mux.Handle("GET /metrics", config.Metrics)
	}
	if p := config.Page; p != nil {
		door := &doorman{token: p.token, log: config.Log}
		mux.Handle("/v1/", knownHosts(p.hosts, door.admit(control.NewHandler(config.API, callerOf))))
		mux.Handle("/", knownHosts(p.hosts, p.files))
	}
	return guarded(mux)
}

// guarded tells browsers what the answers are not to be used for: everything that is not needed.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "+
			"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, req)
	})
}
