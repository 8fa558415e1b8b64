package control

import (
	"testing"
)

func TestRates(t *testing.T) {
	for text, want := range map[string]Rates{
		"100": {100 << 10, 100 << 10}, "100K": {100 << 10, 100 << 10}, "2m": {2 << 20, 2 << 20}, "1G:": {1 << 30, 0}, ":5B": {0, 5},
		"none": {}, "0": {}, "1K:none": {1 << 10, 0},
	} {
		if got, err := ParseRates(text); err != nil || got != want {
			t.Errorf("ParseRates(%q) = %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", ":", "x", "-1", "1.5M", "1T", "K", "1:2:3", "99999999999999999999", "9007199254740992K"} {
		if got, err := ParseRates(text); err == nil {
			t.Errorf("ParseRates(%q) = %+v; want it refused", text, got)
		}
	}
	for want, r := range map[string]Rates{
		"no limit": {}, "up 1 KB/s, down no limit": {1 << 10, 0}, "up 3 MB/s, down 1025 bytes/s": {3 << 20, 1025},
	} {
		if got := r.String(); got != want {
			t.Errorf("%+v is %q; want %q", r, got, want)
		}
	}
}
