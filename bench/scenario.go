package main

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"
)

// A scenario is a load every server is put under.
type scenario struct {
	name    string
	title   string // what is done
	metrics []metric
	listing bool   // needs LIST
	large   bool   // needs the large files
	only    string // the one server it is for; "" is all
	fresh   bool   // wants a server that has done nothing before
	clear   bool   // says nothing new over TLS
	once    bool   // one round is enough: the figure does not vary
	// load puts the server under load once; less asks for the short form that warms up.
	load func(r *running, less bool) (sample, error)
}

// A sample is what one load on one server has cost.
type sample struct {
	ops    int           // operations done: logins, transfers, sessions
	bytes  int64         // bytes moved, for large transfers
	cpu    time.Duration // CPU time of the server's process tree
	wall   time.Duration
	client time.Duration // CPU time of the load generator
	free   time.Duration // like cpu, of the same load without a limit
	memory int64         // bytes (PSS) the sessions take
	asked  time.Duration // CPU time of what the server asks: a database, a directory, pure-authd
}

// A metric turns a sample into a number to be shown.
type metric struct {
	name   string
	format string // of fmt, for one value
	value  func(sample) float64
}

func perOp(name string, d func(sample) time.Duration) metric {
	return metric{name: name, format: "%.1f", value: func(s sample) float64 {
		return float64(d(s)) / float64(time.Microsecond) / float64(s.ops)
	}}
}

// opMetrics are those of scenarios made of many equal operations. The first one is the target's.
func opMetrics() []metric {
	return []metric{
		perOp("server CPU µs", func(s sample) time.Duration { return s.cpu }),
		perOp("wall µs", func(s sample) time.Duration { return s.wall }),
		perOp("generator CPU µs", func(s sample) time.Duration { return s.client }),
	}
}

// byteMetrics are those of scenarios that move many bytes.
func byteMetrics() []metric {
	return []metric{
		{name: "GB/s", format: "%.2f", value: func(s sample) float64 {
			return float64(s.bytes) / 1e9 / s.wall.Seconds()
		}},
		{name: "server CPU s/GB", format: "%.3f", value: func(s sample) float64 {
			return s.cpu.Seconds() / (float64(s.bytes) / 1e9)
		}},
		{name: "generator CPU s/GB", format: "%.3f", value: func(s sample) float64 {
			return s.client.Seconds() / (float64(s.bytes) / 1e9)
		}},
	}
}

// scenarios lists the rows of the table, in the order they run.
func scenarios() []scenario {
	return slices.Concat(logins(), smallTransfers(), listings(), largeTransfers(), pacing(), idles())
}

func scenarioNames() []string {
	var names []string
	for _, s := range scenarios() {
		names = append(names, s.name)
	}
	return names
}

// applies reports whether a scenario can be run on a server.
func (sc scenario) applies(s server) bool {
	return (s.listing || !sc.listing) && (sc.only == "" || sc.only == s.name)
}

// measure runs a load and reads the server's and the generator's clocks around it. The server's
// CPU time is read when wait says that it has come to rest.
func measure(r *running, wait func() error, ops int, load func() error) (sample, error) {
	runtime.GC()
	if err := wait(); err != nil {
		return sample{}, err
	}
	before, err := r.meter.usage()
	if err != nil {
		return sample{}, err
	}
	own, began := ownUsage(), time.Now()
	err = load()
	wall, spent := time.Since(began), ownUsage()-own
	if err := errors.Join(err, wait()); err != nil {
		return sample{}, err
	}
	after, err := r.meter.usage()
	return sample{ops: ops, cpu: after - before, wall: wall, client: spent}, err
}

// ownUsage is the CPU time of this process.
func ownUsage() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(fmt.Sprintf("getrusage: %v", err)) // cannot fail with these arguments
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// parallel runs work n times at once, each in a goroutine of its own, and waits for all.
func parallel(n int, work func(i int) error) error {
	errs := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { errs[i] = work(i) })
	}
	group.Wait()
	return errors.Join(errs...)
}

// withSessions opens n sessions in binary mode, runs load on them, and closes them.
func withSessions(r *running, n int, load func([]*client) (sample, error)) (sample, error) {
	clients := make([]*client, n)
	err := parallel(n, func(i int) (err error) {
		if clients[i], err = login(r, clientAddress(i)); err != nil {
			return err
		}
		if err = clients[i].protect(); err != nil {
			return err
		}
		return clients[i].say("TYPE", "I", 200)
	})
	var result sample
	if err == nil {
		result, err = load(clients)
	}
	for _, c := range clients {
		if c == nil {
			continue
		}
		if err != nil { // its state is unknown
			err = errors.Join(err, c.close())
			continue
		}
		err = c.quit()
	}
	return result, err
}
