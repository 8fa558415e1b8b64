package ldapauth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strings"
	"time"

	"pureftpd/internal/auth/conffile"
)

// clientConf is where the OpenLDAP library, which the original uses, finds the authorities it trusts.
const clientConf = "/etc/ldap/ldap.conf"

// localhost is the directory's name if it has none. A certificate for the machine's own name is then as good: it is what the OpenLDAP
// library asks for.
const localhost = "localhost"

// secure is how TLS is spoken with a server of that name. roots may vouch for it; nil are the system's.
func secure(host string, roots *x509.CertPool) *tls.Config {
	c := &tls.Config{ServerName: host, RootCAs: roots, MinVersion: tls.VersionTLS12}
	if strings.EqualFold(host, localhost) {
		c.InsecureSkipVerify = true // as VerifyConnection does it
		c.VerifyConnection = func(s tls.ConnectionState) error {
			return verify(s.PeerCertificates, roots, func() (string, error) { return localhost, nil }, os.Hostname, fullName)
		}
	}
	return c
}

// verify checks a server's certificate, which must be for one of the names. Its error is that of the first.
func verify(certs []*x509.Certificate, roots *x509.CertPool, names ...func() (string, error)) error {
	o := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
	for _, c := range certs[1:] {
		o.Intermediates.AddCert(c)
	}
	var errs []error
	for _, name := range names {
		var err error
		if o.DNSName, err = name(); err == nil && o.DNSName == "" { // any name would be good
			err = errors.New("the machine has no name")
		}
		if err == nil {
			_, err = certs[0].Verify(o)
		}
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errs[0]
}

// lookupLimit is how long the machine's full name is looked for.
const lookupLimit = 2 * time.Second

// fullName is the machine's name with its domain, as /etc/hosts or the DNS has it.
func fullName() (string, error) {
	name, err := os.Hostname()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookupLimit)
	defer cancel()
	name, err = net.DefaultResolver.LookupCNAME(ctx, name)
	return strings.TrimSuffix(name, "."), err
}

// authorities are those that may vouch for the directory: of LDAPCAFile, else of the OpenLDAP library's configuration, else
// (nil) the system's.
func authorities(f *conffile.File) (*x509.CertPool, error) {
	path := f.Text("LDAPCAFile")
	if path == "" {
		if path = clientAuthorities(clientConf); path == "" {
			return nil, nil
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, f.Mistake("LDAPCAFile", "%v", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, f.Mistake("LDAPCAFile", "%s holds no certificate", path)
	}
	return pool, nil
}

// clientAuthorities returns the file that the OpenLDAP library's configuration names, or "".
func clientAuthorities(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	found := ""
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) == 2 && strings.EqualFold(words[0], "TLS_CACERT") {
			found = words[1]
		}
	}
	return found
}
