package uploads

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// memoryMark is how many events may wait in memory before they go to the spool.
	memoryMark = 1024
	// memoryLimit is how many may be there while a slow disk takes the others, or a full one takes none: some hundred
	// kilobytes as a rule.
	memoryLimit = 8192

	// tick is how often a reader is looked for, and how long events wait in memory only.
	tick = time.Second
	// fullPause is between two tries to write to a pipe that is full, or locked.
	fullPause = 20 * time.Millisecond
	// closeLimit is how long Close goes on telling a slow reader before the rest goes to the spool.
	closeLimit = time.Second
)

// SpoolPath is the file in which events wait on this system. /var/run does not outlive the machine's end.
const SpoolPath = "/var/spool/pure-ftpd/uploads"

// A Config says where a Courier works.
type Config struct {
	Files Files
	Spool string // the file of events that wait, in a folder of its own

	// Access runs what opens the pipe in the name of its owner, who calls Open; nil just runs it.
	Access func(func() error) error
	// Report is told of trouble, once when it begins and once when it is over.
	Report func(message string)
}

// A Courier tells a reader of uploads. Its one goroutine owns pipe and spool and ends with Close.
type Courier struct {
	pipe   *pipe
	spool  *spool
	report func(string)
	lost   atomic.Uint64

	toldEvents atomic.Uint64

	// Owned by the goroutine.
	stuckSince time.Time // when events began to wait; zero: none do
	storeAfter time.Time // the spool has failed: when to try again
	told       string    // the trouble that was reported
	toldLost   uint64    // and how many losses
	losing     bool      // since the trouble began, as was reported

	mu     sync.Mutex
	memory [][]byte // records, oldest first; only the goroutine takes them out

	wake chan struct{} // room for one: there is something in memory
	stop chan struct{} // closed by Close
	done chan struct{} // closed when the goroutine has ended
	err  error         // of its end
}

// Open makes pipe, lock and spool where they are not there, and begins.
func Open(c Config) (*Courier, error) {
	o, err := newCourier(c)
	if err == nil {
		go o.run()
	}
	return o, err
}

func newCourier(c Config) (*Courier, error) {
	if c.Access == nil {
		c.Access = func(fn func() error) error { return fn() }
	}
	p, err := newPipe(c.Files, c.Access)
	if err != nil {
		return nil, fmt.Errorf("upload script: %w", err)
	}
	s, err := openSpool(filepath.Clean(c.Spool), os.Geteuid())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("upload script: %w", err), p.close())
	}
	return &Courier{
		pipe: p, spool: s, report: c.Report,
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}, nil
}

