package statuspage

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"pureftpd/internal/control"
)

// Bounds of a request and of time.
const (
	maxHeader    = 8 << 10          // bytes, and what net/http adds: browsers and proxies send more than our own programs
	readTimeout  = 5 * time.Second  // for a whole request
	writeTimeout = 30 * time.Second // for a reply
	idleTimeout  = time.Minute      // between requests
	closeTimeout = time.Second      // for requests that run when the server ends
)

// A Config says what is shown.
type Config struct {
	Page    *Page          // nil: none
	Metrics http.Handler   // at /metrics; nil: none
	API     control.Config // what the page shows and does; its Rights mean nothing here
	Log     func(text string)
}

// A Server answers on its listeners.
type Server struct {
	http   *http.Server
	room   *room
	cancel context.CancelFunc // ends the requests that run
	served sync.WaitGroup
}

// Serve answers until Close.
func Serve(listeners []net.Listener, config Config) *Server {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{cancel: cancel, room: newRoom(), http: &http.Server{
		Handler:           newHandler(config),
		ReadHeaderTimeout: readTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          log.New(logWriter(config.Log), "status page: ", 0),
	}}
	for _, l := range listeners {
		s.served.Go(func() { // ends with Close
			if err := s.http.Serve(turnstile{l, s.room}); err != nil && !errors.Is(err, http.ErrServerClosed) {
				config.Log("status page: " + err.Error())
			}
		})
	}
	return s
}

// Close ends everything and waits for it.
func (s *Server) Close() error {
	s.cancel()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	s.served.Wait()
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

// logWriter makes lines for the log of what net/http reports.
type logWriter func(string)

func (w logWriter) Write(p []byte) (int, error) {
	w(string(p))
	return len(p), nil
}
