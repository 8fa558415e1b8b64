package options

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
)

// A Web says what is served by HTTP over TCP. Page and Metrics may be the same place, which then serves both.
type Web struct {
	Page, Metrics *Bind    // nil means nowhere; an empty Host is this machine only
	TokenFile     string   // of the page's operators; empty: the page changes nothing
	Names         []string // of the page, in lower case
}

// setWeb reads "[address:]port". What has no address is for this machine only; so "every address" has to be said.
func setWeb(field func(*Options) **Bind) func(*build, string) error {
	return func(b *build, value string) error {
		bind, err := b.web(value)
		if err != nil {
			return err
		}
		*field(b.opts) = &bind
		return nil
	}
}

func (b *build) web(value string) (Bind, error) {
	if addr, err := netip.ParseAddr(value); err == nil {
		return Bind{}, hinted("write "+net.JoinHostPort(addr.String(), "8021"), "%q has no port", value)
	}
	host, service, err := net.SplitHostPort(value)
	switch {
	case err != nil && strings.Contains(value, ","):
		return Bind{}, hinted("write "+strings.Replace(value, ",", ":", 1), "%q has a comma", value)
	case err != nil:
		service = value
	case host == "" || host == "*":
		return Bind{}, hinted(fmt.Sprintf("write %[1]s for this machine only, 0.0.0.0:%[1]s or [::]:%[1]s for every address", service),
			"%q has no address", value)
	}
	port, err := b.port(service)
	return Bind{Host: host, Port: port}, err
}

func showWeb(field func(*Options) *Bind) func(*Options) string {
	return func(o *Options) string {
		switch bind := field(o); {
		case bind == nil:
			return "nowhere"
		case bind.Host == "":
			return fmt.Sprintf("port %d of this machine only", bind.Port)
		default:
			return net.JoinHostPort(bind.Host, strconv.Itoa(int(bind.Port)))
		}
	}
}

// setStatusToken takes an absolute path: the server may leave its directory.
func setStatusToken(b *build, value string) error {
	if !filepath.IsAbs(value) {
		return wrong("%q is not an absolute path", value)
	}
	b.opts.Web.TokenFile = value
	return nil
}

// setStatusName takes a host name, as it stands in an address before the port.
func setStatusName(b *build, value string) error {
	name := strings.ToLower(strings.TrimSuffix(value, "."))
	legal := func(c rune) bool {
		return c == '-' || c == '.' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z'
	}
	if name == "" || strings.Trim(name, ".") != name || strings.ContainsFunc(name, func(c rune) bool { return !legal(c) }) {
		return hinted("write the name alone, as in status.example.com", "%q is no host name", value)
	}
	b.opts.Web.Names = append(b.opts.Web.Names, name)
	return nil
}

// checkWeb finds settings of the page that do nothing.
func (b *build) checkWeb() {
	for _, long := range []string{"statustoken", "statusname"} {
		if b.opts.Web.Page == nil && len(b.opts.origins[long]) > 0 {
			b.warn("%s does nothing without StatusPage", b.row(long).keywords[0].name)
		}
	}
}
