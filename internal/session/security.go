package session

import (
	"context"
	"crypto/tls"
	"fmt"
	"strings"
	"time"

	"pureftpd/internal/ftp"
	"pureftpd/internal/record"
	"pureftpd/internal/tlsconf"
)

// A TLSLevel says what clients must protect by TLS. Each level includes the ones before it.
type TLSLevel uint8

// The levels of -Y.
const (
	TLSOff    TLSLevel = iota // there is no TLS
	TLSAsked                  // nothing: a client may ask for it
	TLSLogins                 // the control connection, before the login
	TLSData                   // data connections, too
)

// handshakeLimit is how long a client may take for the handshake of one connection.
const handshakeLimit = 30 * time.Second

// level is what this client must protect. Where clear text is allowed to his network, he may still ask for TLS.
func (s *Session) level() TLSLevel {
	if s.cfg.TLS > TLSAsked {
		for _, network := range s.cfg.ClearNetworks {
			if network.Contains(s.peer.Addr()) {
				return TLSAsked
			}
		}
	}
	return s.cfg.TLS
}

var errNoTLS = refuse(ftp.CodeSyntax, nil, "This server has no TLS")

// authVerb begins TLS on the control connection (RFC 4217, 4).
func (s *Session) authVerb(_ context.Context, mechanism string) (ftp.Reply, error) {
	switch name := strings.ToUpper(mechanism); {
	case name == "GSSAPI" || name == "KERBEROS_V4": // a client that tries these goes on without them (RFC 2228, 3)
		return ftp.Reply{}, refuse(ftp.CodeBadParameter, nil, "This server knows AUTH TLS only")
	case s.cfg.TLS == TLSOff:
		return ftp.Reply{}, errNoTLS
	case name != "TLS":
		return ftp.Reply{}, refuse(ftp.CodeSyntax, nil, "This server knows AUTH TLS only")
	case s.account != nil:
		return ftp.Reply{}, refuse(ftp.CodeSyntax, nil, "TLS begins before the login: reconnect, and send AUTH TLS first")
	case s.control.secured():
		return ftp.Say(ftp.CodeSecurityOK, "This connection is protected by TLS already"), nil
	case len(s.control.pending()) > 0:
		// Whoever sent it, the client or somebody on the way, it would be obeyed as if it had come protected.
		s.logf(record.Warning, "TLS: %d bytes came after AUTH TLS and before TLS began", len(s.control.pending()))
		s.ending = true
		return ftp.Reply{}, refuse(ftp.CodeNotAvailable, nil, "Nothing may follow AUTH TLS before TLS has begun; this session ends")
	}
	s.then = s.secure
	return ftp.Say(ftp.CodeSecurityOK, "Begin TLS now"), nil
}

// secure makes the control connection one of TLS. Without it the session ends.
func (s *Session) secure() {
	s.user = "" // it came unprotected (RFC 4217, 4)
	s.tls = s.parts.TLS.Session(s.local, s.peer)
	state, err := s.control.secure(s.tls.Control, handshakeLimit)
	if err != nil {
		s.tally.noHandshake(controlChannel, false)
		s.logf(record.Warning, "TLS: the handshake on the control connection failed: %v", err)
		s.ending, s.gone = true, true
		return
	}
	if name := s.tls.ServerName(); name != "" {
		s.logf(record.Info, "SNI: [%s]", name)
	}
	s.tally.handshake(controlChannel, state)
	s.logTLS(state)
}

// pbsz negotiates the size of a buffer that TLS does not need (RFC 4217, 9).
func (s *Session) pbsz(context.Context, string) (ftp.Reply, error) {
	if !s.control.secured() {
		return ftp.Reply{}, errNotSecured
	}
	return ftp.Say(ftp.CodeOK, "PBSZ=0"), nil
}

var errNotSecured = refuse(ftp.CodeBadSequence, nil, "Send AUTH TLS first")

// prot sets the protection level of data connections (RFC 4217, 9). S and E, which TLS does not part from P, are P.
func (s *Session) prot(_ context.Context, level string) (ftp.Reply, error) {
	switch {
	case !s.control.secured():
		return ftp.Reply{}, errNotSecured
	case level == "":
		return ftp.Reply{}, refuse(ftp.CodeBadSequence, nil, "Which level? C is clear, P is private")
	case level != "C" && level != "P" && level != "S" && level != "E":
		return ftp.Reply{}, refuse(ftp.CodePolicy, nil, fmt.Sprintf("Level %q is not supported: C is clear, P is private", level))
	}
	s.dummies = time.Time{} // which a refused PROT leaves alone
	s.private = level != "C"
	if !s.private {
		return ftp.Say(ftp.CodeOK, "Data connections are clear now"), nil
	}
	return ftp.Say(ftp.CodeOK, "Data connections are private now"), nil
}

// ccc ends TLS on the control connection, so that firewalls can follow it again (RFC 4217, 12.2).
func (s *Session) ccc(context.Context, string) (ftp.Reply, error) {
	switch {
	case !s.control.secured():
		return ftp.Reply{}, refuse(ftp.CodePolicy, nil, "This connection is clear already")
	case s.account == nil:
		return ftp.Reply{}, refuse(ftp.CodePolicy, nil, "Log in first: a password must not cross in the clear")
	}
	s.then = s.clear
	return ftp.Say(ftp.CodeOK, "This connection is clear now"), nil
}

// clear ends TLS once the reply to CCC is out. Data connections keep their level.
func (s *Session) clear() {
	if err := s.control.clear(s.idle); err != nil {
		s.logf(record.Warning, "TLS: it did not end after CCC: %v", err)
		s.ending, s.gone = true, true
	}
}

// logTLS writes what a connection is protected by, in the words that log readers know.
func (s *Session) logTLS(state tls.ConnectionState) {
	protocol, cipher, bits := tlsconf.Describe(state)
	s.log.WriteEvent(record.Info, fmt.Appendf(nil, "TLS: Enabled %s with %s, %d secret bits cipher", protocol, cipher, bits),
		record.Detail{Event: record.Protected})
}
