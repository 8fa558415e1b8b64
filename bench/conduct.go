package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"time"
)

const (
	firstPort = 2121
	// generatorThreads bounds the generator's threads; one in a blocking call counts.
	generatorThreads = 32
	// loadLimit bounds one load on one server.
	loadLimit = 3 * time.Minute
)

// conduct runs the measurement and writes the report.
func conduct(p *plan, out io.Writer) error {
	runtime.LockOSThread() // the children die with the thread that started them
	runtime.GOMAXPROCS(generatorThreads)
	debug.SetGCPercent(-1) // collected between loads
	debug.SetMemoryLimit(1 << 30)
	if err := limitDescriptors(uint64(p.Idle) + spareDescriptors); err != nil {
		return err
	}
	if err := furnish(p); err != nil {
		return err
	}
	share, err := calibrate(p)
	if err != nil {
		return err
	}
	st, err := setStage(p)
	if err != nil {
		return err
	}
	switch p.Mode {
	case modeRates:
		return measureRates(st, share, out)
	case modeUsers:
		return measureUsers(st, share, out)
	case modeAccounts:
		return measureAccounts(st, share, out)
	}
	peers, err := startAll(st)
	if err != nil {
		return err
	}
	if p.Keep > 0 {
		return keep(peers[0], chosenScenarios(p)[0], p.Keep)
	}
	return compare(st, peers, share, out)
}

// compare plays all scenarios and writes the report; calibration is what calibrate returned.
func compare(st *stage, peers []*running, calibration float64, out io.Writer) error {
	span, err := beginSpan(peers)
	if err != nil {
		return err
	}
	results, err := playAll(st, peers)
	if err != nil {
		return err
	}
	others, err := span.others(peers, st.CPUs)
	if err != nil {
		return err
	}
	facts := machineFacts(st, calibration)
	facts += fmt.Sprintf("- processor time taken by others during the run: %.0f%%; above a few per cent, throughput and wall time "+
		"mean little\n", 100*others)
	facts += fmt.Sprintf("- load: %d rounds, large file %d MiB moved %d times, quick: %t, pinned: %t\n",
		st.Rounds, st.Large>>20, largeCopies, st.Quick, st.Pin)
	promises := targets()
	if st.TLS != "" {
		promises = targetsTLS()
	}
	_, err = io.WriteString(out, report(facts, results, promises))
	return err
}

// startAll starts the servers and lets each prove that it works.
func startAll(st *stage) ([]*running, error) {
	var peers []*running
	for i, s := range servers() {
		if !st.wants(s.name) || (s.name == "ours" && st.Ours == "") {
			continue
		}
		r, err := start(st, s, firstPort+i)
		if err != nil {
			return nil, err
		}
		if err := prove(r); err != nil {
			return nil, fmt.Errorf("%s does not work: %w", s.name, err)
		}
		peers = append(peers, r)
	}
	return peers, nil
}

// prove stores and fetches random bytes and lists the large directory.
func prove(r *running) error {
	text := make([]byte, 300_001)
	if _, err := rand.Read(text); err != nil {
		return err
	}
	name := "up/" + r.name + "-up-proof"
	_, err := withSessions(r, 1, func(clients []*client) (sample, error) {
		c := clients[0]
		if err := c.putBytes(name, text); err != nil {
			return sample{}, err
		}
		back, err := c.read("RETR", name)
		if err != nil {
			return sample{}, err
		}
		if !bytes.Equal(back, text) {
			return sample{}, errors.New("what came back is not what was stored")
		}
		if !r.listing {
			return sample{}, nil
		}
		if err := c.say("CWD", "many", 250); err != nil {
			return sample{}, err
		}
		list, err := c.read("LIST", "")
		if n := bytes.Count(list, []byte("\r\n")); err == nil && n < manyFiles {
			err = fmt.Errorf("LIST shows %d lines of %d files", n, manyFiles)
		}
		return sample{}, err
	})
	return errors.Join(err, os.Remove(filepath.Join(r.st.home, name)))
}

func chosenScenarios(p *plan) []scenario {
	if len(p.Scenarios) == 0 {
		return slices.DeleteFunc(scenarios(), func(sc scenario) bool { return p.TLS != "" && sc.clear })
	}
	return slices.DeleteFunc(scenarios(), func(sc scenario) bool {
		return !slices.Contains(p.Scenarios, sc.name)
	})
}

// playAll plays the chosen scenarios, one after the other.
func playAll(st *stage, peers []*running) (*results, error) {
	all := &results{samples: map[string]map[string][]sample{}}
	for _, r := range peers {
		all.servers = append(all.servers, r.server)
	}
	for _, sc := range chosenScenarios(st.plan) {
		if sc.fresh {
			if err := restart(peers); err != nil {
				return nil, err
			}
		}
		rounds := st.Rounds
		if sc.once {
			rounds = 1
		}
		samples, err := interleave(sc, peers, rounds)
		if err != nil {
			return nil, err
		}
		all.scenarios = append(all.scenarios, sc)
		all.samples[sc.name] = samples
		fmt.Fprintf(os.Stderr, "bench: %s done\n", sc.name)
	}
	return all, nil
}

// interleave plays a scenario on every server in turn, round after round, and returns the samples
// by server.
func interleave(sc scenario, peers []*running, rounds int) (map[string][]sample, error) {
	samples := map[string][]sample{}
	for round := range rounds + 1 { // the first one warms up
		for _, r := range peers {
			if !sc.applies(r.server) {
				continue
			}
			s, err := play(sc, r, round == 0)
			if err != nil {
				return nil, fmt.Errorf("%s on %s: %w", sc.name, r.name, err)
			}
			if round > 0 {
				samples[r.name] = append(samples[r.name], s)
			}
		}
	}
	return samples, nil
}

// restart replaces every server by a fresh one.
func restart(peers []*running) error {
	for _, r := range peers {
		if err := r.stop(); err != nil {
			return err
		}
		fresh, err := start(r.st, r.server, r.port)
		if err != nil {
			return err
		}
		*r = *fresh
	}
	return nil
}

// play puts one server under one load. A load that hangs ends the program, and the kernel ends the
// servers with it.
func play(sc scenario, r *running, less bool) (sample, error) {
	watchdog := time.AfterFunc(loadLimit, func() {
		fmt.Fprintf(os.Stderr, "bench: %s on %s hangs\n", sc.name, r.name)
		os.Exit(1)
	})
	defer watchdog.Stop()
	s, err := sc.load(r, less)
	if err != nil {
		return s, err
	}
	return s, r.settle()
}

// keep repeats a load so that a profiler can look at the server from outside.
func keep(r *running, sc scenario, d time.Duration) error {
	if group, ok := r.meter.(*groupMeter); ok {
		fmt.Fprintf(os.Stderr, "bench: for example: perf record -g -p "+
			"$(paste -sd, %s) -- sleep 10\n", group.procs())
	}
	for end := time.Now().Add(d); time.Now().Before(end); {
		s, err := play(sc, r, false)
		if err != nil {
			return err
		}
		for _, m := range sc.metrics {
			fmt.Fprintf(os.Stderr, "bench: %s: "+m.format+" %s\n", sc.name, m.value(s), m.name)
		}
	}
	return nil
}
