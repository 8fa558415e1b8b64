package tlsconf

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

const (
	soon       = 14 * 24 * time.Hour // an end that is nearer is a remark
	goodRSA    = 2048                // bits
	othersRead = 0o004
)

// remarks are the faults of a pair that can still be used, each with its cure.
func (c Config) remarks(p *pair) (list []string) {
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if p.reversed {
		add("the certificates are not in order from the server's own to its authority; they are sent in order, " +
			"and the file should be so")
	}
	if p.unused > 0 {
		add("certificates in it that are not sent, as they do not lead from the server's to its authority: %d; "+
			"remove them", p.unused)
	}
	if message := c.incomplete(p); message != "" {
		add("%s", message)
	}
	leaf := p.leaf()
	if key, ok := leaf.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() < goodRSA {
		add("an RSA key of %d bits is weak and refused by many clients; make one of 2048 bits, or an ECDSA key",
			key.N.BitLen())
	}
	for _, cert := range p.chain {
		if weakSignature(cert) {
			add("the certificate of %s is signed with %s, which clients refuse; ask for one signed with SHA-256",
				title(cert), cert.SignatureAlgorithm)
		}
	}
	if len(leaf.DNSNames)+len(leaf.IPAddresses) == 0 {
		add("no names in the certificate of %s, and clients look for the server's; ask for one with a subjectAltName",
			title(leaf))
	}
	if message := c.dates(p); message != "" {
		add("%s", message)
	}
	return list
}

// weakSignature does not look at roots: nobody verifies their signature.
func weakSignature(cert *x509.Certificate) bool {
	if selfSigned(cert) {
		return false
	}
	switch cert.SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		return true
	}
	return false
}

// incomplete tells whether a client could fail to get from the chain to an authority it knows.
func (c Config) incomplete(p *pair) string {
	last := p.chain[len(p.chain)-1]
	if selfSigned(last) || slices.ContainsFunc(p.chain, weakSignature) { // which is a fault of its own
		return ""
	}
	between := x509.NewCertPool()
	for _, cert := range p.chain[1:] {
		between.AddCert(cert)
	}
	_, err := p.leaf().Verify(x509.VerifyOptions{
		Roots:         c.Roots,
		Intermediates: between,
		CurrentTime:   p.leaf().NotBefore.Add(time.Second), // dates are another matter
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); !unknown {
		return ""
	}
	return fmt.Sprintf("the chain ends before an authority that this system knows; "+
		"add the certificate of %s, the issuer of %s", quote(last.Issuer.String()), title(last))
}

// dates says what is wrong with the dates of a chain; it is empty if nothing is.
func (c Config) dates(p *pair) string {
	now := c.Now()
	for _, cert := range p.chain {
		switch left := cert.NotAfter.Sub(now); {
		case now.Before(cert.NotBefore):
			return fmt.Sprintf("the certificate of %s is not valid before %s; set the clock, or wait",
				title(cert), day(cert.NotBefore))
		case left < 0:
			return fmt.Sprintf("the certificate of %s expired on %s; renew it", title(cert), day(cert.NotAfter))
		case left < soon:
			return fmt.Sprintf("the certificate of %s expires on %s, in %d days; renew it",
				title(cert), day(cert.NotAfter), int(left/(24*time.Hour)))
		}
	}
	return ""
}

// inDate tells whether clients accept the dates of a chain now.
func (c Config) inDate(p *pair) bool {
	now := c.Now()
	for _, cert := range p.chain {
		if now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
			return false
		}
	}
	return true
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// exposed says that everybody on this machine can read a key.
func exposed(info fs.FileInfo) string {
	if info.Mode().Perm()&othersRead == 0 {
		return ""
	}
	return "everybody on this machine can read the key; run: chmod o-rwx"
}
