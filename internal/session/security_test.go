package session

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pureftpd/internal/tlsconf"
)

// newTLS makes the TLS side of a lab, if it has one.
func newTLS(t testing.TB, c Config) *tlsconf.Server {
	t.Helper()
	if c.TLS == TLSOff {
		return nil
	}
	config := tlsconf.Config{SelfSigned: tlsconf.SelfSignedAlways, Names: []string{"ftp.example"}, Binding: c.DataBinding}
	if c.CertifiedLogin {
		config.Clients, config.ClientCA = tlsconf.ClientsMay, filepath.Join(t.TempDir(), "ca.pem")
		block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority().Certificate[0]})
		if err := os.WriteFile(config.ClientCA, block, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := tlsconf.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newTLSLab(t testing.TB, change func(*Config)) *lab {
	t.Helper()
	return newLab(t, func(c *Config) {
		c.TLS = TLSAsked
		if change != nil {
			change(c)
		}
	})
}

// secure lays TLS over a client's control connection.
func (c *client) secure(version uint16) {
	c.t.Helper()
	c.tls = &tls.Config{
		InsecureSkipVerify: true, // the certificate is the test's own
		MaxVersion:         version, ServerName: "ftp.example", NextProtos: []string{"ftp"},
		ClientSessionCache: tls.NewLRUClientSessionCache(1),
	}
	if c.certificate != nil {
		c.tls.Certificates = []tls.Certificate{*c.certificate}
	}
	c.raw = &holder{Conn: c.conn}
	conn := tls.Client(c.raw, c.tls)
	if err := conn.Handshake(); err != nil {
		c.t.Fatal(err)
	}
	c.conn, c.in = conn, bufio.NewReader(conn)
}

// loginTLS logs in after AUTH TLS and asks for private data connections.
func (l *lab) loginTLS(t testing.TB, version uint16) *client {
	t.Helper()
	c := l.connect(t)
	c.do("AUTH TLS", "234")
	c.secure(version)
	c.do("USER ann", "331")
	c.do("PASS secret", "230")
	c.do("PBSZ 0", "200")
	c.do("PROT P", "200")
	c.do("TYPE I", "200")
	return c
}

// private opens a data connection and begins TLS on it when the command was marked.
func (c *client) private(command string) (*tls.Conn, net.Conn) {
	c.t.Helper()
	raw := c.passive()
	c.do(command, "150")
	config := c.tls.Clone()
	config.NextProtos = nil
	conn := tls.Client(raw, config)
	if err := conn.Handshake(); err != nil {
		c.t.Fatal(err)
	}
	return conn, raw
}

// eachVersion runs a test with every version of TLS.
func eachVersion(t *testing.T, test func(*testing.T, uint16)) {
	for name, version := range map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) { test(t, version) })
	}
}

// upload stores content and ends it as the end function does.
func (c *client) upload(name, content string, end func(*tls.Conn, net.Conn) error) {
	c.t.Helper()
	data, raw := c.private("STOR " + name)
	if _, err := io.WriteString(data, content); err != nil {
		c.t.Fatal(err)
	}
	if err := end(data, raw); err != nil {
		c.t.Fatal(err)
	}
}

func properly(data *tls.Conn, _ net.Conn) error { return data.Close() }
func abruptly(_ *tls.Conn, raw net.Conn) error  { return raw.Close() }

func TestTransfersOverTLS(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		l := newTLSLab(t, func(c *Config) { c.DataBinding = tlsconf.BindRequire })
		c := l.loginTLS(t, version)
		for _, size := range []int{0, 1, 4096, 64 << 10, 3 << 20} {
			content := strings.Repeat("0123456789abcdef", size/16+1)[:size]
			c.upload("f", content, properly)
			c.want("226")
			if got := l.read(t, "f"); got != content {
				t.Fatalf("an upload of %d bytes stored %d", size, len(got))
			}
			data, _ := c.private("RETR f")
			got, err := io.ReadAll(data)
			if err != nil || string(got) != content || !data.ConnectionState().DidResume {
				t.Fatalf("a download of %d bytes gave %d, %v, resumed: %v", size, len(got), err, data.ConnectionState().DidResume)
			}
			data.Close()
			c.want("226")
		}
		data, _ := c.private("NLST")
		if names, err := io.ReadAll(data); !strings.Contains(string(names), "f\r\n") || err != nil {
			t.Errorf("NLST gave %q, %v", names, err)
		}
		c.want("226")
		l.journal.expect(t, "TLS: Enabled TLSv1.")
		l.journal.expect(t, "SNI: [ftp.example]")
	})
}

