package server

import "net"

// implicit is a listener whose clients begin with TLS.
type implicit struct{ net.Listener }

// Implicit marks a listener: its clients begin with TLS, as on the port 990, and read no greeting before.
func Implicit(l net.Listener) net.Listener { return implicit{l} }
