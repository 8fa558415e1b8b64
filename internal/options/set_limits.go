package options

import (
	"fmt"
	"math"
	"strings"
)

// setBandwidth reads kilobytes per second, one number for both directions or
// "[upload]:[download]".
func setBandwidth(scope Scope) func(*build, string) error {
	return func(b *build, value string) error {
		up, down, colon := strings.Cut(value, ":")
		if !colon {
			down = up
		}
		var rate Bandwidth
		if up == "" && down == "" {
			return wrong("the value is empty")
		}
		for _, side := range []struct {
			text string
			rate *uint64
		}{{up, &rate.Upload}, {down, &rate.Download}} {
			if side.text == "" {
				continue
			}
			i, err := whole(side.text, 0)
			if err != nil {
				return err
			}
			const kilo = 1 << 10
			if i.n == 0 || i.negative || i.n > math.MaxInt64/kilo {
				return wrong("%q is not a number of kilobytes per second above 0", side.text)
			}
			*side.rate = i.n * kilo
		}
		b.opts.Bandwidth, b.opts.BandwidthFor = rate, scope
		return nil
	}
}

func showBandwidth(scope Scope) func(*Options) string {
	return func(o *Options) string {
		if o.BandwidthFor != scope {
			return "no limit"
		}
		side := func(rate uint64) string {
			if rate == 0 {
				return "no limit"
			}
			return fmt.Sprintf("%d bytes/s", rate)
		}
		return "up " + side(o.Bandwidth.Upload) + ", down " + side(o.Bandwidth.Download)
	}
}

// setRatio reads "upload:download". Once everybody has a ratio, the anonymous switch changes only
// its numbers.
func setRatio(scope Scope) func(*build, string) error {
	return func(b *build, value string) error {
		p, junk, err := scanPair(value)
		if err != nil {
			return err
		}
		for _, side := range []integer{p.first, p.second} {
			if side.n == 0 || side.negative || side.n > math.MaxUint32 {
				return wrong("both numbers of a ratio have to be at least 1")
			}
		}
		b.ignored(junk)
		b.opts.Ratio = Ratio{Upload: uint32(p.first.n), Download: uint32(p.second.n)}
		b.opts.RatioFor = max(b.opts.RatioFor, scope)
		return nil
	}
}

func showRatio(scope Scope) func(*Options) string {
	return func(o *Options) string {
		if o.RatioFor != scope {
			return "none"
		}
		return fmt.Sprintf("%d:%d", o.Ratio.Upload, o.Ratio.Download)
	}
}
