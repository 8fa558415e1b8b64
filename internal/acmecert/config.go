package acmecert

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/crypto/acme"
)

// LetsEncrypt is the directory of Let's Encrypt.
const LetsEncrypt = acme.LetsEncryptURL

// A Way is how names are proved.
type Way uint8

// The ways.
const (
	HTTP    Way = iota // by listening on port 80
	Webroot            // by a file that a web server on port 80 serves
	TLSALPN            // by listening on port 443
)

// A Config says which certificate is kept, and how.
type Config struct {
	Names     []string // of hosts; all are in the certificate, the first names the file
	Email     string   // where the authority may write to; empty for none
	Directory string   // URL of the authority's directory; empty means Let's Encrypt
	Agreed    bool     // the administrator agrees to the authority's terms
	Storage   string   // directory for account key and certificate

	Way     Way
	Address string // where HTTP and TLSALPN listen; empty means the standard port
	Webroot string // what the web server serves as / for every one of the names

	// As runs each access to files; nil means as the process is.
	As func(func() error) error
	// Listen opens a port; nil means as the process is.
	Listen func(ctx context.Context, address string) (net.Listener, error)
	// Transport carries requests to the authority; nil means one that trusts the system's authorities.
	Transport http.RoundTripper

	// Report takes one line about what went wrong, Note one about what went well. Both are called by Run only.
	Report, Note func(message string)

	Now func() time.Time // nil means time.Now
}

func (c Config) withDefaults() Config {
	if c.Directory == "" {
		c.Directory = LetsEncrypt
	}
	if c.Address == "" {
		c.Address = map[Way]string{HTTP: ":80", TLSALPN: ":443"}[c.Way]
	}
	if c.As == nil {
		c.As = func(fn func() error) error { return fn() }
	}
	if c.Listen == nil {
		c.Listen = func(ctx context.Context, address string) (net.Listener, error) {
			return new(net.ListenConfig).Listen(ctx, "tcp", address)
		}
	}
	if c.Report == nil {
		c.Report = func(string) {}
	}
	if c.Note == nil {
		c.Note = func(string) {}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Check finds all that is wrong with a Config by itself.
func (c Config) Check() error {
	var faults []error
	if len(c.Names) == 0 {
		faults = append(faults, errors.New("no name of a host is given"))
	}
	for _, name := range c.Names {
		faults = append(faults, CheckName(name))
	}
	if !filepath.IsAbs(c.Storage) {
		faults = append(faults, fmt.Errorf("the storage %q is not an absolute pathname", c.Storage))
	}
	if c.Way == Webroot && !filepath.IsAbs(c.Webroot) {
		faults = append(faults, fmt.Errorf("the web server's directory %q is not an absolute pathname", c.Webroot))
	}
	if c.Directory != "" {
		faults = append(faults, CheckDirectory(c.Directory))
	}
	if !c.Agreed {
		faults = append(faults, errors.New("the authority has terms of service: agree to them"))
	}
	return errors.Join(faults...)
}

// maxName is how long a name may be (RFC 1035, section 3.1, as text).
const maxName = 253

// CheckName says why a name cannot stand in a certificate of this kind.
func CheckName(name string) error {
	if net.ParseIP(name) != nil {
		return fmt.Errorf("%q is an address; a certificate needs a name", name)
	}
	if strings.HasPrefix(name, "*") {
		return fmt.Errorf("%q is a wildcard, which can only be proved in the DNS; give each name", name)
	}
	if len(name) > maxName {
		return fmt.Errorf("%.40q… is longer than %d characters", name, maxName)
	}
	for label := range strings.SplitSeq(name, ".") {
		if !isLabel(label) {
			return fmt.Errorf("%q is not the name of a host; write names with other letters as xn--…", name)
		}
	}
	return nil
}

// isLabel tells whether text is a part of a host name (RFC 1123, section 2.1), in lower case.
func isLabel(text string) bool {
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return 0 < len(text) && len(text) <= 63 && text[0] != '-' && text[len(text)-1] != '-'
}

// CheckDirectory says why a text is no URL of an authority.
func CheckDirectory(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return fmt.Errorf("%q is not the https URL of an authority's directory", text)
	}
	return nil
}

// File is the path of the certificate, with chain and key. Each authority has files of its own, so who goes from one for tests
// to a real one gets a real certificate at once.
func (c Config) File() string {
	return filepath.Join(c.withDefaults().home(), c.Names[0]+".pem")
}

// home is the folder of the authority's files.
func (c Config) home() string {
	name := strings.ToLower(strings.TrimPrefix(c.Directory, "https://"))
	clean := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' {
			return r
		}
		return '-'
	}
	return filepath.Join(c.Storage, strings.Map(clean, name))
}
