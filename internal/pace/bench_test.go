package pace

import (
	"fmt"
	"testing"
)

// BenchmarkTake is what one piece costs that needs no wait: without a limit, and with one on all levels among so many other
// sessions, with and without a part that is given back.
func BenchmarkTake(b *testing.B) {
	for _, test := range []struct {
		rate   uint64
		others int
		back   int
	}{{0, 0, 0}, {1 << 60, 0, 0}, {1 << 60, 0, 1}, {1 << 60, 1000, 1}} {
		b.Run(fmt.Sprintf("rate %d/others %d/back %d", test.rate, test.others, test.back), func(b *testing.B) {
			rates := Rates{test.rate, test.rate}
			shaper := NewShaper(rates)
			for i := range test.others {
				shaper.Join(Join{User: fmt.Sprint(i), UserTotal: rates, Own: rates}).Upload()
			}
			f := shaper.Join(Join{User: "ann", UserTotal: rates, Own: rates}).Upload()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f.Take(1000); err != nil {
					b.Fatal(err)
				}
				f.Return(test.back)
			}
		})
	}
}
