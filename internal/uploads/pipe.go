package uploads

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// Why a record cannot be written at the moment.
var (
	errNoReader = errors.New("nobody reads the pipe")
	errFull     = errors.New("the reader does not keep up")
	errLocked   = errors.New("another process holds the lock")
)

// tornLimit is how long a record that the pipe has taken half of keeps the lock. Only the longest ones can be torn: the pipe
// takes what is shorter than a page (PIPE_BUF) as a whole.
const tornLimit = 10 * time.Second

// A pipe is the writer's end. It is open only while it has, or had, a reader.
type pipe struct {
	files  Files
	owner  int
	access func(func() error) error
	lock   *os.File
	end    *os.File // nil: nobody reads
	torn   bool     // half a record was written last
}

// newPipe prepares the files and opens the lock.
func newPipe(files Files, access func(func() error) error) (*pipe, error) {
	p := &pipe{files: files, owner: os.Geteuid(), access: access}
	err := p.files.Prepare(p.owner)
	if err != nil {
		return nil, err
	}
	p.lock, err = openRegular(p.files.Lock, p.owner)
	return p, err
}

// open opens an end of the pipe, which is made anew if somebody has tidied it away.
func (p *pipe) open(flag int) (end *os.File, err error) {
	err = p.access(func() error {
		end, err = openPipe(p.files.Pipe, flag, p.owner)
		if errors.Is(err, fs.ErrNotExist) {
			if err = p.files.makePipe(); err == nil {
				end, err = openPipe(p.files.Pipe, flag, p.owner)
			}
		}
		return err
	})
	return end, err
}

// connect opens the pipe if somebody reads it.
func (p *pipe) connect() error {
	if p.end != nil {
		return nil
	}
	end, err := p.open(os.O_WRONLY)
	if errors.Is(err, syscall.ENXIO) {
		return errNoReader
	}
	p.end = end
	return err
}

// hasReader reports whether the pipe that is open has a reader, and is still the one at its path.
func (p *pipe) hasReader() bool {
	end, err := p.open(os.O_WRONLY)
	if err != nil {
		return !errors.Is(err, syscall.ENXIO) // the next write tells what is wrong
	}
	here, err := p.end.Stat()
	there, failed := end.Stat()
	return errors.Join(err, failed, end.Close()) == nil && os.SameFile(here, there)
}

// write writes a record, whole, if it can be done without waiting.
func (p *pipe) write(record []byte) (err error) {
	if err := p.connect(); err != nil {
		return err
	}
	if err := tryLock(p.lock); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock(p.lock)) }()
	if p.torn {
		record = append([]byte{beforePath, afterPath}, record...) // makes what is there of the last one malformed
	}
	for begun, rest := time.Now(), record; ; time.Sleep(time.Millisecond) {
		n, err := p.put(rest)
		rest = rest[n:]
		p.torn = len(rest) > 0 && (len(rest) < len(record) || p.torn)
		switch {
		case len(rest) == 0:
			return nil
		case errors.Is(err, syscall.EPIPE):
			return errNoReader
		case err != nil && !errors.Is(err, syscall.EAGAIN):
			return fmt.Errorf("write to %s: %w", p.files.Pipe, err)
		case len(rest) == len(record):
			return errFull
		case time.Since(begun) > tornLimit:
			return fmt.Errorf("write to %s: %w in the middle of a record", p.files.Pipe, errFull)
		}
	}
}

// put writes what the pipe takes at once.
func (p *pipe) put(b []byte) (n int, err error) {
	conn, err := p.end.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	err = conn.Write(func(fd uintptr) bool {
		n, failed = syscall.Write(int(fd), b)
		return true // do not wait
	})
	return max(n, 0), errors.Join(err, failed)
}

// takeBack closes the pipe, which has lost its reader, and returns the records that it holds. A record of which the reader has
// read the beginning is not among them.
func (p *pipe) takeBack() (records []byte, err error) {
	if p.end == nil {
		return nil, nil
	}
	defer func() {
		err = errors.Join(err, p.end.Close())
		p.end, p.torn = nil, false
	}()
	end, err := p.open(os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	here, err := p.end.Stat()
	there, failed := end.Stat()
	if err = errors.Join(err, failed); err == nil && os.SameFile(here, there) {
		records, err = readAll(end)
	}
	if i := bytes.IndexByte(records, beforeLogin); i >= 0 {
		return records[i:], errors.Join(err, end.Close())
	}
	return nil, errors.Join(err, end.Close())
}

// readAll reads what a pipe holds at the moment.
func readAll(end *os.File) (all []byte, err error) {
	conn, err := end.SyscallConn()
	if err != nil {
		return nil, err
	}
	b := make([]byte, 64<<10)
	for {
		var n int
		var failed error
		err = conn.Read(func(fd uintptr) bool {
			n, failed = syscall.Read(int(fd), b)
			return true // do not wait
		})
		if errors.Is(failed, syscall.EAGAIN) {
			return all, err
		}
		if err = errors.Join(err, failed); err != nil || n <= 0 {
			return all, err
		}
		all = append(all, b[:n]...)
	}
}

// close closes what is open. Records in the pipe stay there if it has a reader.
func (p *pipe) close() error {
	err := p.lock.Close()
	if p.end != nil {
		err = errors.Join(err, p.end.Close())
	}
	return err
}
