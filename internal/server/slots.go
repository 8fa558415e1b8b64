package server

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// Slots counts sessions across processes, for inetd mode, where every client has a process of its own. A session holds a
// file lock in a shared directory for each limit it falls under; the kernel gives the lock back when the process ends,
// however it ends.
type Slots struct {
	dir    string
	access func(func() error) error // runs what touches the directory in the name of its owner

	mu   sync.Mutex
	held []*os.File
	nth  int
}

// maxSlots bounds the search when a limit is very large.
const maxSlots = 1 << 16

// NewSlots makes the directory, if need be, and checks that nobody else can write to it.
func NewSlots(dir string, access func(func() error) error) (*Slots, error) {
	s := &Slots{dir: dir, access: access}
	return s, access(func() error {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("make session directory: %w", err)
		}
		st, err := os.Lstat(dir)
		if err != nil {
			return fmt.Errorf("session directory: %w", err)
		}
		owner, ok := st.Sys().(*syscall.Stat_t)
		if !st.IsDir() || st.Mode().Perm()&0o022 != 0 || !ok || int(owner.Uid) != os.Geteuid() {
			return fmt.Errorf("session directory %s must be a directory that only its owner, who runs the server, can write", dir)
		}
		return nil
	})
}

// Enter takes a place under -c and one under -C; a limit of zero is none. It returns "" or what is exhausted.
func (s *Slots) Enter(from netip.Addr, maxClients, maxPerIP int) (refusal string, err error) {
	n, _, err := s.take("all", uint64(maxClients))
	if err != nil {
		return "", err
	}
	if n == 0 {
		return fullText(maxClients), nil
	}
	s.nth = n
	n, _, err = s.take("from "+from.String(), uint64(maxPerIP))
	if err == nil && n == 0 {
		refusal = crowdedText(maxPerIP)
	}
	return refusal, err
}

// Close gives all places back, ahead of the end of the process.
func (s *Slots) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, f := range s.held {
		if err := f.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			errs = append(errs, err)
		}
	}
	s.held = nil
	return errors.Join(errs...)
}

// Sessions is the number of this session among those that run.
func (s *Slots) Sessions() int { return max(s.nth, 1) }

// Login takes a place for the account name, or reports false if limit others hold one, or if that cannot be found out.
func (s *Slots) Login(name string, limit uint64) (release func(), ok bool) {
	n, f, err := s.take("user "+name, limit)
	if err != nil || n == 0 {
		return nil, false
	}
	return func() {
		if f != nil {
			_ = f.Close() // the lock goes with it
		}
	}, true
}

// take locks the first free slot of a key and returns its number, from 1 on; 0 means that all are taken. Without a limit
// nothing is locked and the number is 1.
func (s *Slots) take(key string, limit uint64) (n int, f *os.File, err error) {
	if limit == 0 {
		return 1, nil, nil
	}
	sum := sha256.Sum256([]byte(key))
	base := filepath.Join(s.dir, hex.EncodeToString(sum[:8]))
	err = s.access(func() error {
		for i := 1; i <= int(min(limit, maxSlots)); i++ {
			f, err = lock(fmt.Sprintf("%s.%d", base, i))
			if errors.Is(err, syscall.EWOULDBLOCK) {
				continue
			}
			if err == nil {
				n = i
			}
			return err
		}
		return nil
	})
	if f != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.held = append(s.held, f) // a file that nothing refers to would be closed, and unlocked, by the collector
	}
	return n, f, err
}

// lock opens and locks a file without waiting.
func lock(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
