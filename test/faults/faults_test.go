//go:build privileged

package faults

import (
	"sync"
	"testing"
)

// TestFaults builds the server once. The groups run side by side, as most of their time is waiting, more of them than
// t.Parallel would let; the crowds, which need the machine for themselves, come after them.
func TestFaults(t *testing.T) {
	l := newLab(t)
	t.Run("together", func(t *testing.T) {
		var groups sync.WaitGroup
		defer groups.Wait()
		for _, g := range []struct {
			name string
			run  func(*testing.T, *lab)
		}{
			{"escapes", testEscapes},
			{"proc", testProc},
			{"race", testRace},
			{"identity", testIdentity},
			{"server killed", testServerKilled},
			{"client killed", testClientKilled},
			{"full disk", testFullDisk},
			{"denied", testDenied},
			{"quota", testQuota},
			{"meanwhile", testMeanwhile},
			{"slow clients", testSlowClients},
			{"deaf clients", testDeafClients},
			{"nobody comes", testNobodyComes},
			{"strangers", testStrangers},
			{"wrong passwords", testWrongPasswords},
			{"passive ports", testPassivePorts},
			{"refused transfers", testRefusedTransfers},
		} {
			groups.Go(func() { t.Run(g.name, func(t *testing.T) { g.run(t, l) }) })
		}
	})
	t.Run("no descriptors", func(t *testing.T) { testNoDescriptors(t, l) })
	t.Run("limits", func(t *testing.T) { testLimits(t, l) })
	t.Run("crowd", func(t *testing.T) { testCrowd(t, l) })
}
