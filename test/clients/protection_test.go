//go:build clients

package clients

// A protection is how a client uses TLS, and what the server wants of it. The zero protection is none.
type protection struct {
	version  string // the only one that the client may speak: tls12 or tls13
	implicit bool   // TLS begins without AUTH TLS, at a port of its own
	fresh    bool   // data connections resume nothing
	binding  string // the server's TLSBinding
}

// The versions of TLS.
const (
	tls12 = "1.2"
	tls13 = "1.3"
)

// over returns the way under TLS that AUTH TLS begins, to a server with this TLSBinding.
func (w way) over(version, binding string) way {
	w.tls = protection{version: version, binding: binding}
	return w
}

// implicitly returns the way with TLS from the first byte on.
func (w way) implicitly() way {
	w.tls.implicit = true
	return w
}

// fresh returns the way with data connections that resume nothing.
func (w way) fresh() way {
	w.tls.fresh = true
	return w
}

func (p protection) on() bool { return p.version != "" }

func (p protection) String() string {
	if !p.on() {
		return ""
	}
	s := "-tls" + p.version
	if p.implicit {
		s += "-implicit"
	}
	if p.fresh {
		s += "-fresh"
	}
	return s + "-" + p.binding
}
