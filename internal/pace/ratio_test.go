package pace

import (
	"math"
	"testing"
)

func TestRatio(t *testing.T) {
	for _, test := range []struct {
		ratio                      Ratio
		uploaded, downloaded, more int64
		want                       bool
	}{
		{Ratio{1, 3}, 1000, 0, 3002, true},
		{Ratio{1, 3}, 1000, 0, 3003, false},
		{Ratio{1, 3}, 1000, 3000, 2, true},
		{Ratio{1, 3}, 1000, 3000, 3, false},
		{Ratio{1, 3}, 0, 0, 2, true}, // whole parts
		{Ratio{1, 3}, 0, 0, 3, false},
		{Ratio{5, 1}, 4, 0, 0, true},
		{Ratio{5, 1}, 4, 0, 1, false},
		{Ratio{5, 1}, 5, 0, 1, true},
		{Ratio{0, 1}, 0, 0, 1 << 40, true},
		{Ratio{5, 0}, 0, 0, 1 << 40, true},
		{Ratio{}, 0, 0, 1 << 40, true},
		{Ratio{1, 1}, math.MaxInt64, math.MaxInt64, math.MaxInt64, false},
		{Ratio{1, 2}, math.MaxInt64, math.MaxInt64, math.MaxInt64, true},
		{Ratio{math.MaxUint64, math.MaxUint64}, 0, 1, 1, true},
	} {
		if got := test.ratio.Allows(test.uploaded, test.downloaded, test.more); got != test.want {
			t.Errorf("%v.Allows(%d, %d, %d) = %v; want %v",
				test.ratio, test.uploaded, test.downloaded, test.more, got, test.want)
		}
	}
}
