package options

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// ACME says which certificate is kept by ACME, and how.
type ACME struct {
	Names     []string // of hosts, in lower case; none: no certificate is kept
	Email     string   // where the authority may write to
	Directory string   // URL of the authority's directory; empty means Let's Encrypt
	Storage   string   // directory of account key and certificate
	Agreed    bool     // to the authority's terms of service
	Challenge ACMEChallenge
	// Listen is where the server answers the authority, for ACMEHTTP and ACMETLSALPN; Port 0 is the standard port.
	Listen  Bind
	Webroot string // the directory that a web server serves, for ACMEWebroot
}

// An ACMEChallenge is a way to prove to an authority whose a name is.
type ACMEChallenge uint8

// The challenges.
const (
	ACMEHTTP    ACMEChallenge = iota // the server listens on port 80 as long as the authority looks
	ACMEWebroot                      // a web server shows a file
	ACMETLSALPN                      // the server listens on port 443 as long as the authority looks
)

func acmeChallenges() []string { return []string{"http", "webroot", "tls-alpn"} }

func (c ACMEChallenge) String() string { return acmeChallenges()[c] }

// setACME reads the name of a host.
func setACME(b *build, value string) error {
	name := strings.ToLower(value)
	odd := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' }
	switch _, address := netip.ParseAddr(name); {
	case strings.HasPrefix(name, "*"):
		return hinted("give each name", "%q is a wildcard, which can only be proved in the DNS", value)
	case name == "" || address == nil || strings.ContainsFunc(name, odd):
		return wrong("%q is not the name of a host", value)
	case slices.Contains(b.opts.ACME.Names, name):
		return errIgnored
	}
	b.opts.ACME.Names = append(b.opts.ACME.Names, name)
	return nil
}

func showACME(o *Options) string { return orNone(strings.Join(o.ACME.Names, ", ")) }

// setACMEDirectory reads a URL; what carries secrets is not sent in clear text.
func setACMEDirectory(b *build, value string) error {
	if rest, ok := strings.CutPrefix(value, "https://"); !ok || rest == "" {
		return wrong("%q does not begin with https://", value)
	}
	b.opts.ACME.Directory = value
	return nil
}

func showACMEDirectory(o *Options) string {
	if o.ACME.Directory == "" {
		return "Let's Encrypt"
	}
	return o.ACME.Directory
}

func setACMEStorage(b *build, value string) error {
	if !strings.HasPrefix(value, "/") {
		return wrong("%q is not an absolute path", value)
	}
	b.opts.ACME.Storage = value
	return nil
}

// setACMEChallenge reads "http[:[HOST,]PORT]", "tls-alpn[:[HOST,]PORT]" or "webroot:DIR".
func setACMEChallenge(b *build, value string) error {
	word, rest, more := strings.Cut(value, ":")
	i, err := oneOf(word, acmeChallenges())
	if err != nil {
		return err
	}
	challenge, listen, webroot := ACMEChallenge(i), Bind{}, ""
	switch {
	case challenge == ACMEWebroot && !strings.HasPrefix(rest, "/"):
		return wrong("webroot needs the absolute path of the directory that the web server serves")
	case challenge == ACMEWebroot:
		webroot = rest
	case more:
		host, port, err := b.address(rest)
		if err != nil {
			return err
		}
		listen.Host = host
		if port != nil {
			listen.Port = *port
		}
	}
	b.opts.ACME.Challenge, b.opts.ACME.Listen, b.opts.ACME.Webroot = challenge, listen, webroot
	return nil
}

func showACMEChallenge(o *Options) string {
	a := o.ACME
	switch {
	case a.Challenge == ACMEWebroot:
		return a.Challenge.String() + ":" + a.Webroot
	case a.Listen == Bind{}:
		return a.Challenge.String()
	case a.Listen.Host == "":
		return fmt.Sprintf("%v:%d", a.Challenge, a.Listen.Port)
	}
	return fmt.Sprintf("%v:%s,%d", a.Challenge, a.Listen.Host, a.Listen.Port)
}

// checkACME finds settings of ACME that do not go together.
func (b *build) checkACME() {
	o := b.opts
	given := func(long string) bool { return len(o.origins[long]) > 0 }
	if len(o.ACME.Names) == 0 {
		for _, long := range []string{"acmeemail", "acmedirectory", "acmestorage", "acmechallenge", "acmeagree"} {
			if given(long) {
				b.warn("%s does nothing without ACME, which names the host", b.row(long).keywords[0].name)
			}
		}
		return
	}
	if !o.ACME.Agreed {
		b.contradiction("acme", hinted("read them on its web site, then write ACMEAgree yes",
			"the authority gives certificates only to those who agree to its terms"))
	}
	if given("certfile") {
		b.contradiction("acme", hinted("leave CertFile out, or ACME", "CertFile names another certificate"))
	}
	if o.TLS == 0 {
		b.warn("ACME does nothing as long as TLS is off")
	}
	if o.Try {
		b.warn("ACME does nothing on trial")
	}
}
