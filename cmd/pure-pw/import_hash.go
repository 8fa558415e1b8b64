package main

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"pureftpd/internal/passhash"
	"pureftpd/internal/progress"
)

// hashAll hashes the passwords, on all processors at once.
func (inv *invocation) hashAll(accounts []*imported) error {
	var open []*imported
	for _, a := range accounts {
		if a.password != "" {
			open = append(open, a)
		}
	}
	if len(open) == 0 {
		return nil
	}
	cost, err := inv.options.cost()
	if err != nil {
		return fail(statusOption, "%w", err)
	}
	bar := progress.New(inv.err, int64(len(open)), "passwords")
	defer bar.Done()
	// The first one is made alone, so that nothing disturbs the measurement of how many passes its time allows. All
	// others get as many.
	if err := open[0].makeHash(cost); err != nil {
		return err
	}
	bar.Add(1)
	if cost.Passes, err = passesOf(open[0].hash); err != nil {
		return err
	}
	return hashParallel(open[1:], cost, bar)
}

// hashParallel hashes passwords until all are hashed or one cannot be.
func hashParallel(open []*imported, cost passhash.Cost, bar *progress.Bar) error {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for failed.Load() == nil {
				n := int(next.Add(1)) - 1
				if n >= len(open) {
					return
				}
				if err := open[n].makeHash(cost); err != nil {
					failed.CompareAndSwap(nil, &err)
					return
				}
				bar.Add(1)
			}
		})
	}
	group.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// makeHash puts a hash in the place of the password.
func (a *imported) makeHash(cost passhash.Cost) error {
	hash, err := passhash.Make(a.password, cost)
	if err != nil {
		return fail(statusPassword, "hash the password of %s: %w", a.login, err)
	}
	a.hash, a.password = hash, ""
	return nil
}

// passesOf returns how many passes a hash of passhash.Make took.
func passesOf(hash string) (uint32, error) {
	var memory, passes uint32
	fields := strings.Split(hash, "$")
	if len(fields) < 4 {
		return 0, fmt.Errorf("%d fields in a new hash", len(fields))
	}
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d", &memory, &passes); err != nil {
		return 0, fmt.Errorf("parameters of a new hash: %w", err)
	}
	return passes, nil
}

// warnOfDES warns of accounts that a server with the usual settings lets nobody into.
func (inv *invocation) warnOfDES(accounts []*imported) {
	verifier := passhash.New(passhash.Config{})
	for _, a := range accounts {
		if a.hash == "" {
			continue
		}
		if err := verifier.Check(a.hash); err != nil {
			inv.warn("%s:%d: %s: the hash is taken over, but servers refuse it as they are usually set: %v",
				inv.word, a.line, a.login, err)
			return // the others are of its kind
		}
	}
}
