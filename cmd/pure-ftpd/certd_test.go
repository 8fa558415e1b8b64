package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pureftpd/internal/certd"
	"pureftpd/internal/linemsg"
	"pureftpd/internal/options"
	"pureftpd/internal/record"
	"pureftpd/internal/tlsconf"
)

// selfSigned stores a certificate for a name.
func selfSigned(t *testing.T, path, name string) {
	t.Helper()
	_, err := tlsconf.New(tlsconf.Config{Certificate: path, SelfSigned: tlsconf.SelfSignedMissing, Names: []string{name}})
	if err != nil {
		t.Fatal(err)
	}
}

// answering is a daemon that answers to a name with a text. The test's end stops it.
func answering(t *testing.T, path string, answers map[string]string) {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if m, err := linemsg.Read(conn); err == nil {
				name, _ := m.Value(certd.NameKey)
				_, _ = conn.Write([]byte(answers[name]))
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
}

// certificateFor returns the name in the certificate that a client gets who asks for a server's.
func certificateFor(t *testing.T, s *tlsconf.Server, name string) (string, error) {
	t.Helper()
	near, far := net.Pipe()
	limit := time.Now().Add(20 * time.Second)
	if err := errors.Join(near.SetDeadline(limit), far.SetDeadline(limit)); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() {
		served <- s.Session(netip.AddrPort{}, netip.AddrPort{}).Control(far).HandshakeContext(t.Context())
		_ = far.Close()
	}()
	var leaf *x509.Certificate
	client := tls.Client(near, &tls.Config{
		ServerName: name, InsecureSkipVerify: true, // which one it is, is the question
		VerifyConnection: func(cs tls.ConnectionState) error {
			leaf = cs.PeerCertificates[0]
			return nil
		},
	})
	err := client.HandshakeContext(t.Context())
	_ = near.Close()
	if failed := <-served; failed != nil {
		return "", failed
	}
	if err != nil {
		return "", err
	}
	return leaf.DNSNames[0], nil
}

// TestCertificateOfTheDaemon goes from the switch -3 to the certificate that clients see.
func TestCertificateOfTheDaemon(t *testing.T) {
	dir := t.TempDir()
	own, other, socket := filepath.Join(dir, "own.pem"), filepath.Join(dir, "other.pem"), filepath.Join(dir, "s")
	selfSigned(t, own, "own.example")
	selfSigned(t, other, "other.example")
	answering(t, socket, map[string]string{
		"strict.example":   "action:strict\ncert_file:" + other + "\nend\n",
		"default.example":  "action:default\nend\n",
		"fallback.example": "action:fallback\ncert_file:" + dir + "/none.pem\nend\n",
		"broken.example":   "action:strict\ncert_file:" + dir + "/none.pem\nend\n",
		"deny.example":     "action:deny\nend\n",
	})
	o, err := options.Parse([]string{"pure-ftpd", "-Y", "1", "-2", own, "-3", socket}, options.System())
	if err != nil {
		t.Fatal(err)
	}
	log := record.Open(record.Config{Output: record.None})
	defer func() { _ = log.Close() }()
	s, err := newTLS(o, log, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"": "own.example", "strict.example": "other.example", "default.example": "own.example", "fallback.example": "own.example",
	} {
		if got, err := certificateFor(t, s, name); got != want || err != nil {
			t.Errorf("the client that asks for %q sees %q, %v; want %q", name, got, err, want)
		}
	}
	for name, want := range map[string]string{
		"broken.example": "none.pem", "deny.example": "denied", "unknown.example": "the answer is empty",
	} {
		if got, err := certificateFor(t, s, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the client that asks for %q sees %q, %v; want it refused with %q", name, got, err, want)
		}
	}
}
