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

// rotationInterval is how often a log looks whether its file was moved away.
const rotationInterval = time.Second

// A logFile is a file that takes whole lines at its end, from many goroutines and many processes. When it is moved away, as log
// rotation does, a new one is begun within a second.
type logFile struct {
	path     string
	openFile func(path string) (*os.File, error)
	stat     func(path string) (fs.FileInfo, error)
	header   func(now time.Time) []byte // what a new file begins with; nil: nothing

	file   atomic.Pointer[os.File]
	looked atomic.Int64 // when the path was last looked at, in unix nanoseconds

	exchange sync.Mutex // held while the file is exchanged
}

// begin opens the file for the first time.
func (f *logFile) begin() error {
	if f.openFile == nil {
		f.openFile = OpenLogFile
	}
	if f.stat == nil {
		f.stat = os.Lstat
	}
	file, err := f.open()
	if err != nil {
		return err
	}
	f.file.Store(file)
	f.looked.Store(time.Now().UnixNano())
	return nil
}

// open opens the file, and begins it with its header if it is new.
func (f *logFile) open() (*os.File, error) {
	_, missing := f.stat(f.path)
	file, err := f.openFile(f.path)
	if err != nil {
		return nil, err
	}
	if f.header == nil || !errors.Is(missing, fs.ErrNotExist) {
		return file, nil
	}
	if _, err := file.Write(f.header(time.Now())); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// append writes a whole line, again if the file was exchanged meanwhile.
func (f *logFile) append(line []byte) error {
	for {
		file := f.file.Load()
		n, err := file.Write(line)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, os.ErrClosed) && file != f.file.Load():
			continue
		case n > 0: // the disk is full in the middle of the line: end it, so that the next one is whole
			_, _ = file.Write([]byte{'\n'}) // if this fails as well, the first error is still the one to tell
		}
		return err
	}
}

// follow opens the file anew when its name leads elsewhere. It looks once in a while, and one caller does for all: looked says
// whether it did.
func (f *logFile) follow(now time.Time) (looked bool, err error) {
	last := f.looked.Load()
	if now.UnixNano()-last < int64(rotationInterval) || !f.looked.CompareAndSwap(last, now.UnixNano()) {
		return false, nil
	}
	f.exchange.Lock()
	defer f.exchange.Unlock()
	return true, f.followLocked()
}

func (f *logFile) followLocked() error {
	old := f.file.Load()
	here, err := old.Stat()
	if errors.Is(err, os.ErrClosed) { // the server ends
		return nil
	}
	if err != nil {
		return err
	}
	there, err := f.stat(f.path)
	if err == nil && os.SameFile(here, there) {
		return nil
	}
	file, err := f.open()
	if err != nil { // the old file goes on taking lines
		return fmt.Errorf("open it anew after it was moved: %w", err)
	}
	f.file.Store(file)
	return old.Close()
}

func (f *logFile) close() error { return f.file.Load().Close() }

// A complaint is trouble of one kind: it is told when it begins and when it changes.
type complaint struct {
	mu   sync.Mutex
	last string
}

// now is the trouble that lasts; "" if all is well.
func (c *complaint) now() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// news is what there is to tell of the present state of things; "" if it is known, or if all is well.
func (c *complaint) news(err error) string {
	text := ""
	if err != nil {
		text = err.Error()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if text == c.last {
		return ""
	}
	c.last = text
	return text
}
