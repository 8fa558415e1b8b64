package session

import (
	"bufio"
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

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

func abruptly(_ *tls.Conn, raw net.Conn) error { return raw.Close() }
