package record

import (
	"context"
	"errors"
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

// devLog is where log daemons listen.
const devLog = "/dev/log"

// closeLimit is how long Close goes on delivering lines to a log daemon that is slow to take them.
const closeLimit = 5 * time.Second

// An Output is where lines go.
type Output uint8

// The outputs.
const (
	Syslog Output = iota // the log daemon; standard error while it is not there, unless a Target has that
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

	// Targets take each line as well, whatever Output is.
	Targets []*Target

	// Resolve names a client's address; nil leaves it numeric. It is called from other
	// goroutines, maxLookups at once at most, with a context that ends after lookupLimit.
	Resolve func(context.Context, netip.Addr) (string, error)
}

// A Log takes lines from any number of goroutines. Close it to have the last ones written.
type Log struct {
	header
	off     bool
	verbose atomic.Bool
	details bool // some lines are JSON
	routes  []*route
	sink    *sink  // of the routes, or where those go that have nowhere else to go
	names   *names // nil: addresses stay numeric

	dropped atomic.Uint64 // lines lost that no route was told of yet
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
		c.Socket = devLog
	}
	if c.Stderr == nil {
		c.Stderr = os.Stderr
	}
	l := &Log{
		header: header{facility: c.Facility, pid: c.PID, location: c.Location},
		off:    c.Output == None && len(c.Targets) == 0,
		queue:  make(chan line, maxQueue),
		done:   make(chan struct{}),
	}
	l.verbose.Store(c.Verbose)
	l.open(c)
	if c.Resolve != nil && !l.off {
		l.names = newNames(c.Resolve, func() {
			l.WriteString(Warning, "looking up the names of clients takes longer than "+lookupLimit.String()+
				": they are logged by address; see to the resolver, or switch lookups off (-H)")
		})
	}
	go l.write()
	return l
}

// open makes the routes.
func (l *Log) open(c Config) {
	usual := &sink{header: &l.header, stderr: c.Stderr}
	l.sink = usual
	switch c.Output {
	case Syslog:
		usual.socket = c.Socket
		usual.mute = isNowhere(c.Stderr)
		l.routes = append(l.routes, &route{to: usual})
	case Stderr:
		l.routes = append(l.routes, &route{to: usual})
	case None:
	}
	for _, t := range c.Targets {
		usual.mute = usual.mute || t.config.Out != nil // what is written there once need not be there twice
		l.details = l.details || t.config.JSON
		l.routes = append(l.routes, &route{to: t})
	}
	for _, t := range c.Targets {
		t.attach(&l.header, l.complain(t, usual))
	}
}

// complain returns what tells all places but t that something is wrong with t: standard error if there is none else.
func (l *Log) complain(t *Target, usual *sink) func(Level, string) {
	return func(level Level, message string) {
		x := line{when: time.Now(), level: level, message: message}
		told := false
		for _, r := range l.routes {
			if other, ok := r.to.(*Target); !ok || other != t && other.file == nil { // two broken files must not tell each other
				told = r.deliver(&x) == nil || told
			}
		}
		if told {
			return
		}
		if _, err := usual.fall(&x); err != nil {
			l.lose()
		}
	}
}

// isNowhere reports whether what is written there is lost, as after -B and under inetd.
func isNowhere(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	here, err := f.Stat()
	if err != nil {
		return true
	}
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(here, null)
}

// Reachable returns why the log daemon cannot be reached; nil if it can.
func Reachable() error {
	s := sink{socket: devLog}
	return errors.Join(s.connect(), s.close())
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

// WriteEvent writes a line that belongs to no session and has fields of its own where lines are JSON; message may be reused
// afterwards.
func (l *Log) WriteEvent(level Level, message []byte, d Detail) {
	if l.Enabled(level) {
		x := line{when: time.Now(), level: level, message: string(message)}
		x.tell(l, d)
		l.put(x)
	}
}

// Write writes a line that belongs to no session; message may be reused afterwards.
func (l *Log) Write(level Level, message []byte) {
	if l.Enabled(level) {
		l.WriteString(level, string(message))
	}
}

// Lost returns how many lines were dropped because the queue was full, or because a place did not take them.
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
	var err error
	for _, r := range l.routes {
		err = errors.Join(err, r.to.close())
	}
	return err
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
	x := new(line) // one for all: the places take it by its address
	for *x = range l.queue {
		if limit := l.deadline.Load(); limit != nil && time.Now().After(*limit) {
			l.lose()
			continue
		}
		for _, r := range l.routes {
			r.behind = r.deliver(x) != nil
			if r.behind {
				r.lose(1)
				l.lost.Add(1)
			}
		}
		dropped := l.dropped.Swap(0)
		for _, r := range l.routes {
			r.lose(dropped)
			r.confess()
		}
	}
}

// A route is one of the places that lines go to.
type route struct {
	to interface {
		write(*line) (text []byte, err error)
		describe(*Place)
		close() error
	}
	trail  trail
	lost   uint64 // lines that did not come there, and nobody has said so
	behind bool   // the last one did not
}

// deliver writes one line.
func (r *route) deliver(x *line) error {
	text, err := r.to.write(x)
	if err == nil {
		r.trail.took(text)
	}
	return err
}

func (r *route) lose(lines uint64) {
	if lines > 0 {
		r.lost += lines
		r.trail.missed(lines)
	}
}

// confess says how many lines did not come.
func (r *route) confess() {
	if r.lost == 0 || r.behind {
		return
	}
	report := line{when: time.Now(), level: Warning, message: strconv.FormatUint(r.lost, 10) + " log lines were lost"}
	if r.deliver(&report) == nil {
		r.lost = 0
	}
}
