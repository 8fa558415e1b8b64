package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

const (
	burnChildren = 40
	burnTime     = 5 * time.Millisecond
)

// burn spends CPU time in many short-lived children, one after the other, tells how much it was
// (its own and theirs, by getrusage(2)), and waits for the end of its input.
func burn(in io.Reader, out io.Writer) error {
	for range burnChildren {
		if err := exec.Command("/proc/self/exe", roleSpend).Run(); err != nil {
			return fmt.Errorf("burn: %w", err)
		}
	}
	var total time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var usage syscall.Rusage
		if err := syscall.Getrusage(who, &usage); err != nil {
			return fmt.Errorf("getrusage: %w", err)
		}
		total += time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	if _, err := fmt.Fprintln(out, int64(total)); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, in)
	return err
}

// spend is one such child.
func spend() error {
	for start := time.Now(); time.Since(start) < burnTime; {
	}
	return nil
}

// calibrate checks the accounting against a load whose cost is known, all of it spent in children
// that are dead when it is read. It returns what the accounting saw, as a share of the truth.
func calibrate(p *plan) (float64, error) {
	child, meter, err := launch(p, "burn", nofileFew, program{path: "/proc/self/exe",
		args: []string{roleBurn}, pipes: true})
	if err != nil {
		return 0, err
	}
	line, err := bufio.NewReader(child.out).ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("calibrate: %w", err)
	}
	var truth int64
	if _, err := fmt.Sscan(line, &truth); err != nil {
		return 0, fmt.Errorf("calibrate: %w", err)
	}
	seen, err := meter.usage()
	if err := errors.Join(err, child.in.Close(), child.cmd.Wait()); err != nil {
		return 0, fmt.Errorf("calibrate: %w", err)
	}
	share := float64(seen) / float64(truth)
	if share < 0.9 || share > 1.1 {
		return share, fmt.Errorf("accounting saw %.0f%% of the CPU time of short-lived children",
			100*share)
	}
	fmt.Fprintf(os.Stderr, "bench: accounting sees %.1f%% of short-lived children\n", 100*share)
	return share, nil
}
