package tlsconf

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// ErrNotResumed is the error of a data connection's handshake that had to resume the session of the control connection,
// and did not.
var ErrNotResumed = errors.New("the data connection does not resume the TLS session of its control connection")

// A Session is what the TLS connections of one FTP session have in common: a random mark that its tickets carry, and the
// certificate that the client has seen.
type Session struct {
	server *Server
	local  netip.Addr
	mark   mark
	name   string                          // SNI of the control handshake
	chosen atomic.Pointer[tls.Certificate] // by the control handshake; nil if it resumed an earlier one
	data   func() *tls.Config
}

// Session makes the TLS side of the control connection between two addresses. Without a name in the handshake, the local
// address chooses the certificate.
func (s *Server) Session(local, _ netip.AddrPort) *Session {
	session := &Session{server: s, local: local.Addr().Unmap()}
	// crypto/rand.Read never fails.
	_, _ = rand.Read(session.mark[:])
	session.data = sync.OnceValue(session.dataConfig)
	return session
}

// Control dresses the control connection. The handshake is the caller's.
func (s *Session) Control(conn net.Conn) *tls.Conn {
	s.server.refresh()
	c := s.server.current.Load().config.Clone()
	c.NextProtos = []string{"ftp"} // who offers others only is no client of ours (ALPACA)
	c.GetCertificate = s.controlCertificate
	c.WrapSession = s.wrap
	c.UnwrapSession = s.unwrapAny
	c.VerifyConnection = func(state tls.ConnectionState) error {
		s.name = cleanName(state.ServerName)
		return nil
	}
	return tls.Server(conn, c)
}

// Data dresses a data connection. The handshake is the caller's; its error is ErrNotResumed if the Binding asks for a
// ticket of this session and there was none.
func (s *Session) Data(conn net.Conn) *tls.Conn { return tls.Server(conn, s.data()) }

func (s *Session) dataConfig() *tls.Config {
	c := s.server.current.Load().config.Clone()
	c.NextProtos = []string{"ftp-data", "ftp"}
	c.DynamicRecordSizingDisabled = true // a file is wanted as a whole: full records from its first byte on
	c.GetCertificate = s.dataCertificate
	c.WrapSession = s.wrapData
	c.UnwrapSession = s.unwrapOwn
	if s.server.config.Binding == BindRequire {
		c.VerifyConnection = func(state tls.ConnectionState) error {
			if !state.DidResume {
				return ErrNotResumed
			}
			return nil
		}
	}
	return c
}

// ServerName is the name that the client asked for in the control handshake, as it was sent. It is empty if there was none
// or it holds more than letters, digits, dots, dashes and underscores.
func (s *Session) ServerName() string { return s.name }

// maxServerName bounds a name that clients ask for.
const maxServerName = 255

// cleanName is name if it may be logged and asked for, else empty.
func cleanName(name string) string {
	if len(name) > maxServerName {
		return ""
	}
	for i := range len(name) {
		switch c := name[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '.', c == '-', c == '_':
		default:
			return ""
		}
	}
	return name
}

// controlCertificate chooses the certificate of the session.
func (s *Session) controlCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	cert, err := s.server.certificate(hello, func() *tls.Certificate {
		return s.server.current.Load().choose(hello, s.local)
	})
	if err == nil {
		s.chosen.Store(cert)
	}
	return cert, err
}

// dataCertificate is the one of the control connection even if the file has changed since: clients compare.
func (s *Session) dataCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if cert := s.chosen.Load(); cert != nil {
		return cert, nil
	}
	return s.server.current.Load().choose(hello, s.local), nil
}
