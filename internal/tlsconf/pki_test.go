package tlsconf

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// today is the day on which the certificates of tests are looked at.
func today() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) }

// A holder has a certificate and its key, and may issue others.
type holder struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// A request is what a certificate is made of; what is left out gets a sensible value.
type request struct {
	name     string // common name
	dns      []string
	emails   []string
	ips      []net.IP
	key      crypto.Signer
	ca       bool
	from, to time.Time
	client   bool
	sha1     bool
}

var serial struct {
	sync.Mutex
	last int64
}

// issue makes a certificate; a nil issuer means that it signs itself.
func issue(t testing.TB, issuer *holder, r request) *holder {
	t.Helper()
	serial.Lock()
	serial.last++
	number := big.NewInt(serial.last)
	serial.Unlock()
	if r.key == nil {
		r.key = ecKey(t)
	}
	if r.from.IsZero() {
		r.from, r.to = today().AddDate(-1, 0, 0), today().AddDate(1, 0, 0)
	}
	usage := x509.ExtKeyUsageServerAuth
	if r.client {
		usage = x509.ExtKeyUsageClientAuth
	}
	template := &x509.Certificate{
		SerialNumber: number, Subject: pkix.Name{CommonName: r.name}, NotBefore: r.from, NotAfter: r.to,
		DNSNames: r.dns, EmailAddresses: r.emails, IPAddresses: r.ips, BasicConstraintsValid: true, IsCA: r.ca,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}
	if r.ca {
		template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageCertSign, nil
	}
	parent, signer := template, r.key
	if issuer != nil {
		parent, signer = issuer.cert, issuer.key
	}
	if r.sha1 {
		template.SignatureAlgorithm = x509.ECDSAWithSHA1
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, r.key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &holder{cert, r.key}
}

func ecKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func rsaKey(t testing.TB, bits int) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func edKey(t testing.TB) crypto.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (h *holder) certPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.cert.Raw})
}

func (h *holder) keyPEM(t testing.TB) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(h.key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// both is a PEM file with certificate and key.
func (h *holder) both(t testing.TB) []byte {
	t.Helper()
	return slicesOf(h.certPEM(), h.keyPEM(t))
}

func slicesOf(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// put writes a file, as programs that renew certificates do: whole.
func put(t testing.TB, path string, text []byte) string {
	t.Helper()
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	return path
}

// A tree is an authority, one that it has issued, and a server's certificate from that.
type tree struct {
	root, between, leaf *holder
	roots               *x509.CertPool
}

func newTree(t testing.TB, leaf request) tree {
	t.Helper()
	var tr tree
	tr.root = issue(t, nil, request{name: "Test Root", ca: true})
	tr.between = issue(t, tr.root, request{name: "Test Issuer", ca: true})
	tr.leaf = issue(t, tr.between, leaf)
	tr.roots = x509.NewCertPool()
	tr.roots.AddCert(tr.root.cert)
	return tr
}

// server is a request for a certificate with nothing wrong.
func server() request { return request{name: "ftp.example.com", dns: []string{"ftp.example.com"}} }

// A said collects what was reported.
type said struct {
	mu    sync.Mutex
	lines []string
}

func (s *said) report(message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, message)
}

// take returns what was reported since the last call.
func (s *said) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := s.lines
	s.lines = nil
	return lines
}

// in is a path in a directory.
func in(dir, name string) string { return filepath.Join(dir, name) }