// CVE-2011-0411 and its kin: what came in the clear must not be obeyed as if it had come protected.
func TestBytesAfterAuthEndTheSession(t *testing.T) {
	l := newTLSLab(t, nil)
	c := l.connect(t)
	c.send("AUTH TLS", "USER ann")
	c.want("421")
	if _, err := c.in.ReadByte(); err != io.EOF {
		t.Errorf("after the 421 the client reads %v; want the end", err)
	}
	l.journal.expect(t, "came after AUTH TLS")
}

// Bytes of another packet meet the handshake, which refuses them.
func TestBytesAheadOfTheHandshakeEndTheSession(t *testing.T) {
	l := newTLSLab(t, nil)
	c := l.connect(t)
	c.do("AUTH TLS", "234")
	c.send("USER ann")
	all, err := io.ReadAll(c.in)
	if strings.Contains(string(all), "331") || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the client reads %q, %v; want nothing but the end", all, err)
	}
	l.journal.expect(t, "handshake on the control connection failed")
}

func TestUserBeforeAuthIsForgotten(t *testing.T) {
	c := newTLSLab(t, nil).connect(t)
	c.do("USER ann", "331")
	c.do("AUTH TLS", "234")
	c.secure(tls.VersionTLS13)
	c.do("PASS secret", "530")
}

func TestSecondAuthChangesNothing(t *testing.T) {
	c := newTLSLab(t, nil).connect(t)
	c.do("AUTH TLS", "234")
	c.secure(tls.VersionTLS13)
	c.do("AUTH TLS", "234")
	c.do("USER ann", "331")
	c.do("PASS secret", "230")
	c.do("AUTH TLS", "500")
}

func TestPolicies(t *testing.T) {
	here, elsewhere := netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("192.168.0.0/16")
	for _, test := range []struct {
		level             TLSLevel
		network           netip.Prefix
		auth, user, clear string // codes
	}{
		{TLSOff, elsewhere, "500", "331", ""},
		{TLSAsked, elsewhere, "234", "331", "425"},
		{TLSLogins, elsewhere, "234", "421", "425"},
		{TLSData, elsewhere, "234", "421", "521"},
		{TLSLogins, here, "234", "331", "425"},
		{TLSData, here, "234", "331", "425"},
	} {
		l := newTLSLab(t, func(c *Config) { c.TLS, c.ClearNetworks = test.level, []netip.Prefix{test.network} })
		l.write(t, "g", "content")
		c := l.connect(t)
		c.do("USER ann", test.user)
		if test.user == "421" {
			c.do("PASS secret", "530") // the session is open, and the name was not taken
		}
		c.do("AUTH TLS", test.auth)
		if test.auth != "234" {
			continue
		}
		c.secure(tls.VersionTLS13)
		c.do("USER ann", "331")
		c.do("PASS secret", "230")
		for _, command := range []string{"RETR g", "STOR f", "APPE f", "STOU", "LIST", "NLST", "MLSD"} {
			c.do(command, test.clear)
		}
		if test.level == TLSData && test.clear == "521" {
			c.do("MLST", "521")
			c.do("RETR", "521")
		}
		c.do("STAT", "211")
		c.do("PROT P", "200")
		c.do("LIST", "425")
		c.do("MLST", "250")
		if _, err := os.Stat(filepath.Join(l.home, "f")); err == nil {
			t.Errorf("level %d: a refused upload made a file", test.level)
		}
	}
}

func TestProtectionLevels(t *testing.T) {
	c := newTLSLab(t, nil).loginTLS(t, tls.VersionTLS13)
	for _, test := range []struct {
		level, code string
		private     bool
	}{
		{"C", "200", false}, {"", "503", false}, {"S", "200", true}, {"p", "534", true}, {"C", "200", false},
		{"X", "534", false}, {"E", "200", true}, {"C", "200", false}, {"P", "200", true},
	} {
		c.do("PROT "+test.level, test.code)
		if c.session.private != test.private { // the session waits for a command
			t.Errorf("after PROT %s: private is %v; want %v", test.level, c.session.private, test.private)
		}
	}
}

func TestImplicitTLS(t *testing.T) {
	l := newTLSLab(t, func(c *Config) { c.TLS = TLSData })
	c := l.dial(t, l.handler.OpenImplicit)
	c.secure(tls.VersionTLS13)
	c.want("220")
	c.do("AUTH TLS", "234")
	c.do("USER ann", "331")
	c.do("PASS secret", "230")
	data, _ := c.private("NLST") // PROT is P
	if names, err := io.ReadAll(data); len(names) == 0 || err != nil {
		t.Errorf("NLST gave %q, %v", names, err)
	}
	c.want("226")
	c.do("QUIT", "221")
	if _, err := c.in.ReadByte(); err != io.EOF { // which crypto/tls says between records only
		t.Errorf("after QUIT the client reads %v; want the end", err)
	}

	c = l.dial(t, l.handler.OpenImplicit)
	c.send("USER ann") // not TLS
	if all, _ := io.ReadAll(c.in); strings.Contains(string(all), "331") {
		t.Errorf("a client without TLS is answered %q", all)
	}
}

