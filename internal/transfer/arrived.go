package transfer

// Arrived returns the next data connection of this lease if the client has made it already, as it usually has. It never
// waits. An ended lease has none: Accept tells why.
func (l *Lease) Arrived() (*Conn, bool) {
	a, ok, err := l.take(false)
	if !ok && err == nil {
		l.drain() // it may be in the kernel's queue
		a, ok, _ = l.take(false)
	}
	return a.conn(ok), ok
}
