package passwdfile

import (
	"testing"
	"time"
)

func clock(hour, minute int) time.Time {
	return time.Date(2026, 11, 22, hour, minute, 59, 0, time.FixedZone("elsewhere", 5*3600+1800))
}

func TestHours(t *testing.T) {
	for _, test := range []struct {
		text         string
		hour, minute int
		want         bool
	}{
		{"", 12, 0, true},
		{"0900-1800", 8, 59, false}, {"0900-1800", 9, 0, true}, {"0900-1800", 18, 0, true}, {"900-1800", 18, 1, false},
		{"2200-600", 21, 59, false}, {"2200-600", 22, 0, true}, {"2200-600", 0, 0, true},
		{"2200-600", 6, 0, true}, {"2200-600", 6, 1, false}, {"2200-600", 12, 0, false},
		{"0-0", 0, 0, true}, {"0-0", 0, 1, false}, {"0-0", 23, 59, false},
		{"0-2359", 23, 59, true}, {"0-2400", 23, 59, true}, {"2359-0", 0, 0, true}, {"2359-0", 12, 0, false},
		{" 0900-1800 ", 12, 0, true},
	} {
		var h Hours
		if err := h.parse(test.text); err != nil {
			t.Errorf("parse(%q) = %v", test.text, err)
		}
		if got := h.Contain(clock(test.hour, test.minute)); got != test.want {
			t.Errorf("%q contains %02d:%02d = %v; want %v", test.text, test.hour, test.minute, got, test.want)
		}
	}
}

func TestHoursRefusesWhatItCannotRead(t *testing.T) {
	for _, text := range []string{
		"abc", "650", "-", "9-", "-9", "0 - 2359", "0--2359", "0-2359x", "900-1200,1300-1800", "0-10000",
		"+0-2359", "0x0-2359", "0-99999999999999999999", "٠-٢٣٥٩", " ",
	} {
		h := Hours{}
		if err := h.parse(text); err == nil || h.Set {
			t.Errorf("parse(%q) = %v, %+v; want an error", text, err, h)
		}
	}
}

// FuzzHours checks that text is either refused or hours that at least one minute of the day lies
// in, unless they name times that no clock shows.
func FuzzHours(f *testing.F) {
	f.Add("0900-1800")
	f.Add("2200-600")
	f.Fuzz(func(t *testing.T, text string) {
		var h Hours
		if err := h.parse(text); err != nil || !h.Set {
			if h.Set || err == nil && text != "" {
				t.Errorf("parse(%q) = %v, %+v", text, err, h)
			}
			return
		}
		if h.Begin < 0 || h.End < 0 || h.Begin > 9999 || h.End > 9999 {
			t.Fatalf("parse(%q) = %+v", text, h)
		}
		real := func(n int) bool { return n < 2400 && n%100 < 60 }
		if real(h.Begin) && !h.Contain(clock(h.Begin/100, h.Begin%100)) ||
			real(h.End) && !h.Contain(clock(h.End/100, h.End%100)) {
			t.Errorf("parse(%q): the ends are not within", text)
		}
	})
}
