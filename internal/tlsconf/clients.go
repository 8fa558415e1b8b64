package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// A ClientRule says whether clients are asked for a certificate. One that is shown is always verified.
type ClientRule uint8

// The rules for client certificates.
const (
	ClientsUnasked ClientRule = iota
	ClientsMay                // show one
	ClientsMust
)

func (r ClientRule) String() string { return [...]string{"off", "request", "require"}[r] }

func (r ClientRule) auth() tls.ClientAuthType {
	return [...]tls.ClientAuthType{tls.NoClientCert, tls.VerifyClientCertIfGiven, tls.RequireAndVerifyClientCert}[r]
}

// ClientNames are the names in a verified client certificate, any of which may be an account's: the common name, the
// e-mail addresses, the host names. It is empty without such a certificate.
func ClientNames(state tls.ConnectionState) []string {
	if len(state.VerifiedChains) == 0 || len(state.PeerCertificates) == 0 {
		return nil
	}
	leaf := state.PeerCertificates[0]
	names := slices.Concat([]string{leaf.Subject.CommonName}, leaf.EmailAddresses, leaf.DNSNames)
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

// ClientName is the account a verified client certificate stands for: the first of its ClientNames, empty if there is none.
func ClientName(state tls.ConnectionState) string {
	if names := ClientNames(state); len(names) > 0 {
		return names[0]
	}
	return ""
}

// ClientIs tells whether a verified client certificate stands for the account login: one of its ClientNames is the same,
// byte for byte.
func ClientIs(state tls.ConnectionState, login string) bool {
	return slices.Contains(ClientNames(state), login)
}

// clientCAs reads who may have issued client certificates.
func (st *store) clientCAs() (*x509.CertPool, fs.FileInfo, error) {
	if st.config.Clients == ClientsUnasked {
		return nil, nil, nil
	}
	pool := x509.NewCertPool()
	if st.made != nil && st.config.ClientCA == "" {
		pool.AddCert(st.made.leaf())
		return pool, nil, nil
	}
	path := st.clientCAPath()
	text, err := st.read(path)
	if err != nil {
		return nil, nil, fmt.Errorf("client certificates: %w", err)
	}
	b, err := parsePEM(text.data)
	if err == nil && len(b.certs) == 0 {
		err = errors.New("no certificate in it; add those of the authorities that issue client certificates")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("client certificates: %s: %w", path, err)
	}
	for _, cert := range b.certs {
		pool.AddCert(cert)
	}
	return pool, text.info, nil
}

func (st *store) clientCAPath() string {
	if st.config.ClientCA != "" {
		return st.config.ClientCA
	}
	return st.config.Certificate
}
