package tlsconf

import (
	"crypto/tls"
	"strings"
)

// Describe names a connection's protocol and cipher as OpenSSL does, with the secret bits of the cipher, for a line in the
// log.
func Describe(state tls.ConnectionState) (protocol, cipher string, bits int) {
	protocol = strings.Replace(tls.VersionName(state.Version), "TLS ", "TLSv", 1)
	for _, s := range suites() {
		if s.id == state.CipherSuite {
			return protocol, s.name, s.bits
		}
	}
	name := tls.CipherSuiteName(state.CipherSuite) // of TLS 1.3, where both call them the same
	bits = 256
	if strings.Contains(name, "AES_128") {
		bits = 128
	}
	return protocol, name, bits
}
