package transfer

import (
	"crypto/tls"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// bareTLS is what the package is measured against: crypto/tls over a *net.TCPConn, and a copy loop.
func bareTLS(b *testing.B, version uint16) (*tls.Conn, *tls.Conn) {
	b.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	raw, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	server, client := tlsConfigs().server.Clone(), tlsConfigs().client.Clone()
	server.MaxVersion = version
	s, c := tls.Server(accepted, server), tls.Client(raw, client)
	go c.Handshake()
	if err := s.Handshake(); err != nil {
		b.Fatal(err)
	}
	return s, c
}

// cpu has a benchmark report the processor time of both ends together, which other work on the machine disturbs less than the clock.
// The end of the benchmark calls what it returns.
func cpu(b *testing.B) func() {
	used := func() float64 {
		var u unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return float64(u.Utime.Nano() + u.Stime.Nano())
	}
	before := used()
	return func() { b.ReportMetric((used()-before)/float64(b.N), "cpu-ns/op") }
}

// BenchmarkSecureLarge moves one large file over TLS and compares with the bare loops in the same run.
func BenchmarkSecureLarge(b *testing.B) {
	path := b.TempDir() + "/large"
	if err := os.WriteFile(path, make([]byte, large), 0o600); err != nil {
		b.Fatal(err)
	}
	drain := func(c *tls.Conn, done chan<- error) {
		_, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{c}, make([]byte, 256<<10))
		done <- err
	}
	fill := func(c *tls.Conn, done chan<- error) {
		buf := make([]byte, 256<<10)
		for range large / len(buf) {
			if _, err := c.Write(buf); err != nil {
				done <- err
				return
			}
		}
		done <- c.Close()
	}
	for _, way := range []string{"send", "receive"} {
		client := drain
		if way == "receive" {
			client = fill
		}
		b.Run(way+"/bare", func(b *testing.B) {
			b.SetBytes(large)
			b.ReportAllocs()
			defer cpu(b)()
			buf := make([]byte, 64<<10)
			for b.Loop() {
				file, err := os.OpenFile(path, os.O_RDWR, 0)
				if err != nil {
					b.Fatal(err)
				}
				s, c := bareTLS(b, tls.VersionTLS13)
				done := make(chan error, 1)
				go client(c, done)
				if way == "send" {
					_, err = io.CopyBuffer(struct{ io.Writer }{s}, struct{ io.Reader }{file}, buf)
				} else {
					_, err = io.CopyBuffer(struct{ io.Writer }{file}, struct{ io.Reader }{s}, buf)
				}
				if err != nil {
					b.Fatal(err)
				}
				s.Close()
				if err := <-done; err != nil {
					b.Fatal(err)
				}
				c.Close()
				file.Close()
			}
		})
		b.Run(way+"/ours", func(b *testing.B) {
			b.SetBytes(large)
			b.ReportAllocs()
			defer cpu(b)()
			copier := newCopier(b)
			for b.Loop() {
				file, err := os.OpenFile(path, os.O_RDWR, 0)
				if err != nil {
					b.Fatal(err)
				}
				s, c, _ := secured(b, tls.VersionTLS13)
				done := make(chan error, 1)
				go client(c, done)
				var res Result
				if way == "send" {
					res = copier.Send(s, Job{File: osFile{file}, Size: large})
				} else {
					res = copier.Receive(s, Job{File: osFile{file}})
				}
				s.Close()
				if err := <-done; err != nil || res.Err != nil || res.Wire != large {
					b.Fatalf("%+v, %v", res, err)
				}
				file.Close()
			}
		})
	}
}

// BenchmarkSecureSmall sends a small file over connections that resume one session, as clients do.
func BenchmarkSecureSmall(b *testing.B) {
	const size = 64 << 10
	copier := newCopier(b)
	l := reserve(b, newPassive(b, Config{Spread: 1}), nil)
	f := scratch(b, make([]byte, size))
	client := tlsConfigs().client.Clone()
	client.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	client.ServerName = "ftp.example"
	server := tlsConfigs().server.Clone()
	next, done := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		buf := make([]byte, 256<<10)
		for range next {
			raw, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: loopback.AsSlice(), Port: int(l.Port())})
			if err != nil {
				done <- err
				return
			}
			c := tls.Client(raw, client)
			for err == nil {
				_, err = c.Read(buf)
			}
			c.Close()
			if err != io.EOF {
				done <- err
				return
			}
		}
		done <- nil
	}()
	b.SetBytes(size)
	b.ReportAllocs()
	defer cpu(b)()
	for b.Loop() {
		next <- struct{}{}
		c, err := l.Accept(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		s := NewSecure(c, func(under net.Conn) *tls.Conn { return tls.Server(under, server) })
		if err := s.Handshake(10 * time.Second); err != nil {
			b.Fatal(err)
		}
		res := copier.Send(s, Job{File: f, Size: size})
		if s.Close(); res.Err != nil || res.File != size {
			b.Fatalf("%+v", res)
		}
	}
	close(next)
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}