// Announce tells the reader of an upload, sooner or later. It does not wait.
func (c *Courier) Announce(login, path string) {
	record, err := Event{login, path}.Append(nil)
	if err != nil {
		c.report(fmt.Sprintf("upload script: %q of %q is not announced: %v", path, login, err))
		return
	}
	c.mu.Lock()
	full := len(c.memory) >= memoryLimit
	if !full {
		c.memory = append(c.memory, record)
	}
	c.mu.Unlock()
	if full {
		c.lost.Add(1)
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// errStopping says that Close was called while there were events left.
var errStopping = errors.New("the server ends")

// Lost returns how many events had no room.
func (c *Courier) Lost() uint64 { return c.lost.Load() }

// Close tells what the reader takes at once and leaves the rest to the next courier. Nothing may be announced any more.
func (c *Courier) Close() error {
	close(c.stop)
	<-c.done
	return c.err
}

func (c *Courier) run() {
	defer close(c.done)
	timer := time.NewTimer(0) // a reader may wait for a writer, and the spool for a reader
	defer timer.Stop()
	for {
		select {
		case <-c.stop:
			c.err = c.finish()
			return
		case <-c.wake:
		case <-timer.C:
		}
		timer.Reset(c.work())
	}
}

// work tells what can be told, and puts the rest where it may stay. It returns when to work again if nothing comes.
func (c *Courier) work() (pause time.Duration) {
	err := c.deliver()
	if errors.Is(err, errStopping) {
		return 0
	}
	if failed := c.watch(); failed != nil {
		err = failed
	}
	if err == nil {
		c.stuckSince = time.Time{}
		c.relief()
		return tick
	}
	now := time.Now()
	if c.stuckSince.IsZero() {
		c.stuckSince = now
	}
	late := now.Sub(c.stuckSince) >= tick
	if (late || c.inMemory() >= memoryMark) && now.After(c.storeAfter) {
		if failed := c.store(); failed != nil {
			c.storeAfter = now.Add(tick)
			late, err = true, failed
		}
	}
	if late {
		c.trouble(err)
	}
	if errors.Is(err, errFull) || errors.Is(err, errLocked) {
		return fullPause
	}
	return tick
}

// deliver writes events to the pipe, oldest first, until there are none or one cannot be written.
func (c *Courier) deliver() error {
	connected := c.pipe.connect() // also when there is nothing to tell: a reader may wait for a writer
	for {
		empty, err := c.spool.drain(c.write)
		if err != nil {
			return err
		}
		if empty {
			break
		}
		if c.stopping() {
			return errStopping
		}
	}
	for {
		record := c.oldest()
		if record == nil {
			if errors.Is(connected, errNoReader) {
				return nil
			}
			return connected
		}
		if err := c.write(record); err != nil {
			return err
		}
		c.mu.Lock()
		c.memory = c.memory[1:]
		c.mu.Unlock()
	}
}

func (c *Courier) write(record []byte) error {
	err := c.pipe.write(record)
	if err == nil {
		c.toldEvents.Add(1)
	}
	return err
}

// watch takes back what a reader that has gone has not read.
func (c *Courier) watch() error {
	if c.pipe.end == nil || c.pipe.hasReader() {
		return nil
	}
	records, err := c.pipe.takeBack()
	if len(records) > 0 {
		err = errors.Join(err, c.spool.addFront(records))
	}
	return err
}

func (c *Courier) stopping() bool {
	select {
	case <-c.stop:
		return true
	default:
		return false
	}
}

func (c *Courier) oldest() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.memory) == 0 {
		c.memory = nil // lets go of what is behind
		return nil
	}
	return c.memory[0]
}

func (c *Courier) inMemory() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.memory)
}

// store puts what is in memory to the spool. What cannot be stored stays in memory.
func (c *Courier) store() error {
	c.mu.Lock()
	waiting := c.memory
	c.mu.Unlock()
	if len(waiting) == 0 {
		return nil
	}
	var records []byte
	for _, record := range waiting {
		records = append(records, record...)
	}
	if err := c.spool.add(records); err != nil {
		return err
	}
	c.mu.Lock()
	c.memory = c.memory[len(waiting):]
	c.mu.Unlock()
	return nil
}

// trouble reports what keeps events waiting, when it begins and when it changes.
func (c *Courier) trouble(err error) {
	text := err.Error()
	if text != c.told {
		c.told = text
		c.report(fmt.Sprintf("upload script: %s; %s for pure-uploadscript (%s)", text, c.waiting(), c.pipe.files.Pipe))
	}
	if !c.losing {
		c.losing = c.tellLost()
	}
}

// relief reports that the trouble is over.
func (c *Courier) relief() {
	c.tellLost()
	c.losing = false
	if c.told != "" && c.pipe.end != nil {
		c.told = ""
		c.report("upload script: all uploads that waited are announced")
	}
}

// tellLost reports events that were lost since the last report.
func (c *Courier) tellLost() (news bool) {
	lost := c.lost.Load()
	if lost == c.toldLost {
		return false
	}
	c.report(fmt.Sprintf("upload script: %d uploads found no room to wait and are not announced", lost-c.toldLost))
	c.toldLost = lost
	return true
}

// waiting says how many events there are.
func (c *Courier) waiting() string {
	n, err := c.spool.count()
	if err != nil {
		return "some uploads wait"
	}
	if n += c.inMemory(); n == 1 {
		return "1 upload waits"
	}
	return fmt.Sprintf("%d uploads wait", n)
}

// finish is the end of the goroutine.
func (c *Courier) finish() error {
	var err error
	for limit := time.Now().Add(closeLimit); ; {
		err = c.deliver()
		if err == nil || errors.Is(err, errNoReader) || time.Now().After(limit) {
			break
		}
		if !errors.Is(err, errStopping) {
			time.Sleep(fullPause)
		}
	}
	err = errors.Join(c.watch(), err)
	if failed := c.store(); failed != nil {
		c.lost.Add(uint64(c.inMemory()))
		err = failed
	}
	if err != nil {
		c.trouble(err)
	}
	c.tellLost()
	return errors.Join(c.pipe.close(), c.spool.close())
}
