package server

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"
)

const (
	tidyAfter = 2 * time.Second // without a new client
	tidyWorth = 64              // new clients that make it worth while
)

// A tidier gives memory back once a wave of clients has logged in. A login needs ten times the memory of the idle session it
// leaves behind, and without new work the collector would not run for minutes.
type tidier struct {
	timer *time.Timer
	fresh atomic.Int64 // clients since the last time
}

func newTidier() *tidier {
	t := &tidier{}
	t.timer = time.AfterFunc(time.Hour, t.tidy)
	t.timer.Stop()
	return t
}

// came notes a new client.
func (t *tidier) came() {
	if t.fresh.Add(1)%tidyWorth == 0 {
		t.timer.Reset(tidyAfter)
	}
}

// tidy runs twice: stacks shrink by half each time.
func (t *tidier) tidy() {
	t.fresh.Store(0)
	runtime.GC()
	debug.FreeOSMemory()
}

func (t *tidier) stop() { t.timer.Stop() }
