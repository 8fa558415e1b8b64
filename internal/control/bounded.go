package control

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Bounds of time.
const (
	readTimeout  = 5 * time.Second  // for a whole request
	writeTimeout = 30 * time.Second // for a reply; for each line of one that goes on
	idleTimeout  = time.Minute      // between requests
	closeTimeout = time.Second      // for requests that run when the server ends
)

// A Bounded is an HTTP server none of whose requests takes more than its share of time and memory, and which ends as a whole.
type Bounded struct {
	name   string
	log    func(text string)
	http   *http.Server
	cancel context.CancelFunc // ends the requests that run
	served sync.WaitGroup
}

// NewBounded makes one that answers by handler requests whose headers have no more than maxHeader bytes. What goes wrong is logged
// under its name. ofConn may give the context of a connection's requests.
func NewBounded(
	name string, handler http.Handler, maxHeader int, log func(text string), ofConn func(context.Context, net.Conn) context.Context,
) *Bounded {
	ctx, cancel := context.WithCancel(context.Background())
	b := &Bounded{name: name, log: log, cancel: cancel}
	b.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnContext:       ofConn,
		ErrorLog:          b.logger(),
	}
	return b
}

// logger makes lines for the log of what net/http reports.
func (b *Bounded) logger() *log.Logger { return log.New(logWriter(b.log), b.name+": ", 0) }

type logWriter func(string)

func (w logWriter) Write(p []byte) (int, error) {
	w(string(p))
	return len(p), nil
}

// Serve answers on a listener, until Close. It returns at once.
func (b *Bounded) Serve(l net.Listener) {
	b.served.Go(func() {
		if err := b.http.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			b.log(b.name + ": " + err.Error())
		}
	})
}

// Close ends everything and waits for it, but for connections that were taken out of its hands.
func (b *Bounded) Close() error {
	b.cancel()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := b.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = b.http.Close()
	}
	b.served.Wait()
	return err
}
