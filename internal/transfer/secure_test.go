package transfer

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"time"
)

// tlsConfigs are both ends' configurations for one version of TLS.
var tlsConfigs = sync.OnceValue(func() (ends struct{ server, client *tls.Config }) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"ftp.example"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	ends.server = &tls.Config{
		Certificates:                []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		DynamicRecordSizingDisabled: true,
	}
	ends.client = &tls.Config{InsecureSkipVerify: true} // the certificate is the test's own
	return ends
})

// versions are the versions of TLS that every test here runs with.
var versions = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

// secured returns both ends of a data connection with TLS over it. The client's TCP connection is there to be misused.
func secured(t testing.TB, version uint16) (*Secure, *tls.Conn, *net.TCPConn) {
	t.Helper()
	conn, raw := connected(t)
	server, client := tlsConfigs().server.Clone(), tlsConfigs().client.Clone()
	server.MinVersion, server.MaxVersion = version, version
	s := NewSecure(conn, func(under net.Conn) *tls.Conn { return tls.Server(under, server) })
	c := tls.Client(raw, client)
	done := make(chan error, 1)
	go func() { done <- c.Handshake() }()
	if err := s.Handshake(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := raw.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return s, c, raw
}

// eachVersion runs a test for every version of TLS.
func eachVersion(t *testing.T, test func(t *testing.T, version uint16)) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) { test(t, version) })
	}
}

func TestSecureSend(t *testing.T) {
	copier := newCopier(t)
	eachVersion(t, func(t *testing.T, version uint16) {
		for _, size := range []int{0, 1, 4096, smallSize - 1, smallSize, smallSize + 1, 3 << 20} {
			for _, ascii := range []bool{false, true} {
				data := noise(size)
				want := data
				if ascii {
					want = bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
				}
				s, c, raw := secured(t, version)
				got := make(chan []byte, 1)
				go func() {
					all, err := io.ReadAll(c)
					if err != nil {
						t.Errorf("Send(%d): the client reads %v", size, err)
					}
					got <- all
				}()
				var progress Progress
				res := copier.Send(s, Job{File: scratch(t, data), Size: int64(size), ASCII: ascii, Progress: &progress})
				if err := s.Close(); err != nil || res.Err != nil || res.Wire != int64(len(want)) || progress.Bytes() != res.Wire {
					t.Errorf("Send(%d, ascii %v) = %+v, %d, %v; want %d bytes", size, ascii, res, progress.Bytes(), err, len(want))
				}
				if !bytes.Equal(<-got, want) {
					t.Errorf("Send(%d, ascii %v): other bytes arrive", size, ascii)
				}
				raw.Close()
			}
		}
	})
}

