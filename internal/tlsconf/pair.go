package tlsconf

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
)

// minRSA is what crypto/rsa still signs with, in bits.
const minRSA = 1024

// A pair is a certificate that can be used: a chain that begins with the server's own, and the key to that.
type pair struct {
	tls      *tls.Certificate
	chain    []*x509.Certificate
	reversed bool // the file had another order
	unused   int  // certificates of the file that do not belong to the chain
}

func (p *pair) leaf() *x509.Certificate { return p.chain[0] }

// newPair finds the certificate that one of the keys opens, and those that lead from it to an authority.
func newPair(certs []*x509.Certificate, keys []crypto.Signer) (*pair, error) {
	if len(certs) == 0 {
		return nil, errors.New("a key but no certificate; add the certificate, in PEM form")
	}
	if len(keys) == 0 {
		return nil, errors.New("a certificate but no key; add the key, or name its file as well")
	}
	leaf, key := match(certs, keys)
	if leaf == nil {
		return nil, fmt.Errorf("the key does not belong to the certificate of %s; use the key that the certificate was "+
			"requested with", title(certs[0]))
	}
	if rsaKey, ok := key.(*rsa.PrivateKey); ok && rsaKey.N.BitLen() < minRSA {
		return nil, fmt.Errorf("an RSA key of %d bits is too short to be used; make one of 2048 bits, or an ECDSA key",
			rsaKey.N.BitLen())
	}
	chain := follow(leaf, certs)
	p := &pair{
		tls:    &tls.Certificate{PrivateKey: key, Leaf: leaf},
		chain:  chain,
		unused: len(certs) - len(chain),
	}
	for i, cert := range chain {
		p.tls.Certificate = append(p.tls.Certificate, cert.Raw)
		p.reversed = p.reversed || cert != certs[i]
	}
	return p, nil
}

// match returns the first certificate that one of the keys opens.
func match(certs []*x509.Certificate, keys []crypto.Signer) (*x509.Certificate, crypto.Signer) {
	for _, cert := range certs {
		public, ok := cert.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
		if !ok {
			continue // of a kind that no key of ours opens
		}
		for _, key := range keys {
			if public.Equal(key.Public()) {
				return cert, key
			}
		}
	}
	return nil, nil
}

// maxChain bounds a chain; a longer one is cut, and the rest is unused.
const maxChain = 10

// follow goes from a certificate to its issuer as far as certs lead.
func follow(leaf *x509.Certificate, certs []*x509.Certificate) []*x509.Certificate {
	chain := []*x509.Certificate{leaf}
	for last := leaf; len(chain) < maxChain && !selfSigned(last); {
		issuer := issuerOf(last, certs)
		if issuer == nil {
			break
		}
		chain, last = append(chain, issuer), issuer
	}
	return chain
}

func issuerOf(cert *x509.Certificate, certs []*x509.Certificate) *x509.Certificate {
	for _, other := range certs {
		if !bytes.Equal(other.RawSubject, cert.RawIssuer) {
			continue
		}
		err := cert.CheckSignatureFrom(other)
		if _, weak := errors.AsType[x509.InsecureAlgorithmError](err); err == nil || weak {
			return other
		}
	}
	return nil
}

// selfSigned tells whether a certificate names itself as its issuer.
func selfSigned(cert *x509.Certificate) bool { return bytes.Equal(cert.RawSubject, cert.RawIssuer) }

// title is how a message calls a certificate.
func title(cert *x509.Certificate) string {
	switch {
	case cert.Subject.CommonName != "":
		return quote(cert.Subject.CommonName)
	case len(cert.DNSNames) > 0:
		return quote(cert.DNSNames[0])
	case len(cert.IPAddresses) > 0:
		return cert.IPAddresses[0].String()
	}
	return "serial number " + cert.SerialNumber.Text(16)
}
