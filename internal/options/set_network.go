package options

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// maxIdle stands for idle times beyond it, and so for "never": ten years.
const maxIdle = 10 * 365 * 24 * time.Hour

// setBind reads "[host][,][port]". The first host and the last port given count.
func setBind(b *build, value string) error {
	host, port, err := b.address(value)
	if err != nil {
		return err
	}
	if port != nil {
		b.opts.BindPort, b.opts.BindPortSet = *port, true
	}
	if b.opts.BindHost == "" {
		b.opts.BindHost = host
	}
	return nil
}

// address reads "[host][,][port]". Without a comma it is a port. A port that is not given is nil.
func (b *build) address(value string) (host string, port *uint16, err error) {
	host, service, comma := strings.Cut(value, ",")
	if !comma {
		host, service = "", value
	}
	if value == "" {
		return "", nil, wrong("the value is empty")
	}
	if inner, ok := strings.CutPrefix(host, "["); ok { // [::1],21
		host = strings.TrimSuffix(inner, "]")
	}
	if both, err := netip.ParseAddrPort(value); err == nil {
		return "", nil, hinted(fmt.Sprintf("write %s,%d", both.Addr(), both.Port()), "%q has no comma", value)
	}
	if addr, err := netip.ParseAddr(value); err == nil {
		return "", nil, hinted(fmt.Sprintf("write %s,21", addr), "%q has no comma and so should be a port", value)
	}
	if service == "" {
		return host, nil, nil
	}
	n, err := b.port(service)
	return host, &n, err
}

// port reads a number or the name of a service.
func (b *build) port(value string) (uint16, error) {
	n, err := strconv.ParseUint(value, 10, 16)
	if err == nil {
		return uint16(n), nil
	}
	if errors.Is(err, strconv.ErrRange) {
		return 0, wrong("port %s is larger than 65535", value)
	}
	port, err := b.env.LookupPort(value)
	if err != nil {
		return 0, wrong("%q is neither a port nor a known service", value)
	}
	return port, nil
}

func showBind(o *Options) string {
	host, port := o.BindHost, "default port"
	if o.BindPortSet {
		port = strconv.Itoa(int(o.BindPort))
	}
	if host == "" {
		host = "all addresses"
	}
	return host + ", " + port
}

// setPassive reads the range of passive ports.
func setPassive(b *build, value string) error {
	p, junk, err := scanPair(value)
	if err != nil {
		return err
	}
	const lowest, highest = 1024, 65535
	first, last := p.first.n, p.second.n
	if p.first.negative || p.second.negative || first < lowest || last > highest {
		return wrong("ports go from %d to %d, not %s", lowest, highest, value)
	}
	if first > last {
		return hinted(fmt.Sprintf("write %d:%d", last, first), "the first port is larger than the last")
	}
	b.ignored(junk)
	b.opts.Passive = PortRange{First: uint16(first), Last: uint16(last)}
	return nil
}

// ignored warns about text after a value that the original ignores.
func (b *build) ignored(junk string) {
	if strings.Trim(junk, blanks) != "" {
		b.warn("%q after the value is ignored", junk)
	}
}

func showPassive(o *Options) string {
	return fmt.Sprintf("%d:%d", o.Passive.First, o.Passive.Last)
}

// setForcedIP reads the address for 227 replies, which hold IPv4 addresses only. The first one
// counts.
func setForcedIP(b *build, value string) error {
	if value == "" || strings.ContainsAny(value, blanks) {
		return wrong("%q is neither an address nor a host name", value)
	}
	if addr, err := netip.ParseAddr(value); err == nil && !addr.Is4() {
		return wrong("%s is not an IPv4 address, and a reply to PASV can hold no other", value)
	}
	if b.opts.ForcePassiveIP == "" {
		b.opts.ForcePassiveIP = value
	}
	return nil
}

// setTrustedIP reads a numeric address.
func setTrustedIP(b *build, value string) error {
	addr, err := netip.ParseAddr(value)
	if err != nil || addr.Zone() != "" {
		return wrong("%q is not a numeric IPv4 or IPv6 address", value)
	}
	b.opts.TrustedIP = addr.Unmap()
	return nil
}

func showTrustedIP(o *Options) string {
	if !o.TrustedIP.IsValid() {
		return "none"
	}
	return o.TrustedIP.String()
}

// setMaxIdle reads minutes. Nothing sensible means the default, as it always did; -1 means never.
func setMaxIdle(b *build, value string) error {
	i, ok := scanInteger(value, 0)
	switch {
	case !ok || i.n == 0:
		b.warn("%q is no idle time, the default of 15 minutes is used", value)
		b.opts.MaxIdle = defaults().MaxIdle
		return nil
	case i.negative || i.n > uint64(maxIdle/time.Minute):
		b.opts.MaxIdle = maxIdle
	default:
		b.opts.MaxIdle = time.Duration(i.n) * time.Minute
	}
	b.ignored(i.rest)
	return nil
}

func showMaxIdle(o *Options) string {
	if o.MaxIdle == maxIdle {
		return "ten years"
	}
	return fmt.Sprintf("%d minutes", o.MaxIdle/time.Minute)
}

// setPerUser reads sessions for each user and for anonymous; 0 means no limit.
func setPerUser(b *build, value string) error {
	p, junk, err := scanPair(value)
	if err != nil {
		return err
	}
	b.ignored(junk)
	b.opts.MaxPerUser, b.opts.MaxAnonymous = p.first.limit(), p.second.limit()
	return nil
}

func showPerUser(o *Options) string {
	return limitText(o.MaxPerUser) + ", anonymous " + limitText(o.MaxAnonymous)
}

// lookupPort is the real Env's LookupPort.
func lookupPort(service string) (uint16, error) {
	n, err := net.LookupPort("tcp", service)
	return uint16(n), err
}
