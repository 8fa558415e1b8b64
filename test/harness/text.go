package harness

import (
	"bytes"
	"sync"
)

// A Text is what a process has written so far. It may be read while more comes.
type Text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write takes more.
func (x *Text) Write(b []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(b)
}

// String returns all of it.
func (x *Text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}