func TestClearCommandChannel(t *testing.T) {
	for name, end := range map[string]func(*client) error{
		"the client ends TLS": func(c *client) error { return c.conn.(*tls.Conn).CloseWrite() },
		"the client does not": func(*client) error { return nil },
		"the client ends TLS and goes on in one packet": func(c *client) error {
			c.raw.(*holder).holding = true
			err := c.conn.(*tls.Conn).CloseWrite()
			c.raw.(*holder).holding = false
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachVersion(t, func(t *testing.T, version uint16) {
				l := newTLSLab(t, nil)
				c := l.connect(t)
				c.do("AUTH TLS", "234")
				c.secure(version)
				c.do("CCC", "534")
				c.do("USER ann", "331")
				c.do("PASS secret", "230")
				c.do("PROT P", "200")
				c.do("CCC", "200")
				if _, err := c.in.ReadByte(); err != io.EOF {
					t.Fatalf("after CCC the client reads %v; want the end of TLS", err)
				}
				if err := end(c); err != nil {
					t.Fatal(err)
				}
				if err := c.raw.SetDeadline(time.Now().Add(30 * time.Second)); err != nil { // CloseWrite left one behind
					t.Fatal(err)
				}
				c.conn, c.in = c.raw, bufio.NewReader(c.raw)
				c.do("PWD", "257")
				c.do("PROT C", "503")
				c.do("CCC", "534")
				c.upload("f", "content", properly) // private as before
				c.want("226")
				if got := l.read(t, "f"); got != "content" {
					t.Errorf("the upload stored %q", got)
				}
			})
		})
	}
}

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

func TestDataHandshakeFails(t *testing.T) {
	for name, begin := range map[string]func(*client, net.Conn) error{
		"clear text":     func(_ *client, raw net.Conn) error { _, err := io.WriteString(raw, "this is a file"); return err },
		"closed at once": func(_ *client, raw net.Conn) error { return raw.Close() },
		"no certificate accepted": func(c *client, raw net.Conn) error {
			conn := tls.Client(raw, &tls.Config{ServerName: "ftp.example", MaxVersion: tls.VersionTLS12})
			if err := conn.Handshake(); err == nil {
				return errors.New("the client accepted the certificate")
			}
			return raw.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newTLSLab(t, nil)
			l.write(t, "f", "old")
			c := l.loginTLS(t, tls.VersionTLS13)
			for _, command := range []string{"STOR f", "APPE f", "STOR new", "STOU", "RETR f", "LIST"} {
				raw := c.passive()
				c.do(command, "150")
				if err := begin(c, raw); err != nil {
					t.Fatal(err)
				}
				c.want("425")
				raw.Close()
			}
			entries, err := os.ReadDir(l.home)
			if got := l.read(t, "f"); got != "old" || len(entries) != 1 || err != nil {
				t.Errorf("the file holds %q beside %v, %v; want the old one alone", got, entries, err)
			}
			l.journal.expect(t, "handshake on the data connection failed")
			c.upload("f", "content", properly)
			c.want("226")
		})
	}
}

func TestDataConnectionMustResume(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		for _, binding := range []tlsconf.Binding{tlsconf.BindOff, tlsconf.BindWarn, tlsconf.BindRequire} {
			l := newTLSLab(t, func(c *Config) { c.DataBinding = binding })
			l.write(t, "f", "content")
			victim, thief := l.loginTLS(t, version), l.loginTLS(t, version)
			for _, ticket := range []tls.ClientSessionCache{nil, thief.tls.ClientSessionCache} { // none, and one of another session
				own := victim.tls.ClientSessionCache
				victim.tls.ClientSessionCache = ticket
				raw := victim.passive()
				victim.do("RETR f", "150")
				data := tls.Client(raw, victim.tls)
				got, err := io.ReadAll(data)
				raw.Close()
				victim.tls.ClientSessionCache = own
				if binding != tlsconf.BindRequire {
					if string(got) != "content" || err != nil || data.ConnectionState().DidResume {
						t.Errorf("%v: a download without resumption gave %q, %v", binding, got, err)
					}
					victim.want("226")
					continue
				}
				if len(got) > 0 {
					t.Errorf("require: a connection that resumes nothing got %q", got)
				}
				if reply := victim.want("425"); !strings.Contains(reply, "ssl-copy-sid") {
					t.Errorf("the 425 does not say what to switch on: %q", reply)
				}
			}
			if binding == tlsconf.BindWarn {
				l.journal.expect(t, "does not resume")
			}
			data, _ := victim.private("RETR f")
			if got, err := io.ReadAll(data); string(got) != "content" || err != nil {
				t.Errorf("%v: the client's own ticket gave %q, %v", binding, got, err)
			}
			victim.want("226")
		}
	})
}

