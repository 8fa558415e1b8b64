package harness

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"sync"
	"time"
)

// Certificate returns a self-signed certificate for localhost with its key, in PEM. It is the same each time.
func Certificate() ([]byte, error) { return certificate() }

var certificate = sync.OnceValues(func() ([]byte, error) { return NewCertificate("localhost") })

// NewCertificate returns a new certificate like [Certificate]'s, that calls itself by a name of its own. It is for localhost unless
// it is given other names.
func NewCertificate(commonName string, names ...string) ([]byte, error) {
	if len(names) == 0 {
		names = []string{"localhost"}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: commonName},
		DNSNames:     names,
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.AddDate(1, 0, 0),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	return append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})...), nil
}

// writeCertificate stores the certificate as servers want it: for their owner only.
func writeCertificate(path string) error {
	text, err := Certificate()
	return errors.Join(err, os.WriteFile(path, text, 0o600))
}
