package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync/atomic"

	"pureftpd/internal/options"
	"pureftpd/internal/record"
	"pureftpd/internal/tlsconf"
)

// errTLS says that the settings of TLS keep the server from starting.
var errTLS = errors.New("TLS")

// tlsLevel is the level of -Y. A server on trial speaks TLS with whoever wants to.
func tlsLevel(o *options.Options) int {
	if o.Try {
		return max(o.TLS, 1)
	}
	return o.TLS
}

// newTLS makes the TLS side of the server; it is nil if TLS is off. What is only remarkable is told until it is there, and logged
// afterwards.
func newTLS(o *options.Options, log *record.Log, tell func(message string)) (*tlsconf.Server, error) {
	if tlsLevel(o) == 0 {
		return nil, nil
	}
	c := tlsConfig(o)
	var started atomic.Bool
	c.Report = func(message string) {
		message = "TLS: " + message
		if started.Load() {
			log.WriteString(record.Warning, message)
		} else {
			tell(message)
		}
	}
	s, err := tlsconf.New(c)
	started.Store(true)
	if err != nil {
		return nil, eachTLS(err)
	}
	return s, nil
}

// eachTLS begins each of the errors that are joined in err, and so each line, with errTLS.
func eachTLS(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return fmt.Errorf("%w: %w", errTLS, err)
	}
	var faults []error
	for _, fault := range joined.Unwrap() {
		faults = append(faults, fmt.Errorf("%w: %w", errTLS, fault))
	}
	return errors.Join(faults...)
}

// checkTLS looks for --check at what a start would read. What only root may read is no fault for others.
func checkTLS(o *options.Options, remark func(message string)) error {
	err := lookAtTLS(o, remark)
	if errors.Is(err, fs.ErrPermission) && os.Geteuid() != 0 {
		remark("cannot be checked by anybody but root: " + err.Error())
		return nil
	}
	return err
}

// lookAtTLS reads what a start would read, and writes nothing.
func lookAtTLS(o *options.Options, remark func(message string)) error {
	if tlsLevel(o) == 0 {
		return nil
	}
	c := tlsConfig(o)
	c.Report = remark
	if c.SelfSigned == tlsconf.SelfSignedMissing {
		c.SelfSigned = tlsconf.SelfSignedNever
		if missing(c.Certificate) && missing(c.Key) {
			remark(c.Certificate + ": not there; the start makes a self-signed certificate")
			c.SelfSigned, c.Report = tlsconf.SelfSignedAlways, func(string) {}
		}
	}
	if _, err := tlsconf.New(c); err != nil {
		return eachTLS(err)
	}
	return nil
}

func missing(path string) bool {
	_, err := statProtected(path)
	return errors.Is(err, fs.ErrNotExist)
}

// tlsConfig hands TLS the settings it needs. On trial the certificate lives in memory, unless a file is named.
func tlsConfig(o *options.Options) tlsconf.Config {
	c := tlsconf.Config{
		Certificate: o.CertFile,
		Key:         o.KeyFile,
		Directory:   o.CertDir,
		Ciphers:     o.TLSCiphers,
		Binding:     tlsBinding(o.TLSBinding),
		Clients:     clientRule(o.ClientCert()),
		ClientCA:    o.TLSClientCA,
		External:    certificateDaemon(o),
		Open:        openProtected,
		Stat:        statProtected,
		As:          asRoot,
	}
	switch {
	case o.Try && len(o.Origins("certfile")) == 0:
		c.SelfSigned = tlsconf.SelfSignedAlways
	case keepsCertificate(o): // until it is there, clients see a self-signed one in its place
		file := acmeConfig(o, nil).File()
		c.Certificate, c.Key, c.SelfSigned = file, file, tlsconf.SelfSignedMissing
	case o.TLSSelfSigned:
		c.SelfSigned = tlsconf.SelfSignedMissing
	}
	if keepsCertificate(o) {
		c.Names = o.ACME.Names
	} else if c.SelfSigned != tlsconf.SelfSignedNever {
		c.Names = ownNames(o)
	}
	return c
}

// tlsPolicy tells settings of TLS apart.
func tlsPolicy(o *options.Options) string {
	c := tlsConfig(o)
	c.External, c.Open, c.Stat, c.As = nil, nil, nil, nil
	c.Names = nil // addresses of the machine may come and go
	return fmt.Sprintf("%+v %q %q", c, o.ExtCert, o.ACME.Names)
}

func tlsBinding(b options.TLSBinding) tlsconf.Binding {
	return map[options.TLSBinding]tlsconf.Binding{
		options.TLSBindingOff:     tlsconf.BindOff,
		options.TLSBindingWarn:    tlsconf.BindWarn,
		options.TLSBindingRequire: tlsconf.BindRequire,
	}[b]
}

func clientRule(r options.ClientCertRule) tlsconf.ClientRule {
	return map[options.ClientCertRule]tlsconf.ClientRule{
		options.ClientCertOff:     tlsconf.ClientsUnasked,
		options.ClientCertRequest: tlsconf.ClientsMay,
		options.ClientCertRequire: tlsconf.ClientsMust,
	}[r]
}

// maxOwnNames bounds the names of a self-signed certificate: it is sent in every full handshake.
const maxOwnNames = 32

// ownNames are the names and addresses that clients may use for this server, as far as it knows them itself.
func ownNames(o *options.Options) (names []string) {
	if name, err := os.Hostname(); err == nil {
		names = append(names, name)
	}
	names = append(names, o.BindHost, o.ForcePassiveIP)
	if addrs, err := net.InterfaceAddrs(); err == nil {
		for _, a := range addrs {
			if n, err := netip.ParsePrefix(a.String()); err == nil && (n.Addr().IsGlobalUnicast() || n.Addr().IsLoopback()) {
				names = append(names, n.Addr().String())
			}
		}
	}
	names = append(names, "localhost")
	var unique []string
	for _, name := range names {
		if name != "" && name != "0.0.0.0" && name != "::" && !slices.Contains(unique, name) {
			unique = append(unique, name)
		}
	}
	return unique[:min(len(unique), maxOwnNames)]
}
