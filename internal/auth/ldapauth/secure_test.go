package ldapauth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificate is a certificate for names that vouches for itself.
func certificate(t *testing.T, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: names, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
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
		ours, theirs := net.Pipe()
		server := tls.Server(theirs, &tls.Config{Certificates: []tls.Certificate{cert}})
		go server.Handshake() //nolint:errcheck // fails where the client refuses
		err := tls.Client(ours, secure(test.host, roots)).Handshake()
		ours.Close()
		theirs.Close()
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
