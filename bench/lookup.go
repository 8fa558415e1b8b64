package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"time"

	"pureftpd/internal/puredb"
)

// A lookUp is what looking users up has cost a process that does nothing else.
type lookUp struct {
	Micros, Allocations, Allocated float64 // each
	First                          float64 // milliseconds of the first
	Before, After                  float64 // resident memory in MiB
}

const (
	lookUps      = 100_000
	lookUpsFirst = 1000 // that do not count
)

// lookUpUsers looks random users up: role:lookup INDEX USERS.
func lookUpUsers(args []string, out io.Writer) error {
	if len(args) != 2 {
		return errors.New("lookup: wants an index and a number of users")
	}
	users, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	reader := puredb.Reader{Path: args[0]}
	var names []string // made before, so that they are not measured
	for range lookUps {
		names = append(names, userOf(rand.IntN(users)))
	}
	var l lookUp
	if l.Before, err = residentMemory(); err != nil {
		return err
	}
	began := time.Now()
	if _, err := reader.Find(names[0]); err != nil {
		return err
	}
	l.First = time.Since(began).Seconds() * 1e3
	var before, after runtime.MemStats
	for i := -lookUpsFirst; i < lookUps; i++ {
		if i == 0 {
			runtime.ReadMemStats(&before)
			began = time.Now()
		}
		if _, err := reader.Find(names[max(i, 0)]); err != nil {
			return err
		}
	}
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	l.Micros = float64(took) / float64(time.Microsecond) / lookUps
	l.Allocations = float64(after.Mallocs-before.Mallocs) / lookUps
	l.Allocated = float64(after.TotalAlloc-before.TotalAlloc) / lookUps
	if l.After, err = residentMemory(); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(l)
}

// residentMemory is that of this process, in MiB.
func residentMemory() (float64, error) {
	var kB float64
	text := procField("/proc/self/status", "VmRSS")
	if _, err := fmt.Sscanf(text, "%f kB", &kB); err != nil {
		return 0, fmt.Errorf("resident memory of process %d: %q: %w", os.Getpid(), text, err)
	}
	return kB / 1024, nil
}
