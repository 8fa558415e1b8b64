package server

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
)

func TestAdmissionIsExactUnderAStorm(t *testing.T) {
	const limit, perIP, storm = 50, 7, 2000
	a := NewAdmission(limit, perIP, nil)
	addresses := make([]netip.Addr, 10)
	for i := range addresses {
		addresses[i] = netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})
	}
	var inside [10]atomic.Int64
	var all atomic.Int64
	var wg sync.WaitGroup
	for i := range storm {
		wg.Go(func() {
			n := i % len(addresses)
			if a.enter(addresses[n]) != admitted {
				return
			}
			if got := all.Add(1); got > limit {
				t.Errorf("%d sessions at once; want at most %d", got, limit)
			}
			if got := inside[n].Add(1); got > perIP {
				t.Errorf("%d sessions of one address at once; want at most %d", got, perIP)
			}
			inside[n].Add(-1)
			all.Add(-1)
			a.leave(addresses[n])
		})
	}
	wg.Wait()
	if got := a.Sessions(); got != 0 || len(a.byAddress) != 0 {
		t.Errorf("afterwards %d sessions and %d addresses are counted; want none", got, len(a.byAddress))
	}
}

func TestAdmissionSaysWhichLimit(t *testing.T) {
	a := NewAdmission(2, 1, nil)
	one, two, three := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.3")
	for _, test := range []struct {
		from netip.Addr
		want verdict
	}{{one, admitted}, {one, addressAtMost}, {two, admitted}, {three, serverFull}} {
		if got := a.enter(test.from); got != test.want {
			t.Errorf("enter(%v) = %v; want %v", test.from, got, test.want)
		}
	}
}

func TestLoginCountsAccounts(t *testing.T) {
	a := NewAdmission(0, 0, nil)
	release, ok := a.Login("ann", 1)
	if !ok {
		t.Fatal("the first session of ann is refused")
	}
	if _, ok := a.Login("ann", 1); ok {
		t.Error("a second session of ann is let in; want one at most")
	}
	if _, ok := a.Login("ann", 0); !ok {
		t.Error("without a limit a session of ann is refused")
	}
	release()
	if _, ok := a.Login("ann", 2); !ok {
		t.Error("the place that was given back is not free")
	}
}
