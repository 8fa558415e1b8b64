package main

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// A half is a part of the processors this program may use.
type half int

const (
	lowerHalf half = iota // for the load generator
	upperHalf             // for the servers
)

// pin confines the calling thread, and what it starts or becomes, to half of a number of
// processors. Without it the scheduler decides anew each time whether the two ends of a connection
// share a processor, which spreads the throughput of one stream widely.
func pin(h half, cpus int) error {
	first, end := 0, cpus/2
	if h == upperHalf {
		first, end = cpus/2, cpus
	}
	var set unix.CPUSet
	for i := first; i < end; i++ {
		set.Set(i)
	}
	runtime.LockOSThread()
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("choose processors: %w", err)
	}
	return nil
}