// Without the alert a client cannot know that it has the whole file (RFC 8446, 6.1).
func TestSecureSendEndsWithCloseNotify(t *testing.T) {
	copier := newCopier(t)
	eachVersion(t, func(t *testing.T, version uint16) {
		s, c, raw := secured(t, version)
		res := copier.Send(s, Job{File: scratch(t, noise(100)), Size: 100})
		if res.Err != nil {
			t.Fatal(res.Err)
		}
		if all, err := io.ReadAll(c); err != nil || len(all) != 100 { // the connection is open: only the alert can have ended it
			t.Errorf("the client reads %d bytes, %v; want 100 and the end", len(all), err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		raw.Close()
	})
}

func TestSecureReceive(t *testing.T) {
	copier := newCopier(t)
	eachVersion(t, func(t *testing.T, version uint16) {
		for _, size := range []int{0, 1, 4096, smallSize, 3 << 20} {
			data := noise(size)
			s, c, raw := secured(t, version)
			answered := make(chan error, 1)
			go func() {
				_, err := c.Write(data)
				if err = errors.Join(err, c.CloseWrite()); err == nil {
					// Python's ftplib waits for our alert before it reads the reply.
					_, err = c.Read(make([]byte, 1))
				}
				answered <- err
			}()
			f := scratch(t, nil)
			res := copier.Receive(s, Job{File: f})
			if err := s.Close(); err != nil || res.Err != nil || res.File != int64(size) || s.Truncated() {
				t.Errorf("Receive(%d) = %+v, %v; want all bytes", size, res, err)
			}
			if err := <-answered; err != io.EOF {
				t.Errorf("Receive(%d): the client's end is answered by %v; want close_notify", size, err)
			}
			if got, err := os.ReadFile(f.Name()); err != nil || !bytes.Equal(got, data) {
				t.Errorf("Receive(%d): the file differs, %v", size, err)
			}
			raw.Close()
		}
	})
}

// pieces is a connection that sends no more than so many bytes at once.
type pieces struct {
	*net.TCPConn
	size int
}

func (p pieces) Write(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var wrote int
		wrote, err = p.TCPConn.Write(b[n:min(len(b), n+p.size)])
		n += wrote
		time.Sleep(20 * time.Microsecond)
	}
	return n, err
}

// TestSecureReceivesPieces: records arrive cut anywhere, also within their headers, and still make a whole.
func TestSecureReceivesPieces(t *testing.T) {
	copier := newCopier(t)
	eachVersion(t, func(t *testing.T, version uint16) {
		for _, size := range []int{1, 3, 7, 5000} {
			data := noise(size * 300)
			conn, raw := connected(t)
			server, client := tlsConfigs().server.Clone(), tlsConfigs().client.Clone()
			server.MinVersion, server.MaxVersion = version, version
			s := NewSecure(conn, func(under net.Conn) *tls.Conn { return tls.Server(under, server) })
			c := tls.Client(pieces{raw, size}, client)
			sent := make(chan error, 1)
			go func() {
				var err error
				for rest := data; len(rest) > 0 && err == nil; rest = rest[size*50:] {
					_, err = c.Write(rest[:size*50]) // a record or more
				}
				sent <- errors.Join(err, c.CloseWrite())
			}()
			if err := s.Handshake(10 * time.Second); err != nil {
				t.Fatal(err)
			}
			f := scratch(t, nil)
			res := copier.Receive(s, Job{File: f})
			if err := errors.Join(res.Err, <-sent, s.Close()); err != nil || s.Truncated() {
				t.Errorf("Receive in pieces of %d bytes = %+v, %v", size, res, err)
			}
			if got, err := os.ReadFile(f.Name()); err != nil || !bytes.Equal(got, data) {
				t.Errorf("Receive in pieces of %d bytes: the file differs, %v", size, err)
			}
		}
	})
}

func TestSecureTruncation(t *testing.T) {
	copier := newCopier(t)
	for _, test := range []struct {
		name    string
		lenient bool
		end     func(*net.TCPConn) // after 1000 bytes
		want    error
	}{
		{"end between records", false, func(raw *net.TCPConn) { raw.Close() }, ErrTruncated},
		{"end between records, lenient", true, func(raw *net.TCPConn) { raw.Close() }, nil},
		{"end within a record, lenient", true, func(raw *net.TCPConn) {
			raw.Write([]byte{23, 3, 3, 0, 100, 1, 2, 3}) // its length says 100 bytes
			raw.Close()
		}, ErrTruncated},
		{"end within the header of a record, lenient", true, func(raw *net.TCPConn) {
			raw.Write([]byte{23, 3, 3})
			raw.Close()
		}, ErrTruncated},
		{"no record at all, lenient", true, func(raw *net.TCPConn) {
			io.WriteString(raw, "this is not TLS any more")
			raw.Close()
		}, tls.RecordHeaderError{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachVersion(t, func(t *testing.T, version uint16) {
				s, c, raw := secured(t, version)
				s.Lenient = test.lenient
				go func() {
					c.Write(noise(1000))
					test.end(raw)
				}()
				f := scratch(t, nil)
				res := copier.Receive(s, Job{File: f})
				s.Close()
				header, isHeader := errors.AsType[tls.RecordHeaderError](res.Err)
				_, wantHeader := test.want.(tls.RecordHeaderError)
				switch {
				case res.File != 1000:
					t.Errorf("Receive() = %+v; want the 1000 bytes that came", res)
				case wantHeader && (!isHeader || res.Cause() != PeerReset):
					t.Errorf("Receive() = %+v, %v; want a record header error", res, header)
				case !wantHeader && !errors.Is(res.Err, test.want):
					t.Errorf("Receive() = %+v; want %v", res, test.want)
				case !wantHeader && !s.Truncated():
					t.Error("Truncated() = false; want true")
				}
			})
		})
	}
}

func TestSecureAbortAndStall(t *testing.T) {
	cause := errors.New("enough")
	for _, way := range []string{"send", "receive"} {
		for _, by := range []string{"abort", "stall"} {
			t.Run(way+"/"+by, func(t *testing.T) {
				eachVersion(t, func(t *testing.T, version uint16) {
					copier := newCopier(t)
					s, c, _ := secured(t, version)
					if by == "stall" {
						s.conn.SetStall(50 * time.Millisecond)
					}
					job := Job{File: scratch(t, noise(32<<20)), Size: 32 << 20, Progress: new(Progress)}
					done := make(chan Result, 1)
					go func() {
						if way == "send" {
							done <- copier.Send(s, job) // nobody reads
						} else {
							done <- copier.Receive(s, job) // 1000 bytes come, and no more
						}
					}()
					if way == "receive" {
						if _, err := c.Write(noise(1000)); err != nil {
							t.Fatal(err)
						}
					}
					if by == "abort" {
						eventually(t, "something moved", func() bool { return job.Progress.Bytes() > 0 })
						s.conn.Abort(cause)
					}
					res := <-done
					if by == "abort" && (res.Cause() != Aborted || !errors.Is(res.Err, cause)) || by == "stall" && res.Cause() != Stalled {
						t.Errorf("%s, then %s: %+v", way, by, res)
					}
					if err := s.Close(); err != nil {
						t.Error(err)
					}
					// The peer must not take this for the end of the file.
					if _, err := io.Copy(io.Discard, c); err == nil {
						t.Errorf("%s, then %s: the client sees an orderly end", way, by)
					}
				})
			})
		}
	}
}

func TestSecureHandshakeFails(t *testing.T) {
	for name, client := range map[string]func(*net.TCPConn){
		"no TLS":  func(raw *net.TCPConn) { io.WriteString(raw, "RETR me, please\r\n") },
		"nothing": func(raw *net.TCPConn) {},
		"gone":    func(raw *net.TCPConn) { raw.CloseWrite() },
		"refused version": func(raw *net.TCPConn) {
			tls.Client(raw, &tls.Config{MaxVersion: tls.VersionTLS10, InsecureSkipVerify: true}).Handshake()
		},
	} {
		t.Run(name, func(t *testing.T) {
			conn, raw := connected(t)
			s := NewSecure(conn, func(under net.Conn) *tls.Conn { return tls.Server(under, tlsConfigs().server) })
			go client(raw)
			began := time.Now()
			if err := s.Handshake(200 * time.Millisecond); err == nil {
				t.Error("Handshake() = nil; want an error")
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("Handshake() took %v; want at most the limit", took)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if !closed(raw) {
				t.Error("the connection is still open")
			}
		})
	}
}

// A close with something unread resets the connection, and the end of a download would be lost.
func TestSecureCloseWithUnreadInput(t *testing.T) {
	copier := newCopier(t)
	s, c, raw := secured(t, tls.VersionTLS13)
	if _, err := c.Write(noise(4000)); err != nil { // nobody asked for it
		t.Fatal(err)
	}
	eventually(t, "the bytes are there", func() bool { return Ended(raw) || unread(s.conn) })
	const size = 256 << 10
	got := make(chan error, 1)
	res := make(chan Result, 1)
	go func() {
		res <- copier.Send(s, Job{File: scratch(t, noise(size)), Size: size})
		s.Close()
	}()
	go func() {
		time.Sleep(20 * time.Millisecond) // the server has closed before the client begins to read
		all, err := io.ReadAll(c)
		if err == nil && len(all) != size {
			err = fmt.Errorf("%d bytes", len(all))
		}
		got <- err
	}()
	if err := <-got; err != nil {
		t.Errorf("the client reads %v; want everything", err)
	}
	if r := <-res; r.Err != nil {
		t.Errorf("Send() = %+v", r)
	}
}

func TestEnded(t *testing.T) {
	conn, client := connected(t)
	defer conn.Close()
	if Ended(client) {
		t.Error("Ended() = true for an open connection")
	}
	if _, err := conn.Write([]byte("not read yet")); err != nil {
		t.Fatal(err)
	}
	if Ended(client) {
		t.Error("Ended() = true for an open connection with something to read")
	}
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end is noticed", func() bool { return Ended(client) })
	if HungUp(client) {
		t.Error("HungUp() = true with something to read")
	}
}

// GnuTLS writes its half of the handshake record by record, and leaves Nagle's algorithm on: the second record waits until we
// acknowledge the first one.
func TestSecureHandshakeOfAClientThatWritesInPiecesIsFast(t *testing.T) {
	const delayed = 30 * time.Millisecond // less than the kernel delays an acknowledgement by, which is 40
	eachVersion(t, func(t *testing.T, version uint16) {
		var took []time.Duration
		for range 9 {
			conn, raw := connected(t)
			if err := raw.SetNoDelay(false); err != nil {
				t.Fatal(err)
			}
			server := tlsConfigs().server.Clone()
			server.MinVersion, server.MaxVersion = version, version
			s := NewSecure(conn, func(under net.Conn) *tls.Conn { return tls.Server(under, server) })
			c := tls.Client(recordwise{raw}, tlsConfigs().client.Clone())
			done := make(chan error, 1)
			go func() { done <- c.Handshake() }()
			began := time.Now()
			if err := errors.Join(s.Handshake(10*time.Second), <-done); err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(began))
			if err := errors.Join(raw.Close(), s.Close()); err != nil {
				t.Fatal(err)
			}
		}
		if slices.Sort(took); took[len(took)/2] >= delayed {
			t.Errorf("handshakes took %v; want most below %v", took, delayed)
		}
	})
}

// recordwise writes TLS record by record.
type recordwise struct{ *net.TCPConn }

func (p recordwise) Write(b []byte) (int, error) {
	const header = 5 // its last two bytes are the length of what follows (RFC 8446, 5.1)
	done := 0
	for done < len(b) {
		n := header + int(binary.BigEndian.Uint16(b[done+3:]))
		if _, err := p.TCPConn.Write(b[done : done+n]); err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}
