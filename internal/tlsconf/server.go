package tlsconf

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"os"
	"sync/atomic"
	"time"
)

// A Config says what a Server is made of.
type Config struct {
	// Certificate is a PEM file that holds a chain, in any order, and its key unless Key names another file.
	Certificate, Key string

	// Directory holds more certificates, chosen by the name the client asks for: *.pem with chain and key, or NAME.crt
	// and NAME.key. Empty means none.
	Directory string

	// SelfSigned makes a certificate for Names, which are host names and addresses, where the rule says so.
	SelfSigned SelfSigned
	Names      []string

	// Ciphers is a list in OpenSSL's syntax for TLS 1.2; empty means those of crypto/tls.
	Ciphers string

	// Binding is what is demanded of data connections.
	Binding Binding

	// Clients says whether clients are asked for a certificate, ClientCA names the PEM file of those who may have issued
	// it. An empty ClientCA means the file Certificate.
	Clients  ClientRule
	ClientCA string

	// External is asked for a certificate in each control handshake that names a server; its error ends the handshake.
	// nil means that nobody is asked.
	External func(ctx context.Context, serverName string) (External, error)

	// Open opens a file or a directory, Stat looks at one. Both may take a privilege; nil means os.Open and os.Stat.
	Open func(path string) (*os.File, error)
	Stat func(path string) (fs.FileInfo, error)

	// As runs what stores a certificate that was made; nil just runs it.
	As func(func() error) error

	// Roots are the authorities that clients are assumed to know; nil means those of this system.
	Roots *x509.CertPool

	// Report takes one line, without its end, that an administrator should read. It may be called from any goroutine that
	// runs a handshake. nil means that nobody listens.
	Report func(message string)

	Now func() time.Time // nil means time.Now
}

// A Binding is what a Server demands of data connections.
type Binding uint8

// The bindings. In all of them clients are given tickets that a data connection may resume.
const (
	BindOff     Binding = iota // nothing
	BindWarn                   // nothing: the session looks at ConnectionState.DidResume and says so
	BindRequire                // a ticket of the same session
)

func (b Binding) String() string { return [...]string{"off", "warn", "require"}[b] }

// A Server is the TLS side of the whole server. It is safe for concurrent use.
type Server struct {
	config  Config
	suites  []uint16 // nil means those of crypto/tls
	tickets *tls.Config
	store   *store
	current atomic.Pointer[snapshot]
	named   named // by the answers of Config.External
}

// New makes a Server. Its error joins every fault that keeps it from working, each a line with its cure; what only deserves
// a remark is reported.
func New(c Config) (*Server, error) {
	c = c.withDefaults()
	s := &Server{config: c, tickets: &tls.Config{Time: c.Now}}
	var faults []error
	list, err := ParseCiphers(c.Ciphers)
	if err != nil {
		faults = append(faults, err)
	} else {
		s.suites = list.IDs
		if remark := list.Remark(); remark != "" {
			c.Report(remark)
		}
	}
	s.store = newStore(c)
	first, found := s.store.load()
	if faults = append(faults, found...); len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	s.publish(first)
	return s, nil
}

func (c Config) withDefaults() Config {
	if c.Key == "" {
		c.Key = c.Certificate
	}
	if c.Open == nil {
		c.Open = os.Open
	}
	if c.Stat == nil {
		c.Stat = os.Stat
	}
	if c.As == nil {
		c.As = func(fn func() error) error { return fn() }
	}
	if c.Report == nil {
		c.Report = func(string) {}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// publish makes a snapshot the one that sessions begin with.
func (s *Server) publish(shot *snapshot) {
	shot.config = &tls.Config{
		MinVersion:   tls.VersionTLS12,
		CipherSuites: s.suites,
		ClientAuth:   s.config.Clients.auth(),
		ClientCAs:    shot.clientCAs,
		Time:         s.config.Now,
	}
	s.current.Store(shot)
}
