package tlsconf

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A SelfSigned says when a Server makes its own certificate.
type SelfSigned uint8

// The rules for self-signed certificates.
const (
	SelfSignedNever   SelfSigned = iota
	SelfSignedMissing            // if there is neither certificate nor key; it is stored where they should be, if it can be
	SelfSignedAlways             // in memory, without a look at any file
)

// selfSignedLife is long: whoever trusts a fingerprint once is asked again when it changes.
const selfSignedLife = 10 * 365 * 24 * time.Hour

// loadMain reads the main certificate, or makes it.
func (st *store) loadMain() (*unit, error) {
	c := st.config
	if c.SelfSigned == SelfSignedAlways {
		return st.makeMain("a self-signed certificate, for as long as the server runs")
	}
	u, err := st.loadUnit(c.Certificate, c.Key)
	if err == nil {
		st.remark(u, c.Certificate, c.Key)
		if c.SelfSigned != SelfSignedNever && selfSigned(u.leaf()) {
			c.Report(c.Certificate + ": " + identify(u.pair))
		}
		return u, nil
	}
	if c.SelfSigned == SelfSignedNever {
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w (-2), or let --tlsselfsigned make one", err)
		}
		return nil, err
	}
	if !st.missing(c.Certificate) || !st.missing(c.Key) {
		return nil, err // somebody's file, which is not replaced
	}
	return st.makeMain(c.Certificate + ": made a self-signed certificate")
}

func (st *store) missing(path string) bool {
	_, err := st.config.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// makeMain makes a certificate and stores it, if there is a place for it.
func (st *store) makeMain(what string) (*unit, error) {
	c := st.config
	p, err := makeSelfSigned(c.Names, c.Now())
	if err != nil {
		return nil, fmt.Errorf("make a self-signed certificate: %w", err)
	}
	if c.SelfSigned == SelfSignedMissing {
		err := c.As(func() error { return p.store(c.Certificate, c.Key) })
		if err == nil {
			c.Report(what + "; " + identify(p))
			return st.loadUnit(c.Certificate, c.Key)
		}
		what += fmt.Sprintf(", which cannot be stored (%v): the next start makes another one", err)
	}
	c.Report(what + "; " + identify(p))
	st.made = p
	return &unit{pair: p}, nil
}

// identify tells a person which certificate it is.
func identify(p *pair) string {
	return fmt.Sprintf("%s, SHA-256 fingerprint %s", strings.Join(namesOf(p), ", "), fingerprint(p.leaf().Raw))
}

// fingerprint is the hash of a certificate as clients show it.
func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

// Fingerprint is the SHA-256 fingerprint of the main certificate.
func (s *Server) Fingerprint() string { return fingerprint(s.current.Load().main.leaf().Raw) }

// makeSelfSigned makes a certificate for some host names and addresses.
func makeSelfSigned(names []string, now time.Time) (*pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return name == "" || net.ParseIP(name) == nil && cleanName(name) == "" // a certificate cannot hold it
	})
	if len(names) == 0 {
		names = []string{"localhost"}
	}
	serial := make([]byte, 16)
	_, _ = rand.Read(serial) // never fails
	template := &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(serial),
		Subject:               pkix.Name{CommonName: shortName(names[0])},
		NotBefore:             now.Add(-time.Hour), // clocks differ
		NotAfter:              now.Add(selfSignedLife),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	cert := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
	return &pair{tls: cert, chain: []*x509.Certificate{leaf}}, nil
}

// shortName cuts a name to what a common name may hold.
func shortName(name string) string {
	const most = 64
	return name[:min(len(name), most)]
}

// store writes the certificate and its key, to one file or to two that do not exist yet. A file appears whole, or not at all.
func (p *pair) store(certPath, keyPath string) error {
	key, err := x509.MarshalPKCS8PrivateKey(p.tls.PrivateKey)
	if err != nil {
		return err
	}
	keyText := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	certText := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.leaf().Raw})
	if certPath == keyPath {
		return create(certPath, append(certText, keyText...), 0o600)
	}
	if err := create(keyPath, keyText, 0o600); err != nil {
		return err
	}
	if err := create(certPath, certText, 0o644); err != nil {
		return errors.Join(err, os.Remove(keyPath))
	}
	return nil
}

// create writes a new file. It never replaces one.
func create(path string, text []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Link(f.Name(), path) // unlike a rename, fails if there is one by now
	}
	return errors.Join(err, os.Remove(f.Name()))
}
