package tlsconf

import (
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
)

// An External is the answer of another program to the name of a server that a client asks for.
type External struct {
	Action Action
	// Certificate and Key are the paths of PEM files, for Strict and Fallback. An empty Key means the file of the
	// certificate.
	Certificate, Key string
}

// An Action says which certificate is used. The zero value lets nobody in.
type Action uint8

// The actions.
const (
	Deny     Action = iota // the handshake ends
	Default                // the server's own
	Strict                 // the named one, or the handshake ends
	Fallback               // the named one, or the server's own if it is broken
)

// ErrDenied ends the handshake of a client that asked for a server's name it is denied.
var ErrDenied = errors.New("the server's name is denied")

// certificate chooses the certificate of a control connection.
func (s *Server) certificate(hello *tls.ClientHelloInfo, own func() *tls.Certificate) (*tls.Certificate, error) {
	name := cleanName(hello.ServerName)
	if s.config.External == nil || name == "" {
		return own(), nil
	}
	answer, err := s.config.External(hello.Context(), name)
	if err != nil {
		return nil, fmt.Errorf("certificate for %s: %w", name, err)
	}
	switch answer.Action {
	case Default:
		return own(), nil
	case Strict, Fallback:
		if answer.Certificate == "" {
			return nil, fmt.Errorf("certificate for %s: the answer names no file", name)
		}
		cert, err := s.named.load(s.store, answer)
		if err == nil {
			return cert, nil
		}
		if answer.Action == Fallback {
			s.named.once(answer.Certificate, fmt.Sprintf("certificate for %s: %v; the server's own is used", name, err),
				s.config.Report)
			return own(), nil
		}
		return nil, fmt.Errorf("certificate for %s: %w", name, err)
	}
	return nil, fmt.Errorf("certificate for %s: %w", name, ErrDenied)
}

// maxNamed bounds the certificates that are kept for answers to come.
const maxNamed = 1000

// A named holds the certificates that answers have named, by path, as long as their files stay what they were.
type named struct {
	mu    sync.Mutex
	units map[[2]string]*unit
	said  map[string]string // the last fault of a file
}

// load returns the certificate that an answer names. Files are read without a lock.
func (n *named) load(st *store, answer External) (*tls.Certificate, error) {
	if answer.Key == "" {
		answer.Key = answer.Certificate
	}
	paths := [2]string{answer.Certificate, answer.Key}
	n.mu.Lock()
	u := n.units[paths]
	n.mu.Unlock()
	if u != nil && st.same(paths[0], u.certInfo) && (paths[0] == paths[1] || st.same(paths[1], u.keyInfo)) {
		return u.tls, nil
	}
	u, err := st.loadUnit(paths[0], paths[1])
	if err != nil {
		return nil, err
	}
	st.remark(u, paths[0], paths[1])
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.units == nil || len(n.units) >= maxNamed {
		n.units = map[[2]string]*unit{}
	}
	n.units[paths] = u
	delete(n.said, paths[0])
	return u.tls, nil
}

// once reports the fault of a file unless it is the last one that was reported of it.
func (n *named) once(path, message string, report func(string)) {
	n.mu.Lock()
	known := n.said[path] == message
	if n.said == nil || len(n.said) >= maxNamed {
		n.said = map[string]string{}
	}
	n.said[path] = message
	n.mu.Unlock()
	if !known {
		report(message)
	}
}
