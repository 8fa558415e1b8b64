package tlsconf

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/tls"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// makeIndex lists the certificates of the directory by the names they are for, ECDSA first: its handshake is the cheapest.
// Those of one kind stand in the order of their files' names.
func makeIndex(shot *snapshot) map[string][]*tls.Certificate {
	index := map[string][]*tls.Certificate{}
	for _, path := range slices.Sorted(maps.Keys(shot.dir)) {
		p := shot.dir[path].pair
		for _, name := range namesOf(p) {
			index[name] = append(index[name], p.tls)
		}
	}
	for _, list := range index {
		slices.SortStableFunc(list, func(a, b *tls.Certificate) int { return rank(a) - rank(b) })
	}
	return index
}

func rank(cert *tls.Certificate) int {
	switch cert.PrivateKey.(type) {
	case *ecdsa.PrivateKey:
		return 0
	case ed25519.PrivateKey:
		return 2 // few clients
	}
	return 1
}

// namesOf are the names a certificate is for, in lower case: host names, wildcards and addresses, or the common name if
// there are none.
func namesOf(p *pair) (names []string) {
	leaf := p.leaf()
	for _, name := range leaf.DNSNames {
		names = append(names, strings.ToLower(name))
	}
	for _, ip := range leaf.IPAddresses {
		if addr, ok := netip.AddrFromSlice(ip); ok {
			names = append(names, addr.Unmap().String())
		}
	}
	if len(names) == 0 && leaf.Subject.CommonName != "" {
		names = append(names, strings.ToLower(leaf.Subject.CommonName))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// choose picks the certificate for a client: by the name it asks for, by a wildcard in the place of that name's first label,
// by the local address if it asks for none, and else the main one.
func (shot *snapshot) choose(hello *tls.ClientHelloInfo, local netip.Addr) *tls.Certificate {
	if len(shot.index) == 0 {
		return shot.main.tls
	}
	name := strings.ToLower(hello.ServerName)
	if name == "" && local.IsValid() {
		name = local.WithZone("").String()
	}
	list := shot.index[name]
	if _, parent, ok := strings.Cut(name, "."); ok && len(list) == 0 {
		list = shot.index["*."+parent]
	}
	switch len(list) {
	case 0:
		return shot.main.tls
	case 1:
		return list[0]
	}
	for _, cert := range list {
		if hello.SupportsCertificate(cert) == nil {
			return cert
		}
	}
	return list[0] // the handshake says what does not fit
}
