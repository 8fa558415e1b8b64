//go:build clients

package clients

import "strings"

// url returns an FTP URL of a path relative to the login's folder (RFC 1738, 3.2).
func (tr *trip) url(path string) string {
	host := bracketed(tr.host) + ":" + tr.portText()
	return tr.scheme() + "://" + user + ":" + password + "@" + host + "/" + escape(path)
}

// scheme is ftps where TLS comes first.
func (tr *trip) scheme() string {
	if tr.way.tls.implicit {
		return "ftps"
	}
	return "ftp"
}

// bracketed puts an IPv6 address in brackets.
func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// escape escapes the bytes of a path that are not plain in a URL.
func escape(path string) string {
	const hex = "0123456789ABCDEF"
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-._"
	var b strings.Builder
	for _, c := range []byte(path) {
		if strings.IndexByte(plain, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return b.String()
}
