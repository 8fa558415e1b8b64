package options

import (
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
		b.opts.TLSClientCert = b.opts.TLSClientCert || client
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
	if o.TLSClientCert {
		list += ", client certificate demanded"
	}
	return list
}
