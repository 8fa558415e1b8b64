package control

import (
	"slices"

	"pureftpd/internal/identity"
)

// A Role is what somebody may do. Each includes the ones before.
type Role uint8

// The roles.
const (
	Nobody   Role = iota // nothing
	Viewer               // see sessions and counters
	Operator             // end sessions, send messages, change limits, ban; see whole pathnames
	Admin                // everything: stop, reload, read settings, follow dialogues
)

func (r Role) String() string {
	return [...]string{"nobody", "viewer", "operator", "admin"}[r]
}

// Rights say who has which role.
type Rights struct {
	// Owner is the user who started the server, an Admin as root is. It is never the user that a server at rest becomes:
	// other programs may run as nobody, too.
	Owner                      uint32
	Viewers, Operators, Admins []uint32 // groups
}

// Open reports whether anybody but root and the owner has a role.
func (r Rights) Open() bool { return len(r.Viewers)+len(r.Operators)+len(r.Admins) > 0 }

// of is the highest role that somebody has.
func (r Rights) of(p identity.Peer) Role {
	switch {
	case p.UID == 0 || p.UID == r.Owner || slices.ContainsFunc(r.Admins, p.In):
		return Admin
	case slices.ContainsFunc(r.Operators, p.In):
		return Operator
	case slices.ContainsFunc(r.Viewers, p.In):
		return Viewer
	}
	return Nobody
}
