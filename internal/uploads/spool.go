package uploads

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const (
	// spoolSize bounds the file: half a million uploads.
	spoolSize = 64 << 20

	// frontRoom lies before the first record, for what is taken back from the pipe: more than any pipe holds unless root
	// has made it larger.
	frontRoom = 1 << 20

	// drainStep is how many records are told before the courier looks whether it is to stop.
	drainStep = 256
)

const spoolMagic = "uploads1"

// headerSize is that of the magic word and of the place of the first record.
const headerSize = int64(len(spoolMagic) + 8)

var errSpoolFull = errors.New("the spool is full")

// A spool is a file of records that wait. Several processes may share it; each holds its lock for a moment. An empty file is
// an empty spool.
type spool struct {
	file *os.File
	size int64 // its bound
}

// openSpool opens the file, and makes it and its folder if they are not there.
func openSpool(path string, owner int) (*spool, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("folder of the spool: %w", err)
	}
	file, err := openRegular(path, owner)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	return &spool{file: file, size: spoolSize}, nil
}

// locked runs fn with the bounds of the records that wait.
func (s *spool) locked(fn func(head, end int64) error) (err error) {
	if err := waitLock(s.file); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock(s.file)) }()
	head, end, err := s.bounds()
	if err != nil {
		return err
	}
	return fn(head, end)
}

// bounds reads where the records begin and end. Of a damaged header it believes nothing: records are looked for in the whole
// file.
func (s *spool) bounds() (head, end int64, err error) {
	info, err := s.file.Stat()
	if err != nil {
		return 0, 0, err
	}
	end = info.Size()
	if end == 0 {
		return frontRoom, frontRoom, nil
	}
	b := make([]byte, headerSize)
	if _, err := s.file.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return 0, 0, err
	}
	head = int64(binary.BigEndian.Uint64(b[len(spoolMagic):]))
	if string(b[:len(spoolMagic)]) != spoolMagic || head < headerSize || head > end {
		head = min(headerSize, end)
	}
	return head, end, nil
}

// setHead writes where the records begin. Its few bytes are written at once.
func (s *spool) setHead(head int64) error {
	_, err := s.file.WriteAt(binary.BigEndian.AppendUint64([]byte(spoolMagic), uint64(head)), 0)
	return err
}

// add puts records behind the others: all of them, or with an error none.
func (s *spool) add(records []byte) error {
	return s.locked(func(head, end int64) error {
		if end+int64(len(records)) > s.size {
			var err error
			if end, err = s.compact(head, end); err != nil {
				return err
			}
		}
		if end+int64(len(records)) > s.size {
			return errSpoolFull
		}
		if head == end { // perhaps a file without a header
			if err := s.setHead(head); err != nil {
				return err
			}
		}
		if _, err := s.file.WriteAt(records, end); err != nil {
			return errors.Join(err, s.file.Truncate(end))
		}
		return nil
	})
}

// compact moves the records to the front of the file if they do not fill half of it, and returns their new end. Killed on the
// way it leaves all of them, some perhaps twice.
func (s *spool) compact(head, end int64) (int64, error) {
	if end-head > head-frontRoom {
		return end, nil
	}
	b := make([]byte, end-head)
	_, err := s.file.ReadAt(b, head)
	if err == nil {
		_, err = s.file.WriteAt(b, frontRoom)
	}
	if err == nil {
		err = s.setHead(frontRoom)
	}
	if err == nil {
		end = frontRoom + int64(len(b))
		err = s.file.Truncate(end)
	}
	return end, err
}

// addFront puts records before the others.
func (s *spool) addFront(records []byte) error {
	return s.locked(func(head, end int64) error {
		first := head - int64(len(records))
		if first < headerSize {
			return fmt.Errorf("%w at its front", errSpoolFull)
		}
		if _, err := s.file.WriteAt(records, first); err != nil {
			return err
		}
		return s.setHead(first)
	})
}

// drain hands some records to write, in order, until there are none or write fails. Each is gone once write has taken it.
func (s *spool) drain(write func([]byte) error) (empty bool, err error) {
	if info, err := s.file.Stat(); err != nil || info.Size() == 0 {
		return true, err
	}
	err = s.locked(func(head, end int64) error {
		for range drainStep {
			record, next, err := s.record(head, end)
			if err != nil {
				return err
			}
			if record == nil {
				empty = true
				return s.file.Truncate(0)
			}
			if err := write(record); err != nil {
				return err
			}
			head = next
			if err := s.setHead(head); err != nil {
				return err
			}
		}
		return nil
	})
	return empty, err
}

// record reads the first record and where the next one begins; nil if there is none.
func (s *spool) record(head, end int64) (record []byte, next int64, err error) {
	b := make([]byte, 2*maxRecord)
	for head < end {
		n, err := s.file.ReadAt(b[:min(int64(len(b)), end-head)], head)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, 0, err
		}
		if n == 0 {
			break
		}
		first := bytes.IndexByte(b[:n], beforeLogin)
		if first < 0 {
			head += int64(n)
			continue
		}
		if last := bytes.IndexByte(b[first:n], afterPath); last >= 0 {
			return b[first : first+last+1], head + int64(first+last+1), nil
		}
		if first == 0 { // longer than any record, or torn
			first = 1
		}
		head += int64(first)
	}
	return nil, end, nil
}

// count returns how many records wait.
func (s *spool) count() (n int, err error) {
	err = s.locked(func(head, end int64) error {
		b := make([]byte, 64<<10)
		for head < end {
			got, err := s.file.ReadAt(b[:min(int64(len(b)), end-head)], head)
			if got == 0 && err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			if got == 0 {
				break
			}
			n += bytes.Count(b[:got], []byte{beforeLogin})
			head += int64(got)
		}
		return nil
	})
	return n, err
}

func (s *spool) close() error { return s.file.Close() }