// Under require the session says whose a data connection is, not the address.
func TestBoundDataConnectionsMayComeFromAnywhere(t *testing.T) {
	for _, anywhere := range []bool{false, true} {
		l := newTLSLab(t, func(c *Config) {
			c.DataBinding, c.DataFromAnywhere, c.PassiveWait = tlsconf.BindRequire, anywhere, 100*time.Millisecond
		})
		l.write(t, "f", "content")
		c := l.loginTLS(t, tls.VersionTLS13)
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
		_, rest, _ := strings.Cut(c.do("EPSV", "229"), "(|||")
		port, _, _ := strings.Cut(rest, "|")
		raw, err := d.Dial("tcp4", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		if !anywhere {
			c.do("RETR f", "425")
			continue
		}
		c.do("RETR f", "150")
		if got, err := io.ReadAll(tls.Client(raw, c.tls)); string(got) != "content" || err != nil {
			t.Errorf("from another address the ticket gave %q, %v", got, err)
		}
		c.want("226")
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

func TestTLSWithoutAuthIsSentAway(t *testing.T) {
	l := newTLSLab(t, nil)
	c := l.connect(t)
	err := tls.Client(c.conn, &tls.Config{InsecureSkipVerify: true}).Handshake()
	if _, ok := errors.AsType[tls.RecordHeaderError](err); !ok { // a client that means implicit TLS waits for us, not we for it
		t.Errorf("the client gets %v; want an answer in the clear", err)
	}
	l.journal.expect(t, "without AUTH TLS")
}

// authority is who issues the client certificates of these tests.
var authority = sync.OnceValue(func() *tls.Certificate { return issue("authority", nil) })

// issue makes a certificate with a name; without an issuer it is an authority of its own.
func issue(name string, issuer *tls.Certificate) *tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	parent, signer := template, key
	if issuer == nil {
		template.IsCA, template.BasicConstraintsValid = true, true
	} else {
		parent, signer = issuer.Leaf, issuer.PrivateKey.(*ecdsa.PrivateKey)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestLoginByCertificate(t *testing.T) {
	for _, test := range []struct {
		name        string
		certificate *tls.Certificate
		change      func(*Config)
		user, code  string
	}{
		{"its own", issue("ann", authority()), nil, "ann", "232"},
		{"another's", issue("bob", authority()), nil, "ann", "331"},
		{"of an account that does not exist", issue("nobody", authority()), nil, "nobody", "331"},
		{"none", nil, nil, "ann", "331"},
		{"of an account below -u", issue("ann", authority()), func(c *Config) { c.MinUID = 1 << 31 }, "ann", "331"},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachVersion(t, func(t *testing.T, version uint16) {
				l := newTLSLab(t, func(c *Config) {
					c.CertifiedLogin = true
					if test.change != nil {
						test.change(c)
					}
				})
				c := l.connect(t)
				c.certificate = test.certificate
				c.do("AUTH TLS", "234")
				c.secure(version)
				c.do("USER "+test.user, test.code)
				if test.code != "232" {
					c.do("PWD", "530")
					return
				}
				c.do("PROT P", "200")
				c.upload("f", "content", properly)
				c.want("226")
			})
		})
	}
	t.Run("of another authority", func(t *testing.T) {
		l := newTLSLab(t, func(c *Config) { c.CertifiedLogin = true })
		c := l.connect(t)
		c.do("AUTH TLS", "234")
		own := issue("ann", issue("another authority", nil))
		conn := tls.Client(c.conn, &tls.Config{InsecureSkipVerify: true, GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own, nil }})
		_, err := io.WriteString(conn, "USER ann\r\n")
		all, read := io.ReadAll(conn)
		if len(all) > 0 || err == nil && read == nil {
			t.Errorf("the client reads %q, %v, %v; want the handshake to fail", all, err, read)
		}
	})
	t.Run("where it is not allowed", func(t *testing.T) {
		l := newTLSLab(t, func(c *Config) { c.CertifiedLogin = true })
		l.handler.cfg.CertifiedLogin = false // the certificate is still asked for
		c := l.connect(t)
		c.certificate = issue("ann", authority())
		c.do("AUTH TLS", "234")
		c.secure(tls.VersionTLS13)
		c.do("USER ann", "331")
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
