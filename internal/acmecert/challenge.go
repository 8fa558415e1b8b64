package acmecert

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/net/netutil"
)

const (
	// visitors is how many may be connected at once: an authority looks from a few places, and so may anybody else.
	visitors = 64
	// visit is how long one may stay.
	visit = 10 * time.Second
	// maxRequest bounds a request's header.
	maxRequest = 8 << 10
)

// webrootFolder is where the authority looks (RFC 8555, section 8.3).
const webrootFolder = ".well-known/acme-challenge"

// present shows the authority what it will look for, until withdraw is called.
func (k *Keeper) present(ctx context.Context, client *acme.Client, name, token string) (withdraw func() error, err error) {
	if !validToken(token) {
		return nil, fmt.Errorf("the authority sent the odd token %.80q", token)
	}
	if k.Way == TLSALPN {
		cert, err := client.TLSALPN01ChallengeCert(token, name)
		if err != nil {
			return nil, err
		}
		return k.handshakes(ctx, &cert)
	}
	answer, err := client.HTTP01ChallengeResponse(token)
	if err != nil {
		return nil, err
	}
	if k.Way == Webroot {
		return k.file(token, answer)
	}
	return k.serve(ctx, client.HTTP01ChallengePath(token), answer)
}

// validToken tells whether a token has the letters that RFC 8555, section 8.3, gives it: it becomes the name of a file.
func validToken(token string) bool {
	for i := range len(token) {
		c := token[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return 0 < len(token) && len(token) <= 255
}

// listen opens the port.
func (k *Keeper) listen(ctx context.Context) (net.Listener, error) {
	l, err := k.Listen(ctx, k.Address)
	if err != nil {
		return nil, &listenError{k.Way, err}
	}
	return netutil.LimitListener(l, visitors), nil
}

// serve answers requests for one path.
func (k *Keeper) serve(ctx context.Context, path, answer string) (withdraw func() error, err error) {
	l, err := k.listen(ctx)
	if err != nil {
		return nil, err
	}
	server := &http.Server{
		ReadTimeout: visit, WriteTimeout: visit, IdleTimeout: visit, MaxHeaderBytes: maxRequest,
		ErrorLog: log.New(io.Discard, "", 0), // what strangers do wrong is no news
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != path || r.Method != http.MethodGet && r.Method != http.MethodHead {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, answer) // who does not read it has gone
		}),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	return func() error {
		err := server.Close()
		if failed := <-ended; !errors.Is(failed, http.ErrServerClosed) {
			err = errors.Join(err, failed)
		}
		return err
	}, nil
}

// handshakes answers TLS handshakes with a certificate that is the proof (RFC 8737), and nothing else.
func (k *Keeper) handshakes(ctx context.Context, cert *tls.Certificate) (withdraw func() error, err error) {
	l, err := k.listen(ctx)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{acme.ALPNProto},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return proof(hello, cert) },
	}
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			switch {
			case errors.Is(err, net.ErrClosed):
				return
			case err != nil:
				time.Sleep(100 * time.Millisecond) // no descriptors are left
				continue
			}
			running.Go(func() {
				visit, cancel := context.WithTimeout(ctx, visit)
				defer cancel()
				_ = tls.Server(conn, config).HandshakeContext(visit) // the authority tells what it saw
				_ = conn.Close()
			})
		}
	})
	return func() error {
		err := l.Close()
		stop()
		running.Wait()
		return err
	}, nil
}

// proof is for the authority only: anybody else has come for another service.
func proof(hello *tls.ClientHelloInfo, cert *tls.Certificate) (*tls.Certificate, error) {
	for _, p := range hello.SupportedProtos {
		if p == acme.ALPNProto {
			return cert, nil
		}
	}
	return nil, errors.New("only " + acme.ALPNProto + " is spoken here")
}

// prepareWebroot makes the folder that files are put in.
func (k *Keeper) prepareWebroot() error {
	root, err := os.OpenRoot(k.Webroot)
	if err != nil {
		return fmt.Errorf("%w; name the directory that the web server serves", err)
	}
	err = root.MkdirAll(webrootFolder, 0o755)
	if err = errors.Join(err, root.Close()); err != nil {
		return &webrootError{k.Webroot, err}
	}
	return nil
}

// file puts the proof where the web server finds it. Links in the webroot, which others may write to, lead nowhere outside.
func (k *Keeper) file(token, answer string) (withdraw func() error, err error) {
	name := path.Join(webrootFolder, token)
	within := func(fn func(*os.Root) error) error {
		err := k.As(func() error {
			root, err := os.OpenRoot(k.Webroot)
			if err != nil {
				return err
			}
			return errors.Join(fn(root), root.Close())
		})
		if err != nil {
			return &webrootError{k.Webroot, err}
		}
		return nil
	}
	remove := func() error {
		return within(func(root *os.Root) error { return root.Remove(name) })
	}
	err = within(func(root *os.Root) error {
		f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		_, err = f.WriteString(answer)
		if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
			err = errors.Join(err, root.Remove(name))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return remove, nil
}

// A listenError is a port that cannot be had.
type listenError struct {
	way   Way
	cause error
}

func (e *listenError) Unwrap() error { return e.cause }

func (e *listenError) Error() string {
	cure := "choose another challenge"
	switch {
	case errors.Is(e.cause, syscall.EADDRINUSE) && e.way == HTTP:
		cure = "if that is a web server, write ACMEChallenge webroot:DIR with the directory it serves"
	case errors.Is(e.cause, syscall.EADDRINUSE):
		cure = "another program listens there: choose another challenge"
	case errors.Is(e.cause, fs.ErrPermission):
		cure = "start the server as root, or choose a port above 1023 and forward the standard one to it"
	}
	return fmt.Sprintf("%v; %s", e.cause, cure)
}

// A webrootError is a file that cannot be put into the webroot.
type webrootError struct {
	root  string
	cause error
}

func (e *webrootError) Unwrap() error { return e.cause }

func (e *webrootError) Error() string {
	folder := filepath.Join(e.root, filepath.FromSlash(webrootFolder))
	cure := "see what is wrong with the disk"
	switch {
	case errors.Is(e.cause, fs.ErrPermission):
		cure = "give " + folder + " to the user that the server was started as"
	case errors.Is(e.cause, fs.ErrNotExist):
		cure = "make the folder " + folder
	case strings.Contains(e.cause.Error(), "escapes"):
		cure = "a link leads out of " + e.root + ": name the directory that it leads to"
	}
	return fmt.Sprintf("%v; %s", e.cause, cure)
}
