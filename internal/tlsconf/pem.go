package tlsconf

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// Bounds of a PEM file.
const (
	maxPEM   = 1 << 20 // bytes
	maxCerts = 1000    // a bundle of authorities holds some hundred
	maxKeys  = 16
)

// blocks is what a PEM file holds of interest, in its order.
type blocks struct {
	certs []*x509.Certificate
	keys  []crypto.Signer
}

// parsePEM reads certificates and keys; blocks of other kinds, such as DH parameters, are passed over. An error is about the
// file as a whole: a block that cannot be read is not left out.
func parsePEM(data []byte) (blocks, error) {
	var b blocks
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		switch kind := block.Type; {
		case strings.HasSuffix(kind, "PARAMETERS"):
		case kind == "CERTIFICATE" || kind == "X509 CERTIFICATE" || kind == "TRUSTED CERTIFICATE":
			cert, err := parseCertificate(block.Bytes, kind)
			if err != nil {
				return blocks{}, fmt.Errorf("certificate %d cannot be read: %w; write it anew", len(b.certs)+1, err)
			}
			if b.certs = append(b.certs, cert); len(b.certs) > maxCerts {
				return blocks{}, fmt.Errorf("more than %d certificates; is it the right file?", maxCerts)
			}
		case strings.HasSuffix(kind, "PRIVATE KEY"):
			key, err := parseKey(block)
			if err != nil {
				return blocks{}, err
			}
			if b.keys = append(b.keys, key); len(b.keys) > maxKeys {
				return blocks{}, fmt.Errorf("more than %d keys; is it the right file?", maxKeys)
			}
		}
	}
	if len(b.certs)+len(b.keys) == 0 {
		return blocks{}, notPEM(data)
	}
	return b, nil
}

// notPEM says what a file without certificate and key looks like.
func notPEM(data []byte) error {
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return errors.New("the file is empty; write the certificate and its key to it, in PEM form")
	case data[0] == 0x30: // a SEQUENCE: DER, or PKCS #12
		return errors.New("not in PEM form; convert it: openssl x509 -inform der, or openssl pkcs12 -nodes")
	case bytes.Contains(data, []byte("-----BEGIN ")):
		return errors.New("a damaged PEM file, or one without certificate and key; write it anew")
	}
	return errors.New("not a PEM file; it should hold lines that begin with -----BEGIN CERTIFICATE-----")
}

func parseCertificate(der []byte, kind string) (*x509.Certificate, error) {
	if kind == "TRUSTED CERTIFICATE" { // OpenSSL's own: the certificate, and what it trusts it for
		var first asn1.RawValue
		if _, err := asn1.Unmarshal(der, &first); err == nil {
			der = first.FullBytes
		}
	}
	return x509.ParseCertificate(der)
}

// parseKey reads a private key in any of its three forms.
func parseKey(block *pem.Block) (crypto.Signer, error) {
	if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
		return nil, errors.New("the key is encrypted, and there is nobody to type its password; " +
			"write it in the clear: openssl pkey -in OLD -out NEW")
	}
	var key any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("a key of the kind %s cannot be used; make an ECDSA or RSA key", quote(block.Type))
	}
	if err != nil {
		return nil, fmt.Errorf("the key cannot be read: %w; write it anew", err)
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return key, nil
	case *ecdsa.PrivateKey:
		return key, nil
	case ed25519.PrivateKey:
		return key, nil
	}
	return nil, fmt.Errorf("a key of the kind %T cannot be used; make an ECDSA or RSA key", key)
}
