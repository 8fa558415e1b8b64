package options

import (
	"math"
	"testing"
)

func TestScanInteger(t *testing.T) {
	for _, test := range []struct {
		text string
		base uint64
		want integer
		ok   bool
	}{
		{"15", 0, integer{n: 15}, true},
		{" \t+15", 0, integer{n: 15}, true},
		{"-1", 0, integer{n: 1, negative: true}, true},
		{"010", 0, integer{n: 8}, true},
		{"010", 10, integer{n: 10}, true},
		{"0x1F", 0, integer{n: 31}, true},
		{"0x", 0, integer{rest: "x"}, true},
		{"0x10", 10, integer{rest: "x10"}, true},
		{"08", 0, integer{rest: "8"}, true},
		{"5x", 0, integer{n: 5, rest: "x"}, true},
		{"99999999999999999999", 0, integer{n: math.MaxUint64}, true},
		{"18446744073709551615", 10, integer{n: math.MaxUint64}, true},
		{"", 0, integer{}, false},
		{"x", 0, integer{rest: "x"}, false},
		{"-", 0, integer{negative: true}, false},
	} {
		got, ok := scanInteger(test.text, test.base)
		if got != test.want || ok != test.ok {
			t.Errorf("scanInteger(%q, %d) = %+v, %t; want %+v, %t",
				test.text, test.base, got, ok, test.want, test.ok)
		}
	}
}

func TestCutPair(t *testing.T) {
	for _, test := range []struct {
		text, first, second string
		ok                  bool
	}{
		{"1:2", "1", "2", true},
		{"1 2", "1", "2", true},
		{"1\t 2", "1", "2", true},
		{"1_2", "1", "2", true},
		{"1-2", "1", "2", true},
		{"1 : 2", "1", "2", true},
		{"1: 2", "1", "2", true},
		{"1 - 2", "1", "2", true},
		{" 133:022 ", "133", "022", true},
		{"-1:-1", "-1", "-1", true},
		{"-1 -1", "-1", "-1", true},
		{"10 -1", "10", "-1", true},
		{"10--1", "10", "-1", true},
		{"1", "", "", false},
		{"1:", "", "", false},
		{":1", "", "", false},
		{"1:2:3", "", "", false},
		{"1:2x", "", "", false},
		{"1x:2", "", "", false},
		{"1::2", "", "", false},
		{"1 2 3", "", "", false},
		{"", "", "", false},
	} {
		first, second, ok := cutPair(test.text)
		if ok != test.ok || ok && (first != test.first || second != test.second) {
			t.Errorf("cutPair(%q) = %q, %q, %t; want %q, %q, %t",
				test.text, first, second, ok, test.first, test.second, test.ok)
		}
	}
}

func TestScanDecimal(t *testing.T) {
	for _, test := range []struct {
		text, rest string
		want       float64
		ok         bool
	}{
		{"95", "", 95, true},
		{" 4.5", "", 4.5, true},
		{"95%", "%", 95, true},
		{"-5", "", -5, true},
		{"1e1", "", 10, true},
		{"1e", "e", 1, true},
		{"1.2.3", ".3", 1.2, true},
		{"x", "x", 0, false},
		{"", "", 0, false},
		{"-", "-", 0, false},
		{"nan", "nan", 0, false},
	} {
		got, rest, ok := scanDecimal(test.text)
		if got != test.want || rest != test.rest || ok != test.ok {
			t.Errorf("scanDecimal(%q) = %v, %q, %t; want %v, %q, %t",
				test.text, got, rest, ok, test.want, test.rest, test.ok)
		}
	}
}

// FuzzCutPair checks that any two numbers found survive being written in the plain spelling.
func FuzzCutPair(f *testing.F) {
	for _, seed := range []string{"1:2", "1 -2", "-1--1", "35000_36000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, second, ok := cutPair(text)
		if !ok {
			return
		}
		again1, again2, ok := cutPair(first + ":" + second)
		if !ok || again1 != first || again2 != second {
			t.Errorf("cutPair(%q) = %q, %q, but written plainly %q, %q, %t",
				text, first, second, again1, again2, ok)
		}
	})
}
