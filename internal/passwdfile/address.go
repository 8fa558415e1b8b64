package passwdfile

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// A Resolver finds the addresses of a host name; network is "ip4" or "ip6". A *net.Resolver is one.
// It must give up in bounded time by itself or with its context.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// An AddressList is a field of comma-separated patterns: addresses, networks (10.0.0.0/8) and host
// names. The zero value is an empty field.
type AddressList struct {
	Set      bool
	text     string
	patterns []pattern
}

// ParseAddresses understands a field of patterns, which an error says more about: the list is made
// nevertheless, and what is malformed permits nobody when its turn comes.
func ParseAddresses(text string) (AddressList, error) {
	var l AddressList
	if err := l.parse(text); err != nil {
		return l, err
	}
	return l, l.Check()
}

// String returns the list as it stands in a line.
func (l AddressList) String() string { return l.text }

// Check tells whether there is an item that is neither an address, nor a network, nor a name.
func (l AddressList) Check() error {
	for _, p := range l.patterns {
		if !p.network.IsValid() && !p.name {
			return p.malformed()
		}
	}
	return nil
}

// A pattern is one item of an AddressList: a network, a name, or text that is neither.
type pattern struct {
	text    string
	network netip.Prefix // an address alone is a network of one
	name    bool
}

// parse takes the text apart. It never fails: a malformed item counts when its turn comes (match).
func (l *AddressList) parse(s string) error {
	l.Set, l.text = s != "", s
	if !l.Set {
		return nil
	}
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.Trim(item, " \t"); item != "" {
			l.patterns = append(l.patterns, parsePattern(item))
		}
	}
	return nil
}

// parsePattern understands one item.
func parsePattern(item string) pattern {
	p := pattern{text: item}
	if strings.Contains(item, "/") {
		if network, err := netip.ParsePrefix(item); err == nil && network.Bits() > 0 {
			p.network = unmap(network)
		}
		return p
	}
	if address, err := netip.ParseAddr(item); err == nil && address.Zone() == "" {
		address = address.Unmap()
		p.network = netip.PrefixFrom(address, address.BitLen())
		return p
	}
	p.name = isHostName(item)
	return p
}

// isHostName tells whether an item can only be meant as a host name. What begins like an IPv4
// address or ends in a number is not: programs disagree on which address "127.1", "0x7f000001" or
// "10.0.0.1x" is, and a mistyped address must not turn into a name that does not exist.
func isHostName(item string) bool {
	if strings.ContainsFunc(item, notInHostName) || strings.ContainsAny(item[:1], "-_.") {
		return false
	}
	labels := strings.Split(strings.TrimSuffix(item, "."), ".")
	return !endsInNumber(labels) && !beginsAsAddress(labels)
}

func notInHostName(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
		return false
	}
	return true
}

// endsInNumber tells whether the last label is a number, decimal or hexadecimal.
func endsInNumber(labels []string) bool {
	last := strings.ToLower(labels[len(labels)-1])
	digits, hexadecimal := strings.CutPrefix(last, "0x")
	return isNumber(last) || hexadecimal && strings.Trim(digits, "0123456789abcdef") == ""
}

// beginsAsAddress tells whether the labels begin with an IPv4 address, or one with more behind it.
func beginsAsAddress(labels []string) bool {
	return len(labels) >= 4 && isNumber(labels[0]) && isNumber(labels[1]) && isNumber(labels[2]) &&
		labels[3] != "" && isNumber(labels[3][:1])
}

// isNumber tells whether s is digits only.
func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// unmap turns a network of IPv4-mapped IPv6 addresses into one of IPv4. One that is wider than
// those becomes invalid.
func unmap(n netip.Prefix) netip.Prefix {
	const mapped = 96 // bits before the IPv4 address
	if n.Addr().Is4In6() {
		n = netip.PrefixFrom(n.Addr().Unmap(), max(n.Bits()-mapped, -1))
		if n.Bits() == 0 {
			return netip.Prefix{}
		}
	}
	return n.Masked()
}

// A malformed item ends the comparison: what it was meant to allow or deny is unknown.
var errPattern = errors.New("not an address, a network or a name")

func (p pattern) malformed() error { return fmt.Errorf("%q is %w", p.text, errPattern) }

// match tells whether a pattern matches the address; the first that does ends the search. An error
// says that a pattern could not be understood, or that a name could not be looked up and no other
// pattern matched.
func (l *AddressList) match(ctx context.Context, address netip.Addr, r Resolver) (bool, error) {
	var unresolved error
	for _, p := range l.patterns {
		switch {
		case p.network.IsValid():
			if p.network.Contains(address) {
				return true, nil
			}
		case p.name:
			ok, err := matchName(ctx, p.text, address, r)
			if ok {
				return true, nil
			}
			unresolved = errors.Join(unresolved, err)
		default:
			return false, p.malformed()
		}
	}
	return false, unresolved
}

// matchName tells whether the address is one of those that belong to the name. A name that does not
// exist matches nothing; that it could not be looked up is an error.
func matchName(ctx context.Context, name string, address netip.Addr, r Resolver) (bool, error) {
	network := "ip6"
	if address.Is4() {
		network = "ip4"
	}
	found, err := r.LookupNetIP(ctx, network, name)
	if err != nil {
		if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
			return false, nil
		}
		return false, fmt.Errorf("look up %q: %w", name, err)
	}
	for _, a := range found {
		if a.Unmap().WithZone("") == address {
			return true, nil
		}
	}
	return false, nil
}
