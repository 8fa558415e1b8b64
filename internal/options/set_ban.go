package options

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// A Ban says when addresses are kept out because logins from them fail.
type Ban struct {
	// After is how many logins may fail Within a time before the address is kept out for Time; 0 means never.
	After        int
	Within, Time time.Duration
	// Exempt are the networks that are never kept out.
	Exempt []netip.Prefix
}

// loopback is where proxies on the same machine come from.
func loopback() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

// mostFailures bounds what is kept of one address.
const mostFailures = 200

// setFailures reads a number of failures; none may be given as 0.
func setFailures(field func(*Options) *int) func(*build, string) error {
	return func(b *build, value string) error {
		i, err := whole(value, 10)
		if err != nil {
			return err
		}
		if i.negative || i.n > mostFailures {
			return wrong("%q is not a number of failures from 0 to %d", value, mostFailures)
		}
		*field(b.opts) = int(i.n)
		return nil
	}
}

func showBanAfter(o *Options) string {
	if o.Ban.After == 0 {
		return "never"
	}
	return fmt.Sprintf("%d failures", o.Ban.After)
}

// setBanSeconds reads a number of seconds, at least 1.
func setBanSeconds(field func(*Options) *time.Duration) func(*build, string) error {
	read := setSeconds(field)
	return func(b *build, value string) error {
		before := *field(b.opts)
		err := read(b, value)
		if err == nil && *field(b.opts) == 0 {
			*field(b.opts) = before
			return wrong("%q is no time: BanAfter 0 is for no bans", value)
		}
		return err
	}
}

// setBanExempt adds a network, or takes out all before it, those of the default too.
func setBanExempt(b *build, value string) error {
	if strings.EqualFold(value, "none") {
		b.opts.Ban.Exempt = nil
		return nil
	}
	n, err := parseNetwork(value)
	if err == nil {
		b.opts.Ban.Exempt = append(b.opts.Ban.Exempt, n)
	}
	return err
}

func showBanExempt(o *Options) string { return orNone(networksText(o.Ban.Exempt)) }
