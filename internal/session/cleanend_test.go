package session

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A holder holds what is written back until something is written that need not be held.
type holder struct {
	net.Conn
	holding bool
	held    []byte
}

func (h *holder) Write(b []byte) (int, error) {
	if h.held = append(h.held, b...); h.holding {
		return len(b), nil
	}
	_, err := h.Conn.Write(h.held)
	h.held = nil
	return len(b), err
}

func TestUploadWithoutCloseNotify(t *testing.T) {
	for _, test := range []struct {
		name     string
		strict   bool
		before   func(*client) // what the client did earlier
		end      func(*tls.Conn, net.Conn) error
		code     string
		expected string
	}{
		{"of a client that never sends it", false, func(*client) {}, abruptly, "226", "content"},
		{"where it is demanded", true, func(*client) {}, abruptly, "451", "content"},
		{"of a client that has sent it before", false, func(c *client) { c.upload("g", "x", properly); c.want("226") }, abruptly, "451", "content"},
		{"within a record", false, func(*client) {}, func(_ *tls.Conn, raw net.Conn) error {
			_, err := raw.Write([]byte{23, 3, 3, 0, 100, 1, 2})
			return errors.Join(err, raw.Close())
		}, "451", "content"},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachVersion(t, func(t *testing.T, version uint16) {
				l := newTLSLab(t, func(c *Config) { c.NeedCloseNotify = test.strict })
				c := l.loginTLS(t, version)
				test.before(c)
				c.upload("f", "content", test.end)
				c.want(test.code)
				if got := l.read(t, "f"); got != test.expected {
					t.Errorf("the file holds %q; want %q", got, test.expected)
				}
				c.do("PWD", "257")
				l.journal.expect(t, "close_notify")
			})
		})
	}
}

// With -0 a truncated upload must not replace the file.
func TestTruncatedAtomicUploadLeavesTheOldFile(t *testing.T) {
	l := newTLSLab(t, func(c *Config) { c.NeedCloseNotify, c.AtomicUploads = true, true })
	l.write(t, "f", "old")
	c := l.loginTLS(t, tls.VersionTLS13)
	c.upload("f", "new, but not all of it", abruptly)
	c.want("451")
	if got := l.read(t, "f"); got != "old" {
		t.Errorf("the file holds %q; want the old one", got)
	}
}

// A client that is killed ends both connections at once, and over TLS perhaps with an alert on the control connection.
func TestClientThatIsGoneDoesNotReplaceAFile(t *testing.T) {
	for name, leave := range map[string]func(*client) error{
		"with close_notify":    func(c *client) error { return c.conn.Close() },
		"without close_notify": func(c *client) error { return c.raw.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			l := newTLSLab(t, func(c *Config) { c.AtomicUploads = true })
			l.write(t, "f", "old")
			c := l.loginTLS(t, tls.VersionTLS13)
			data, _ := c.private("STOR f")
			if _, err := io.WriteString(data, "new, but not all of it"); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(leave(c), data.Close()); err != nil {
				t.Fatal(err)
			}
			l.journal.expect(t, "Logout.")
			if got := l.read(t, "f"); got != "old" {
				t.Errorf("the file holds %q; want the old one", got)
			}
		})
	}
}

func TestQuitAfterAnUploadIsNoHangUp(t *testing.T) {
	l := newTLSLab(t, func(c *Config) { c.AtomicUploads = true })
	l.write(t, "f", "old")
	c := l.loginTLS(t, tls.VersionTLS13)
	data, _ := c.private("STOR f")
	if _, err := io.WriteString(data, "new"); err != nil {
		t.Fatal(err)
	}
	c.send("QUIT")
	if err := errors.Join(c.conn.(*tls.Conn).CloseWrite(), c.raw.(*holder).Conn.(*net.TCPConn).CloseWrite(), data.Close()); err != nil {
		t.Fatal(err)
	}
	c.want("226")
	c.want("221")
	if got := l.read(t, "f"); got != "new" {
		t.Errorf("the file holds %q; want the new one", got)
	}
}

