package ldapauth

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pureftpd/test/harness"
)

// certificate is a certificate for a name that vouches for itself.
func certificate(t *testing.T, name string) tls.Certificate {
	t.Helper()
	text, err := harness.NewCertificate(name, name)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := tls.X509KeyPair(text, text)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// TestSecure shakes hands with servers of several names.
func TestSecure(t *testing.T) {
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		host, name string // of the directory, and in the certificate
		trusted    bool
		want       string // in the error
	}{
		{"ldap.example", "ldap.example", true, ""},
		{"ldap.example", machine, true, "not ldap.example"},
		{"ldap.example", "ldap.example", false, "unknown authority"},
		{"localhost", "localhost", true, ""},
		{"LOCALHOST", machine, true, ""},
		{"localhost", machine, false, "not localhost"},
		{"localhost", "ldap.example", true, "not localhost"},
	} {
		cert := certificate(t, test.name)
		roots := x509.NewCertPool()
		if test.trusted {
			roots.AddCert(cert.Leaf)
		}
		l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			if conn, err := l.Accept(); err == nil {
				_ = conn.(*tls.Conn).Handshake() // fails where the client refuses
				conn.Close()
			}
		}()
		conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 10 * time.Second}, "tcp", l.Addr().String(), secure(test.host, roots))
		if err == nil {
			conn.Close()
		}
		l.Close()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s with a certificate for %s, trusted %t: %v; want %q", test.host, test.name, test.trusted, err, test.want)
		}
	}
}

func TestVerify(t *testing.T) {
	cert := certificate(t, "ldap.example")
	roots := x509.NewCertPool()
	roots.AddCert(cert.Leaf)
	is := func(name string) func() (string, error) { return func() (string, error) { return name, nil } }
	unknown := func() (string, error) { return "", errors.New("no such host") }
	for _, test := range []struct {
		names []func() (string, error)
		want  string
	}{
		{[]func() (string, error){is("localhost"), unknown, is("ldap.example")}, ""},
		{[]func() (string, error){is("localhost"), unknown, is("")}, "not localhost"},
		{[]func() (string, error){is("")}, "no name"},
		{[]func() (string, error){unknown}, "no such host"},
	} {
		if err := verify([]*x509.Certificate{cert.Leaf}, roots, test.names...); (err == nil) != (test.want == "") ||
			err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("verify = %v; want %q", err, test.want)
		}
	}
}

func TestClientAuthorities(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ldap.conf")
	if err := os.WriteFile(path, []byte("# x\nBASE dc=x\ntls_cacert\t/etc/a.pem\nTLS_REQCERT never\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := clientAuthorities(path); got != "/etc/a.pem" {
		t.Errorf("clientAuthorities = %q", got)
	}
	if got := clientAuthorities(path + "x"); got != "" {
		t.Errorf("clientAuthorities of no file = %q", got)
	}
}
