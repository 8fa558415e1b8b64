package options

import (
	"fmt"
	"math"
	"strings"
)

// setBandwidth sets the rate of each session. No limit on either side, written as 0, is a place in the background.
func setBandwidth(scope Scope) func(*build, string) error {
	return func(b *build, value string) error {
		rate, err := scanBandwidth(value)
		if err != nil {
			return err
		}
		if before := b.opts.BandwidthFor; before != ForNobody && before != scope {
			b.warn("takes the place of the bandwidth of %s sessions before it: -t and -T are one setting, and the last one counts", before)
		}
		b.opts.Bandwidth, b.opts.BandwidthFor = rate, scope
		b.opts.Background = rate == Bandwidth{}
		return nil
	}
}

// scanBandwidth reads kilobytes per second, one number for both directions or "[upload]:[download]". 0, or nothing on
// one side, is no limit.
func scanBandwidth(value string) (Bandwidth, error) {
	up, down, colon := strings.Cut(value, ":")
	if !colon {
		down = up
	}
	if up == "" && down == "" {
		return Bandwidth{}, wrong("the value is empty")
	}
	var rate Bandwidth
	for _, side := range []struct {
		text string
		rate *uint64
	}{{up, &rate.Upload}, {down, &rate.Download}} {
		if side.text == "" {
			continue
		}
		i, err := whole(side.text, 0)
		if err != nil {
			return Bandwidth{}, err
		}
		const kilo = 1 << 10
		if i.negative || i.n > math.MaxInt64/kilo {
			return Bandwidth{}, wrong("%q is not a number of kilobytes per second", side.text)
		}
		*side.rate = i.n * kilo
	}
	return rate, nil
}

func showBandwidth(scope Scope) func(*Options) string {
	return func(o *Options) string {
		switch {
		case o.BandwidthFor != scope:
			return "no limit"
		case o.Background:
			return "no limit, in the background"
		}
		return o.Bandwidth.text()
	}
}

// setTotal sets the rate of several sessions together.
func setTotal(field func(*Options) *Bandwidth) func(*build, string) error {
	return func(b *build, value string) error {
		rate, err := scanBandwidth(value)
		if err == nil {
			*field(b.opts) = rate
		}
		return err
	}
}

func showTotal(field func(*Options) *Bandwidth) func(*Options) string {
	return func(o *Options) string { return field(o).text() }
}

// text is a bandwidth for reports.
func (b Bandwidth) text() string {
	if b == (Bandwidth{}) {
		return "no limit"
	}
	side := func(rate uint64) string {
		if rate == 0 {
			return "no limit"
		}
		return fmt.Sprintf("%d bytes/s", rate)
	}
	return "up " + side(b.Upload) + ", down " + side(b.Download)
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
		if before := b.opts.RatioFor; before != ForNobody && before != scope {
			b.warn("takes the place of the ratio of %s sessions before it: -q and -Q are one setting", before)
		}
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
