package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// A span watches how much of the machine's processor time others take while it lasts.
type span struct {
	began time.Time
	busy  time.Duration // of the whole machine, at the beginning
	own   time.Duration // of the generator and the servers, at the beginning
}

func beginSpan(peers []*running) (span, error) {
	busy, errBusy := busyTime()
	own, errOwn := runUsage(peers)
	return span{began: time.Now(), busy: busy, own: own}, errors.Join(errBusy, errOwn)
}

// others is the share of all processors' time spent by anyone but the run itself.
func (s span) others(peers []*running, cpus int) (float64, error) {
	busy, errBusy := busyTime()
	own, errOwn := runUsage(peers)
	rest := (busy - s.busy) - (own - s.own)
	all := time.Since(s.began) * time.Duration(cpus)
	return max(0, float64(rest)/float64(all)), errors.Join(errBusy, errOwn)
}

// runUsage is the CPU time of the generator and all servers. Without control groups that of servers
// replaced meanwhile is missing, and counts as others'.
func runUsage(peers []*running) (time.Duration, error) {
	total := ownUsage()
	for _, r := range peers {
		usage, err := r.meter.usage()
		if err != nil {
			return 0, err
		}
		total += usage
	}
	return total, nil
}

// busyTime is the time the machine's processors have not been idle.
func busyTime() (time.Duration, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	return parseBusy(string(text))
}

// parseBusy adds up the first line of /proc/stat (proc(5)) without idle and iowait, and without
// guest times, which user time holds already.
func parseBusy(text string) (time.Duration, error) {
	const tick = 10 * time.Millisecond
	line, _, _ := strings.Cut(text, "\n")
	var user, nice, system, idle, iowait, irq, softirq, steal int64
	if _, err := fmt.Sscanf(line, "cpu %d %d %d %d %d %d %d %d", &user, &nice, &system, &idle,
		&iowait, &irq, &softirq, &steal); err != nil {
		return 0, fmt.Errorf("/proc/stat line %q: %w", line, err)
	}
	return time.Duration(user+nice+system+irq+softirq+steal) * tick, nil
}
