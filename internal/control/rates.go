package control

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ParseRates reads rates as people write them: one for both directions, or "UPLOAD:DOWNLOAD", where nothing on one side is no
// limit. A rate is a number of kilobytes per second, as after -T, or one with K, M or G behind it, or B for bytes; "none" or 0
// is no limit.
func ParseRates(text string) (Rates, error) {
	up, down, two := strings.Cut(text, ":")
	if !two {
		down = up
	}
	if text == "" || two && up == "" && down == "" {
		return Rates{}, fmt.Errorf("%q is no rate: write 500K, 2M, 100K:2M (upload:download) or none", text)
	}
	var r Rates
	var err error
	if r.Upload, err = parseRate(up); err == nil {
		r.Download, err = parseRate(down)
	}
	return r, err
}

func parseRate(text string) (uint64, error) {
	if text == "" || strings.EqualFold(text, "none") {
		return 0, nil
	}
	units := map[byte]uint64{'B': 1, 'K': 1 << 10, 'M': 1 << 20, 'G': 1 << 30}
	number := text
	unit, given := units[text[len(text)-1]&^0x20]
	if given {
		number = text[:len(text)-1]
	} else {
		unit = units['K']
	}
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil || n > math.MaxInt64/unit {
		return 0, fmt.Errorf("%q is no rate: write 500K, 2M, 100K:2M (upload:download) or none", text)
	}
	return n * unit, nil
}

// String is how people read rates.
func (r Rates) String() string {
	if r == (Rates{}) {
		return "no limit"
	}
	return "up " + rateText(r.Upload) + ", down " + rateText(r.Download)
}

func rateText(n uint64) string {
	switch {
	case n == 0:
		return "no limit"
	case n%(1<<20) == 0:
		return fmt.Sprintf("%d MB/s", n>>20)
	case n%(1<<10) == 0:
		return fmt.Sprintf("%d KB/s", n>>10)
	}
	return fmt.Sprintf("%d bytes/s", n)
}
