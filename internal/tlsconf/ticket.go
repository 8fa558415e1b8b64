package tlsconf

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
)

// A mark tells the tickets of one session from those of all others.
type mark [16]byte

// ticketPrefix begins our entry in a ticket's SessionState.Extra: the prefix, the mark, the server's name.
const ticketPrefix = "pureftpd\x00"

// wrap makes a ticket that carries the session's mark.
func (s *Session) wrap(cs tls.ConnectionState, state *tls.SessionState) ([]byte, error) {
	return s.ticket(s.mark, cs, state)
}

// wrapData makes a ticket for a data connection. One that has not resumed the session may be a stranger's, and in TLS 1.3 the
// tickets are out before he is refused: where resuming is to prove something, his carry a mark that nobody has.
func (s *Session) wrapData(cs tls.ConnectionState, state *tls.SessionState) ([]byte, error) {
	if s.server.config.Binding == BindOff || cs.DidResume {
		return s.wrap(cs, state)
	}
	var nobody mark
	_, _ = rand.Read(nobody[:]) // never fails
	return s.ticket(nobody, cs, state)
}

func (s *Session) ticket(m mark, cs tls.ConnectionState, state *tls.SessionState) ([]byte, error) {
	entry := make([]byte, 0, len(ticketPrefix)+len(m)+len(cs.ServerName))
	entry = append(entry, ticketPrefix...)
	entry = append(entry, m[:]...)
	entry = append(entry, cs.ServerName...)
	state.Extra = append(state.Extra, entry)
	return s.server.tickets.EncryptTicket(cs, state)
}

// unwrapOwn opens a ticket of this session, for a data connection. Any other leads to a full handshake.
func (s *Session) unwrapOwn(identity []byte, cs tls.ConnectionState) (*tls.SessionState, error) {
	state, m, _ := s.server.open(identity, cs)
	if state == nil || subtle.ConstantTimeCompare(m, s.mark[:]) != 1 {
		return nil, nil
	}
	return state, nil
}

// unwrapAny opens a ticket of any session with the same server name, for a control connection: a client that comes back
// saves both sides the costly half of the handshake. Where somebody else decides about certificates by name he is asked
// anew, so nothing is resumed.
func (s *Session) unwrapAny(identity []byte, cs tls.ConnectionState) (*tls.SessionState, error) {
	state, _, name := s.server.open(identity, cs)
	if state == nil || string(name) != cs.ServerName {
		return nil, nil
	}
	if s.server.config.External != nil && cleanName(cs.ServerName) != "" {
		return nil, nil
	}
	return state, nil
}

// open decrypts a ticket of this server. The state is nil if it is none.
func (s *Server) open(identity []byte, cs tls.ConnectionState) (state *tls.SessionState, m, name []byte) {
	state, err := s.tickets.DecryptTicket(identity, cs)
	if err != nil || state == nil {
		return nil, nil, nil
	}
	for _, entry := range state.Extra {
		rest, ours := bytes.CutPrefix(entry, []byte(ticketPrefix))
		if ours && len(rest) >= len(mark{}) {
			return state, rest[:len(mark{})], rest[len(mark{}):]
		}
	}
	return nil, nil, nil
}
