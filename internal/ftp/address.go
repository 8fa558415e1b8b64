package ftp

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// Errors of the address parsers; what they say is the cause, the reply is the session's.
var (
	ErrAddress = errors.New("malformed address")          // 501
	ErrFamily  = errors.New("unsupported address family") // 522 (RFC 2428)
)

// ParsePort reads the argument of PORT: h1,h2,h3,h4,p1,p2 (RFC 959, 5.3.2). Blanks after a comma and whatever follows the
// sixth number are passed over, as clients have been seen to send both.
func ParsePort(arg string) (netip.AddrPort, error) {
	var n [6]byte
	for i := range n {
		arg = strings.TrimLeft(arg, " ")
		digits := leadingDigits(arg)
		v, err := strconv.ParseUint(digits, 10, 8)
		if err != nil {
			return netip.AddrPort{}, ErrAddress
		}
		n[i] = byte(v)
		arg = arg[len(digits):]
		if i < 5 {
			if !strings.HasPrefix(arg, ",") {
				return netip.AddrPort{}, ErrAddress
			}
			arg = arg[1:]
		}
	}
	port := uint16(n[4])<<8 | uint16(n[5])
	addr := netip.AddrFrom4([4]byte{n[0], n[1], n[2], n[3]})
	if port == 0 || addr.IsUnspecified() {
		return netip.AddrPort{}, ErrAddress
	}
	return netip.AddrPortFrom(addr, port), nil
}

func leadingDigits(s string) string {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return s[:n]
}

// ParseExtPort reads the argument of EPRT: <d>family<d>address<d>port<d> (RFC 2428, 2). Any delimiter will do.
func ParseExtPort(arg string) (netip.AddrPort, error) {
	if arg == "" || '0' <= arg[0] && arg[0] <= '9' {
		return netip.AddrPort{}, ErrAddress
	}
	fields := strings.Split(arg[1:], arg[:1])
	if len(fields) < 4 || fields[0] == "" {
		return netip.AddrPort{}, ErrAddress
	}
	if fields[0] != "1" && fields[0] != "2" {
		if _, err := strconv.ParseUint(fields[0], 10, 16); err != nil {
			return netip.AddrPort{}, ErrAddress
		}
		return netip.AddrPort{}, ErrFamily
	}
	text := fields[1]
	if fields[0] == "1" {
		text = strings.ReplaceAll(text, ",", ".")
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Is4() != (fields[0] == "1") || addr.Is4In6() || addr.Zone() != "" {
		return netip.AddrPort{}, ErrAddress
	}
	port, err := strconv.ParseUint(fields[2], 10, 16)
	if err != nil || port == 0 || addr.IsUnspecified() {
		return netip.AddrPort{}, ErrAddress
	}
	return netip.AddrPortFrom(addr, uint16(port)), nil
}

// AppendPort appends the six numbers of a 227 reply: h1,h2,h3,h4,p1,p2 (RFC 959). The address must be IPv4.
func AppendPort(b []byte, addr netip.Addr, port uint16) []byte {
	for _, n := range addr.As4() {
		b = strconv.AppendUint(b, uint64(n), 10)
		b = append(b, ',')
	}
	b = strconv.AppendUint(b, uint64(port>>8), 10)
	b = append(b, ',')
	return strconv.AppendUint(b, uint64(port&0xff), 10)
}

// FormatExtended writes an endpoint as RFC 2428 spells it: |1|192.0.2.1|2121|.
func FormatExtended(ap netip.AddrPort) string {
	family := "|2|"
	if ap.Addr().Is4() {
		family = "|1|"
	}
	return family + ap.Addr().String() + "|" + strconv.Itoa(int(ap.Port())) + "|"
}
