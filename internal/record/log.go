package record

import (
	"context"
	"io"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// maxQueue is how many lines may wait for the log daemon: a busy second, and at most a few
// megabytes of long ones.
const maxQueue = 1024

// closeLimit is how long Close goes on delivering lines to a log daemon that is slow to take them.
const closeLimit = 5 * time.Second

// An Output is where lines go.
type Output uint8

// The outputs.
const (
	Syslog Output = iota // the log daemon; standard error while it is not there
	Stderr               // standard error only
	None                 // nowhere
)

// A Config says where lines go and how they look. The zero value writes to /dev/log with facility
// kern, in UTC, with numeric addresses and without debugging lines.
type Config struct {
	Output   Output
	Facility Facility
	Verbose  bool // also write Debug lines
	PID      int  // process number in each line; 0: none

	Location *time.Location // of the times in lines; nil: UTC
	Socket   string         // of the log daemon; "": /dev/log
	Stderr   io.Writer      // nil: os.Stderr

	// Resolve names a client's address; nil leaves it numeric. It is called from other
	// goroutines, maxLookups at once at most, with a context that ends after lookupLimit.
	Resolve func(context.Context, netip.Addr) (string, error)
}

// A Log takes lines from any number of goroutines. Close it to have the last ones written.
type Log struct {
	header
	off     bool
	verbose atomic.Bool
	sink    sink
	names   *names // nil: addresses stay numeric

	dropped atomic.Uint64 // lines lost since the daemon was last told
	lost    atomic.Uint64 // all lines lost

	deadline atomic.Pointer[time.Time] // set by Close: lines after it are lost

	mu     sync.RWMutex // guards closed, and queue against being closed while a line is put in
	closed bool
	queue  chan line
	done   chan struct{} // closed when the writer has ended
}

// Open returns a Log. Its one goroutine ends with Close.
func Open(c Config) *Log {
	if c.Location == nil {
		c.Location = time.UTC
	}
	if c.Socket == "" {
		c.Socket = "/dev/log"
	}
	if c.Stderr == nil {
		c.Stderr = os.Stderr
	}
	l := &Log{
		header: header{facility: c.Facility, pid: c.PID, location: c.Location},
		off:    c.Output == None,
		queue:  make(chan line, maxQueue),
		done:   make(chan struct{}),
	}
	l.verbose.Store(c.Verbose)
	l.sink.header, l.sink.stderr = &l.header, c.Stderr
	if c.Output == Syslog {
		l.sink.socket = c.Socket
	}
	if c.Resolve != nil && !l.off {
		l.names = newNames(c.Resolve)
	}
	go l.write()
	return l
}

// Enabled reports whether a line of this level is written. Callers ask before they compose a
// costly one.
func (l *Log) Enabled(level Level) bool { return !l.off && (level > Debug || l.verbose.Load()) }

// SetVerbose changes whether Debug lines are written.
func (l *Log) SetVerbose(verbose bool) { l.verbose.Store(verbose) }

// WriteString writes a line that belongs to no session.
func (l *Log) WriteString(level Level, message string) {
	if l.Enabled(level) {
		l.put(line{when: time.Now(), level: level, message: message})
	}
}

// Write writes a line that belongs to no session; message may be reused afterwards.
func (l *Log) Write(level Level, message []byte) {
	if l.Enabled(level) {
		l.WriteString(level, string(message))
	}
}

// Lost returns how many lines were dropped because the queue was full or because they could be
// delivered nowhere.
func (l *Log) Lost() uint64 { return l.lost.Load() }

// Close waits for the lookups, writes what is queued and closes the connection to the log daemon.
// Lines written after it are ignored.
func (l *Log) Close() error {
	if l.names != nil {
		l.names.close()
	}
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	deadline := time.Now().Add(closeLimit)
	l.deadline.Store(&deadline)
	close(l.queue)
	l.mu.Unlock()
	<-l.done
	return l.sink.close()
}

// put hands a line to the writer, or counts it as lost.
func (l *Log) put(x line) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return
	}
	select {
	case l.queue <- x:
	default:
		l.lose()
	}
}

func (l *Log) lose() {
	l.dropped.Add(1)
	l.lost.Add(1)
}

// write is the writer's goroutine: Close ends it by closing the queue.
func (l *Log) write() {
	defer close(l.done)
	for x := range l.queue {
		if limit := l.deadline.Load(); limit != nil && time.Now().After(*limit) {
			l.lose()
			continue
		}
		if err := l.sink.write(&x); err != nil {
			l.lose()
			continue
		}
		if n := l.dropped.Swap(0); n > 0 {
			report := line{when: time.Now(), level: Warning}
			report.message = strconv.FormatUint(n, 10) + " log lines were lost"
			if err := l.sink.write(&report); err != nil {
				l.dropped.Add(n)
			}
		}
	}
}
