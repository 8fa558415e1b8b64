package control

// Stats are the counters of a Server.
type Stats struct {
	Connections int64 // now
	Strangers   int64 // connections cut off because their user has no rights
	Crowded     int64 // and because there were too many
}

// Stats returns them.
func (s *Server) Stats() Stats {
	g := s.gate
	return Stats{Connections: g.now.Load(), Strangers: g.strangers.Load(), Crowded: g.crowded.Load()}
}
