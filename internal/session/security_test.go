package session

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

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
