package record

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// rotationInterval is how often an AltLog looks whether its file was moved away.
const rotationInterval = time.Second

// An AltLogConfig names the file of a transfer log and its format.
type AltLogConfig struct {
	Format string // one of Formats
	Path   string // absolute

	// Open opens the file for appending and creates it, with mode 0600, if it is not there; it does not follow a
	// symbolic link. It may take a privilege. nil means OpenAltLogFile.
	Open func(path string) (*os.File, error)

	// Stat looks at the path, to see whether it still leads to the open file. It may take a privilege. nil means
	// os.Lstat.
	Stat func(path string) (fs.FileInfo, error)

	Location *time.Location       // of the times in lines; nil: UTC
	Report   func(message string) // is told what goes wrong after the start, once for each kind of trouble; nil: nobody
}

// An AltLog is a transfer log: a line for each upload and download. It may be used by many goroutines, and by many
// processes that write to one file: a line is one write to the end of the file. When the file is moved away, as log
// rotation does, a new one is begun within a second.
type AltLog struct {
	config AltLogConfig
	format format

	file   atomic.Pointer[os.File]
	looked atomic.Int64 // when the path was last looked at, in unix nanoseconds
	lost   atomic.Uint64

	exchange sync.Mutex // held while the file is exchanged
	opening  complaint
	writing  complaint
}

// OpenAltLog opens a transfer log. A file that cannot be opened is an error now, not at the first transfer.
func OpenAltLog(c AltLogConfig) (*AltLog, error) {
	f, ok := formatNamed(c.Format)
	if !ok {
		return nil, fmt.Errorf("transfer log: unknown format %q", c.Format)
	}
	if c.Open == nil {
		c.Open = OpenAltLogFile
	}
	if c.Stat == nil {
		c.Stat = os.Lstat
	}
	if c.Location == nil {
		c.Location = time.UTC
	}
	l := &AltLog{config: c, format: f}
	file, err := l.open()
	if err != nil {
		return nil, fmt.Errorf("transfer log: %w", err)
	}
	l.file.Store(file)
	l.looked.Store(time.Now().UnixNano())
	return l, nil
}

// open opens the file, and begins it with what the format wants if it is new.
func (l *AltLog) open() (*os.File, error) {
	_, missing := l.config.Stat(l.config.Path)
	file, err := l.config.Open(l.config.Path)
	if err != nil {
		return nil, err
	}
	if l.format.header == nil || !errors.Is(missing, fs.ErrNotExist) {
		return file, nil
	}
	if _, err := file.Write(l.format.header(time.Now())); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// Lost returns how many lines could not be written.
func (l *AltLog) Lost() uint64 { return l.lost.Load() }

// Write writes the line of a transfer. What goes wrong is reported, and the line is lost: the transfer itself is over.
func (l *AltLog) Write(t Transfer) {
	l.follow(t.End)
	line := l.format.append(make([]byte, 0, 256), t, l.config.Location)
	err := l.append(line)
	if err != nil {
		l.lost.Add(1)
	}
	l.writing.tell(l, err)
}

// append writes a whole line, again if the file was exchanged meanwhile.
func (l *AltLog) append(line []byte) error {
	for {
		file := l.file.Load()
		n, err := file.Write(line)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, os.ErrClosed) && file != l.file.Load():
			continue
		case n > 0: // the disk is full in the middle of the line: end it, so that the next one is whole
			_, _ = file.Write([]byte{'\n'}) // if this fails as well, the first error is still the one to tell
		}
		return err
	}
}

// follow opens the file anew when its name leads elsewhere. It looks once in a while, and one caller does for all.
func (l *AltLog) follow(now time.Time) {
	last := l.looked.Load()
	if now.UnixNano()-last < int64(rotationInterval) || !l.looked.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	l.exchange.Lock()
	defer l.exchange.Unlock()
	l.opening.tell(l, l.followLocked())
}

func (l *AltLog) followLocked() error {
	old := l.file.Load()
	here, err := old.Stat()
	if errors.Is(err, os.ErrClosed) { // the server ends
		return nil
	}
	if err != nil {
		return err
	}
	there, err := l.config.Stat(l.config.Path)
	if err == nil && os.SameFile(here, there) {
		return nil
	}
	file, err := l.open()
	if err != nil { // the old file goes on taking lines
		return fmt.Errorf("open it anew after it was moved: %w", err)
	}
	l.file.Store(file)
	return old.Close()
}

// A complaint is trouble of one kind: it is reported when it begins and when it changes.
type complaint struct {
	mu   sync.Mutex
	last string
}

func (c *complaint) tell(l *AltLog, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	c.mu.Lock()
	news := text != c.last
	c.last = text
	c.mu.Unlock()
	if news && err != nil && l.config.Report != nil {
		l.config.Report("transfer log " + l.config.Path + ": " + text)
	}
}

// Close closes the file. Transfers must have ended.
func (l *AltLog) Close() error { return l.file.Load().Close() }
