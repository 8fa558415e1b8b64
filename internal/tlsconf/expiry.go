package tlsconf

import "time"

// Expiry is when the first of the certificates that sessions begin with expires; those above them in its chain count as well. What Config.External has is
// not known.
func (s *Server) Expiry() time.Time {
	shot := s.current.Load()
	first := shot.main.expiry()
	for _, u := range shot.dir {
		if t := u.expiry(); t.Before(first) {
			first = t
		}
	}
	return first
}

func (p *pair) expiry() time.Time {
	first := p.leaf().NotAfter
	for _, cert := range p.chain {
		if cert.NotAfter.Before(first) {
			first = cert.NotAfter
		}
	}
	return first
}