func TestAborOverTLS(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		l := newTLSLab(t, nil)
		l.write(t, "big", strings.Repeat("x", 64<<20))
		c := l.loginTLS(t, version)
		data, _ := c.private("RETR big")
		if _, err := io.ReadFull(data, make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		c.do("STAT", "211")
		c.send("NOOP", "\xff\xf4\xff\xf2ABOR")
		for _, code := range []string{"426", "200", "226"} { // RETR, NOOP, ABOR
			c.want(code)
		}
		if _, err := io.Copy(io.Discard, data); err == nil {
			t.Error("the end of an aborted download looks like the end of the file")
		}

		c.passive() // and says nothing: ABOR ends the wait for the handshake
		c.do("STOR new", "150")
		c.do("STAT", "211")
		c.send("ABOR")
		c.want("426")
		c.want("226")
		if _, err := os.Stat(filepath.Join(l.home, "new")); err == nil {
			t.Error("an upload that never began left a file")
		}
		c.do("PWD", "257")
	})
}

// The watcher's reads are interrupted at the end of each transfer, in the middle of a record if it comes to that.
func TestInterruptedReadsLoseNothing(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		l := newTLSLab(t, nil)
		c := l.loginTLS(t, version)
		for range 5 {
			data, _ := c.private("STOR f")
			time.Sleep(2 * watchDelay) // until the watcher reads
			hold := c.raw.(*holder)
			hold.holding = true
			c.send("PWD")
			hold.holding = false
			half := hold.held[:7]
			hold.held = hold.held[7:]
			if _, err := hold.Conn.Write(half); err != nil {
				t.Fatal(err)
			}
			time.Sleep(watchDelay)
			if err := data.Close(); err != nil {
				t.Fatal(err)
			}
			c.want("226")
			if _, err := hold.Write(nil); err != nil {
				t.Fatal(err)
			}
			c.want("257")
		}
	})
}

func TestIdleSessionEndsOverTLS(t *testing.T) {
	c := newTLSLab(t, nil).loginTLS(t, tls.VersionTLS13)
	c.do("SITE IDLE 0", "200")
	c.want("421")
	if _, err := c.in.ReadByte(); err != io.EOF {
		t.Errorf("after the 421 the client reads %v; want the end of TLS", err)
	}
}

func TestDrainEndsSessionsOverTLS(t *testing.T) {
	c := newTLSLab(t, nil).loginTLS(t, tls.VersionTLS13)
	c.session.Drain()
	c.want("421")

	c = newTLSLab(t, nil).connect(t)
	c.do("AUTH TLS", "234")
	c.session.Drain() // before or in the handshake
	if _, err := io.ReadAll(c.in); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("a session goes on in the handshake after Drain")
	}
}

func TestSilentHandshakesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTLSLab(t, nil)
		for _, silent := range []string{"explicit", "implicit"} {
			server, conn := net.Pipe()
			open := l.handler.Open
			if silent == "implicit" {
				open = l.handler.OpenImplicit
			}
			done := make(chan struct{})
			s := open(server)
			go func() { defer close(done); s.Serve(t.Context()) }()
			c := &client{t: t, conn: conn, in: bufio.NewReader(conn)}
			if silent == "explicit" {
				c.want("220")
				c.do("AUTH TLS", "234")
			}
			began := time.Now()
			go io.Copy(io.Discard, conn)
			<-done
			if took := time.Since(began); took < handshakeLimit || took > handshakeLimit+deadlineSlack {
				t.Errorf("%s: a silent client was held for %v; want %v", silent, took, handshakeLimit)
			}
			conn.Close()
		}
	})
}

// Symptom: each login of a GnuTLS client took 40 ms more, which is how long the kernel delays an acknowledgement.
func TestHandshakeInPiecesIsFast(t *testing.T) {
	const delayed = 30 * time.Millisecond
	l := newTLSLab(t, nil)
	var took []time.Duration
	for range 9 {
		c := l.connect(t)
		c.do("AUTH TLS", "234")
		if err := c.conn.(*net.TCPConn).SetNoDelay(false); err != nil {
			t.Fatal(err)
		}
		conn := tls.Client(pieces{c.conn}, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12})
		began := time.Now()
		if err := conn.Handshake(); err != nil { // in TLS 1.2 we speak last
			t.Fatal(err)
		}
		took = append(took, time.Since(began))
		c.conn, c.in = conn, bufio.NewReader(conn)
		c.do("NOOP", "200")
	}
	if slices.Sort(took); took[len(took)/2] >= delayed {
		t.Errorf("handshakes took %v; want most below %v", took, delayed)
	}
}

// pieces writes TLS record by record, as GnuTLS does.
type pieces struct{ net.Conn }

func (p pieces) Write(b []byte) (int, error) {
	const header = 5 // its last two bytes are the length of what follows (RFC 8446, 5.1)
	done := 0
	for done < len(b) {
		n := header + int(binary.BigEndian.Uint16(b[done+3:]))
		if _, err := p.Conn.Write(b[done : done+n]); err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}
