package session

import (
	"net"
	"os"
	"runtime"
	"testing"
)

// A waiting session must stay small, with TLS too: what a handshake needed is given back. The figure includes goroutines and the
// client's descriptors, and nothing of the kernel's.
func TestIdleSessionOverTLSIsSmall(t *testing.T) {
	const sessions, limit = 200, 48 << 10
	eachVersion(t, func(t *testing.T, version uint16) {
		l := newTLSLab(t, nil)
		held := make([]*os.File, 0, sessions)
		open := func() {
			c := l.loginTLS(t, version)
			f, err := c.raw.(*holder).Conn.(*net.TCPConn).File()
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, f)
			c.conn, c.in, c.tls, c.raw = c.raw.(*holder).Conn, nil, nil, nil // the client's end is not what is measured
		}
		open() // what is made once
		before := inUse()
		for range sessions {
			open()
		}
		each := (inUse() - before) / sessions
		t.Logf("%d bytes for a session", each)
		if each > limit {
			t.Errorf("an idle session takes %d bytes; want at most %d", each, limit)
		}
		for _, f := range held {
			f.Close()
		}
	})
}

// inUse is the memory of the heap and of stacks, after what can be freed was.
func inUse() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc + m.StackInuse)
}
