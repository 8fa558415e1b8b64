package ftp

import (
	"testing"
)

func TestParseTime(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"20200102030405", "20200102030405"},
		{"20200102030405.123", "20200102030405"},
		{"20200102030405junk", "20200102030405"},
		{"2021", "20201130000000"},           // month and day are zero
		{"20200002030405", "20191202030405"}, // month 0 is the December before
		{"20201302030405", "20210102030405"},
	} {
		got, err := ParseTime(test.text)
		if err != nil || got.Format(TimeLayout) != test.want {
			t.Errorf("ParseTime(%q) = %v, %v; want %v", test.text, got, err, test.want)
		}
	}
	for _, text := range []string{"", "abc", "19000101000000", "19691231235959", "2020010203040x", "-2020"} {
		if got, err := ParseTime(text); err != ErrTime {
			t.Errorf("ParseTime(%q) = %v, %v; want ErrTime", text, got, err)
		}
	}
}
