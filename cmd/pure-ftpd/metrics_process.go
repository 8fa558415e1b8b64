package main

import (
	"os"
	"runtime"
	rtmetrics "runtime/metrics"
	"strconv"
	"strings"
	"syscall"
	"time"

	"pureftpd/internal/metrics"
)

// started is when the process began, as near as the process itself knows.
var started = time.Now()

// processMetrics tell of the process, by the names that all programs use for that.
func processMetrics() []metric {
	return []metric{
		{"pureftpd_build_info", metrics.GaugeKind, "Always 1; the labels tell what runs.", func(r *reading) {
			r.Count(1, "version", version, "goversion", runtime.Version())
		}},
		{"process_start_time_seconds", metrics.GaugeKind, "When the process began, in seconds since 1970.", func(r *reading) {
			r.Sample(float64(started.UnixMilli()) / 1000)
		}},
		{"process_cpu_seconds_total", metrics.CounterKind, "Processor time, user and system.", func(r *reading) {
			var u syscall.Rusage
			if syscall.Getrusage(syscall.RUSAGE_SELF, &u) == nil {
				r.Sample(time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds())
			}
		}},
		{"process_resident_memory_bytes", metrics.GaugeKind, "Memory that the process occupies.", func(r *reading) {
			if n, ok := residentBytes(); ok {
				r.Count(n)
			}
		}},
		{"process_open_fds", metrics.GaugeKind, "Open descriptors.", func(r *reading) {
			if n, ok := openDescriptors(); ok {
				r.Count(n)
			}
		}},
		{"process_max_fds", metrics.GaugeKind, "How many may be open.", func(r *reading) {
			var l syscall.Rlimit
			if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) == nil {
				r.Sample(float64(l.Cur))
			}
		}},
		gauge("go_goroutines", "Goroutines.", func(*reading) int64 { return int64(runtime.NumGoroutine()) }),
		gauge("go_memory_classes_heap_objects_bytes", "Memory of objects, those included that are not yet swept.",
			func(*reading) int64 { return ofRuntime("/memory/classes/heap/objects:bytes") }),
		gauge("go_memory_classes_total_bytes", "Memory that the runtime has mapped.", func(*reading) int64 { return ofRuntime("/memory/classes/total:bytes") }),
		{"go_gc_cycles_total_gc_cycles_total", metrics.CounterKind, "Garbage collections.",
			func(r *reading) { r.Count(ofRuntime("/gc/cycles/total:gc-cycles")) }},
	}
}

// ofRuntime is a number that the runtime keeps; reading it stops nothing.
func ofRuntime(name string) int64 {
	sample := []rtmetrics.Sample{{Name: name}}
	rtmetrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// residentBytes is the memory that the process occupies.
func residentBytes() (int64, bool) {
	text, err := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(text))
	if err != nil || len(fields) < 2 {
		return 0, false
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err == nil
}

// openDescriptors counts them. Linux 6.2 and later tell the number as the size of a directory; before that, each has to be read.
func openDescriptors() (int64, bool) {
	const dir = "/proc/self/fd"
	if info, err := os.Stat(dir); err == nil && info.Size() > 0 {
		return info.Size(), true
	}
	f, err := os.Open(dir)
	if err != nil {
		return 0, false
	}
	defer func() { _ = f.Close() }() // only read
	names, err := f.Readdirnames(-1)
	return int64(len(names)) - 1, err == nil // without the one of the directory
}
