package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"runtime"
	"testing"
)

// benchServer is a server with an ECDSA or an RSA key.
func benchServer(b *testing.B, rsa bool) *Server {
	b.Helper()
	r := server()
	if rsa {
		r.key = rsaKey(b, 2048)
	}
	s, err := New(Config{
		Certificate: put(b, in(b.TempDir(), "a.pem"), issue(b, nil, r).both(b)), Now: today, Roots: x509.NewCertPool(),
	})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// handshake runs both sides: half of the time is the client's.
func handshake(b *testing.B, dress func(net.Conn) *tls.Conn, client *tls.Config, conns func() (net.Conn, net.Conn)) bool {
	near, far := conns()
	server, c := dress(near), tls.Client(far, client)
	done := make(chan error, 1)
	go func() {
		err := server.Handshake()
		if err == nil {
			_, err = server.Write([]byte{1})
		}
		done <- err
	}()
	if err := c.Handshake(); err != nil {
		b.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err != nil {
		b.Fatal(err)
	}
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	resumed := server.ConnectionState().DidResume
	_, _ = near.Close(), far.Close()
	return resumed
}

// conns hands out pairs of connected sockets.
func conns(b *testing.B) func() (net.Conn, net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	return func() (net.Conn, net.Conn) {
		far, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		near, err := l.Accept()
		if err != nil {
			b.Fatal(err)
		}
		return near, far
	}
}

// BenchmarkConnect is what the handshakes below cost without TLS.
func BenchmarkConnect(b *testing.B) {
	next := conns(b)
	for b.Loop() {
		near, far := next()
		_, _ = near.Close(), far.Close()
	}
}

func BenchmarkHandshake(b *testing.B) {
	for _, kind := range []string{"ECDSA", "RSA"} {
		s := benchServer(b, kind == "RSA")
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			for _, curve := range []tls.CurveID{tls.X25519, tls.X25519MLKEM768, tls.CurveP256} {
				if curve == tls.X25519MLKEM768 && version == tls.VersionTLS12 {
					continue
				}
				b.Run(kind+"/"+tls.VersionName(version)+"/"+curve.String(), func(b *testing.B) {
					client := clientConfig(version)
					client.CurvePreferences = []tls.CurveID{curve}
					client.ClientSessionCache = nil
					b.ReportAllocs()
					next := conns(b)
					for b.Loop() {
						handshake(b, s.Session(anywhere(), anywhere()).Control, client, next)
					}
				})
			}
		}
	}
}

// BenchmarkResume is a data connection.
func BenchmarkResume(b *testing.B) {
	s := benchServer(b, false)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, curve := range []tls.CurveID{tls.X25519, tls.X25519MLKEM768} {
			if curve == tls.X25519MLKEM768 && version == tls.VersionTLS12 {
				continue
			}
			b.Run(tls.VersionName(version)+"/"+curve.String(), func(b *testing.B) {
				client := clientConfig(version)
				client.CurvePreferences = []tls.CurveID{curve}
				session := s.Session(anywhere(), anywhere())
				next := conns(b)
				handshake(b, session.Control, client, next)
				b.ReportAllocs()
				for b.Loop() {
					if !handshake(b, session.Data, client, next) {
						b.Fatal("not resumed")
					}
				}
			})
		}
	}
}

// BenchmarkSession is what a control connection costs that never asks for TLS.
func BenchmarkSession(b *testing.B) {
	s := benchServer(b, false)
	b.ReportAllocs()
	for b.Loop() {
		s.Session(anywhere(), anywhere())
	}
}

// BenchmarkIdle reports the memory of a session that has shaken hands on its control connection, and of one that has moved a
// file as well. A pipe in memory takes the place of sockets; the client's side is thrown away.
func BenchmarkIdle(b *testing.B) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, data := range []bool{false, true} {
			name := tls.VersionName(version) + "/control"
			if data {
				name += "+data"
			}
			b.Run(name, func(b *testing.B) {
				const sessions = 500
				s := benchServer(b, false)
				next := conns(b)
				for b.Loop() {
					before := inUse()
					type held struct {
						session *Session
						conn    *tls.Conn
					}
					var all []held
					for range sessions {
						session := s.Session(anywhere(), anywhere())
						client := clientConfig(version)
						var conn *tls.Conn
						handshake(b, func(c net.Conn) *tls.Conn { conn = session.Control(c); return conn }, client, next)
						if data {
							handshake(b, session.Data, client, next)
						}
						all = append(all, held{session, conn})
					}
					b.ReportMetric(float64(inUse()-before)/sessions, "B/session")
					runtime.KeepAlive(all)
				}
			})
		}
	}
}

func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
