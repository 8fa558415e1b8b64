package quota

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		text string
		want Usage
		err  error
	}{
		{"", Usage{}, nil},
		{"0 0\n", Usage{}, nil},
		{"11 3028\n", Usage{11, 3028}, nil},
		{"3 500", Usage{3, 500}, nil},
		{"3 500\r\n", Usage{3, 500}, nil},
		{"3 500 7\n", Usage{3, 500}, nil},
		{"3 500" + strings.Repeat(" ", 200), Usage{3, 500}, nil},
		{"9 999\n0\n", Usage{9, 999}, nil}, // a longer text, killed before it was cut off
		{"3 500 recount-X\n", Usage{3, 500}, nil},
		{"007 08\n", Usage{7, 8}, nil},
		{"18446744073709551615 18446744073709551615\n", Usage{math.MaxUint64, math.MaxUint64}, nil},
		{"18446744073709551616 0\n", Usage{}, ErrDamaged},
		{"0 18446744073709551616\n", Usage{}, ErrDamaged},
		{"99999999999999999999 5\n", Usage{}, ErrDamaged},
		{"000000000000000000000 5\n", Usage{}, ErrDamaged},
		{"-1 -1\n", Usage{}, ErrDamaged},
		{"+1 1\n", Usage{}, ErrDamaged},
		{"garbage", Usage{}, ErrDamaged},
		{"garbage 12", Usage{}, ErrDamaged},
		{"3\t500\n", Usage{}, ErrDamaged},
		{" 3 4\n", Usage{}, ErrDamaged},
		{"3  4\n", Usage{}, ErrDamaged},
		{"3", Usage{}, ErrDamaged},
		{"3\n", Usage{}, ErrDamaged},
		{"3 ", Usage{}, ErrDamaged},
		{"3 \n", Usage{}, ErrDamaged},
		{"3 4x\n", Usage{}, ErrDamaged},
		{"3 4\t\n", Usage{}, ErrDamaged},
		{"\n", Usage{}, ErrDamaged},
		{"\x00\x00", Usage{}, ErrDamaged},
	} {
		if got, err := parse([]byte(test.text)); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("parse(%q) = %v, %v; want %v, %v", test.text, got, err, test.want, test.err)
		}
	}
}

// FuzzParse checks that what is read survives being written, and that the text alone decides, not what may follow it.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "11 3028\n", "3 500", "3 500 7\n", "-1 -1\n", "garbage 12", "9 999\n0\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		u, err := parse(text)
		if err != nil {
			if u != (Usage{}) || !errors.Is(err, ErrDamaged) {
				t.Errorf("parse(%q) = %v, %v; want nothing and ErrDamaged", text, u, err)
			}
			return
		}
		written := u.String() + "\n"
		for _, rest := range []string{"", string(text), "0\n"} {
			if again, err := parse([]byte(written + rest)); again != u || err != nil {
				t.Errorf("parse(%q) = %v, %v; want %v", written+rest, again, err, u)
			}
		}
		if len(written) > maxText {
			t.Errorf("%q does not fit", written)
		}
	})
}

func TestMoved(t *testing.T) {
	for _, test := range []struct {
		n    uint64
		by   int64
		want uint64
	}{
		{5, 3, 8}, {5, -3, 2}, {5, -5, 0}, {5, -6, 0}, {0, 0, 0},
		{0, math.MinInt64, 0}, {1 << 63, math.MinInt64, 0}, {1<<63 + 1, math.MinInt64, 1},
		{math.MaxUint64, 1, math.MaxUint64}, {math.MaxUint64 - 1, 1, math.MaxUint64},
		{math.MaxUint64, math.MaxInt64, math.MaxUint64}, {math.MaxUint64, -1, math.MaxUint64 - 1},
	} {
		if got := moved(test.n, test.by); got != test.want {
			t.Errorf("moved(%d, %d) = %d, want %d", test.n, test.by, got, test.want)
		}
	}
}
