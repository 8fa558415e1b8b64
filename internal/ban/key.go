package ban

import (
	"errors"
	"fmt"
	"net/netip"
)

// keyBits is the length of the network that counts as one IPv6 address.
const keyBits = 64

// keyOf is what counts as one address. What is no address, a pipe's, has the zero key.
func keyOf(a netip.Addr) netip.Prefix {
	if !a.IsValid() {
		return netip.Prefix{}
	}
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = keyBits
	}
	return netip.PrefixFrom(a, bits).Masked()
}

// ParseNetwork reads an address or a network, as an administrator writes it. An IPv6 address without a length is its network of
// 64 bits; with /128 it is that one address.
func ParseNetwork(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		if a.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("%q names an interface: leave out what follows the %%", text)
		}
		return keyOf(a), nil
	}
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return netip.Prefix{}, fmt.Errorf("%q is no address and no network", text)
	case p.Addr().Is4In6():
		return netip.Prefix{}, fmt.Errorf("%q is an IPv4 network in IPv6 notation: write it as an IPv4 network", text)
	case p != p.Masked():
		return netip.Prefix{}, fmt.Errorf("%q is an address in a network: write %s for the network", text, p.Masked())
	case p.Bits() == 0:
		return netip.Prefix{}, errors.New("that is everybody")
	}
	return p, nil
}

// Text is a network as people read it: one IPv4 address without its length.
func Text(p netip.Prefix) string {
	if p.Addr().Is4() && p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}
