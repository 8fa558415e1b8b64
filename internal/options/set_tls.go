package options

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// setTLS reads the level, 0 to 3.
func setTLS(b *build, value string) error {
	level, err := strconv.ParseUint(strings.TrimLeft(value, blanks), 10, 8)
	if err != nil || level > 3 {
		return wrong("%q is not a level from 0 to 3", value)
	}
	b.opts.TLS = int(level)
	return nil
}

func showTLS(o *Options) string {
	return [...]string{"off", "1 (optional)", "2 (logins)", "3 (logins and data)"}[o.TLS]
}

// setCert reads "certificate[,key]", cut at the first comma.
func setCert(b *build, value string) error {
	cert, key, comma := strings.Cut(value, ",")
	if !comma {
		key = cert
	}
	if cert == "" || key == "" {
		return wrong("the name of the certificate or key is empty")
	}
	b.opts.CertFile, b.opts.KeyFile = cert, key
	return nil
}

func showCert(o *Options) string {
	if o.KeyFile == o.CertFile {
		return o.CertFile
	}
	return o.CertFile + "," + o.KeyFile
}

// setCiphers reads a cipher list after any number of -C: (the client needs a certificate) and -S:
// (ignored).
func setCiphers(b *build, value string) error {
	for {
		list, client := strings.CutPrefix(value, "-C:")
		if !client {
			var old bool
			if list, old = strings.CutPrefix(value, "-S:"); !old {
				break
			}
		}
		value = list
		b.opts.cipherListCert = b.opts.cipherListCert || client
	}
	if strings.HasPrefix(value, "-") {
		return wrong("a cipher list does not begin with a dash, unless with -C: or -S:")
	}
	b.opts.TLSCiphers = value
	return nil
}

func showCiphers(o *Options) string {
	list := o.TLSCiphers
	if list == "" {
		list = "default"
	}
	if o.cipherListCert {
		list += ", client certificate demanded"
	}
	return list
}

func tlsBindings() []string { return []string{"off", "warn", "require"} }

func clientCertRules() []string { return []string{"off", "request", "require"} }

// oneOf finds a word, in any case, in a list of those that are right.
func oneOf(value string, words []string) (uint8, error) {
	i := slices.Index(words, strings.ToLower(value))
	if i < 0 {
		return 0, wrong("%q is none of %s", value, strings.Join(words, ", "))
	}
	return uint8(i), nil
}

func setTLSBinding(b *build, value string) error {
	i, err := oneOf(value, tlsBindings())
	if err != nil {
		return err
	}
	b.opts.TLSBinding = TLSBinding(i)
	return nil
}

func setClientCert(b *build, value string) error {
	i, err := oneOf(value, clientCertRules())
	if err != nil {
		return err
	}
	b.opts.tlsClientCert = ClientCertRule(i)
	return nil
}

// setImplicitTLS reads "[host,]port".
func setImplicitTLS(b *build, value string) error {
	host, port, err := b.address(value)
	if err != nil {
		return err
	}
	if port == nil {
		return wrong("%q has no port", value)
	}
	b.opts.ImplicitTLS = &Bind{Host: host, Port: *port}
	return nil
}

func showImplicitTLS(o *Options) string {
	if o.ImplicitTLS == nil {
		return "nowhere"
	}
	host := o.ImplicitTLS.Host
	if host == "" {
		host = "all addresses"
	}
	return fmt.Sprintf("%s, %d", host, o.ImplicitTLS.Port)
}

// setClearTextFrom adds a network.
func setClearTextFrom(b *build, value string) error {
	n, err := parseNetwork(value)
	if err == nil {
		b.opts.ClearTextFrom = append(b.opts.ClearTextFrom, n)
	}
	return err
}

// parseNetwork reads a network, or one address.
func parseNetwork(value string) (netip.Prefix, error) {
	network, err := netip.ParsePrefix(value)
	if addr, failed := netip.ParseAddr(value); failed == nil && addr.Zone() == "" {
		network, err = netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	switch {
	case err != nil:
		return network, wrong("%q is neither a network nor a numeric address", value)
	case network.Addr().Is4In6():
		return network, hinted("write it as an IPv4 network", "%q is an IPv4 network in IPv6 notation", value)
	case network != network.Masked():
		return network, hinted("write "+network.Masked().String(), "%q is an address in a network, not the network", value)
	}
	return network, nil
}

func showClearTextFrom(o *Options) string {
	if len(o.ClearTextFrom) == 0 {
		return "nowhere"
	}
	return networksText(o.ClearTextFrom)
}

func networksText(networks []netip.Prefix) string {
	var list []string
	for _, network := range networks {
		list = append(list, network.String())
	}
	return strings.Join(list, ", ")
}

// checkTLS finds settings of TLS that do not go together.
func (b *build) checkTLS() {
	o := b.opts
	given := func(long string) bool { return len(o.origins[long]) > 0 }
	if o.TLSClientLogin && o.TLSClientCA == "" {
		b.contradiction("tlsclientlogin", hinted("name them with TLSClientCA",
			"without a word on who issues the certificates, it would let in whoever has one of the server's own authority"))
	}
	if o.TLS == 0 && !o.Try && o.ImplicitTLS != nil {
		b.contradiction("implicittlslisten", hinted("write TLS 1, 2 or 3", "TLS is off"))
	}
	if o.TLSClientLogin && o.ClientCert() == ClientCertOff {
		b.warn("TLSClientLogin does nothing as long as TLSClientCert is off")
	}
	if o.TLSClientCA != "" && o.ClientCert() == ClientCertOff {
		b.warn("TLSClientCA does nothing as long as TLSClientCert is off")
	}
	if o.TLSAnyAddress && o.TLSBinding != TLSBindingRequire {
		b.contradiction("tlsanyaddress", hinted("write TLSBinding require", "nothing but the address would tell whose a data connection is"))
	}
	if o.TLS == 1 && given("cleartextfrom") {
		b.warn("ClearTextFrom does nothing with TLS 1, which lets everybody do without")
	}
	for _, long := range []string{"extcert", "tlsbinding", "tlsstrictend", "certdir", "tlsselfsigned", "tlsclientcert", "cleartextfrom"} {
		if o.TLS == 0 && !o.Try && given(long) {
			b.warn("%s does nothing as long as TLS is off", b.row(long).keywords[0].name)
		}
	}
}

// contradiction is a mistake in a setting that is right by itself.
func (b *build) contradiction(long string, err error) {
	o := order{row: b.row(long), name: "--" + long}
	if origins := b.opts.origins[long]; len(origins) > 0 {
		o.origin = origins[len(origins)-1]
		if o.origin.Name != "" {
			o.name = o.origin.Name
		}
	}
	b.blame(err, o)
}
