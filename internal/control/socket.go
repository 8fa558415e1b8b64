package control

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	suffix        = ".sock"
	maxSocketPath = 107 // bytes, of the kernel
	maxNames      = 100 // sockets of one process number: containers that share a directory share numbers
	probeTimeout  = 2 * time.Second
)

// A Socket is where one server process listens. Who made it removes it.
type Socket struct {
	*net.UnixListener
	path string
}

// Place says where a socket is.
type Place struct {
	Dir  string // made if need be; it has to belong to who calls, and nobody else may write to it
	Open bool   // for others than the owner as well: their rights are looked at when they come
}

// Listen makes the socket of this process, and removes those that servers which are no more have left.
func Listen(p Place) (*Socket, error) {
	if err := p.prepare(); err != nil {
		return nil, err
	}
	removeStale(p.Dir)
	pid := strconv.Itoa(os.Getpid())
	for n := range maxNames {
		name := pid
		if n > 0 {
			name += "-" + strconv.Itoa(n)
		}
		s, err := listen(filepath.Join(p.Dir, name+suffix), p.Open)
		if !errors.Is(err, syscall.EADDRINUSE) {
			return s, err
		}
	}
	return nil, fmt.Errorf("control socket: %s is full of sockets of process %s", p.Dir, pid)
}

// prepare makes the directory, or looks at the one that is there.
func (p Place) prepare() error {
	mode := fs.FileMode(0o700)
	if p.Open {
		mode = 0o755
	}
	if err := os.MkdirAll(p.Dir, mode); err != nil {
		return fmt.Errorf("control directory: %w", err)
	}
	if err := checkDirectory(p.Dir, os.Geteuid()); err != nil {
		return err
	}
	if !p.Open {
		return nil
	}
	st, err := os.Lstat(p.Dir)
	if err == nil && st.Mode().Perm()&0o055 != 0o055 {
		err = os.Chmod(p.Dir, st.Mode().Perm()|0o055)
	}
	if err != nil {
		return fmt.Errorf("control directory: %w", err)
	}
	return nil
}

// anybody stands for every owner.
const anybody = -1

// checkDirectory refuses a directory in which others than its owner could put sockets of their own, and that of another owner.
func checkDirectory(dir string, uid int) error {
	st, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("control directory: %w", err)
	}
	owner, ok := st.Sys().(*syscall.Stat_t)
	if st.IsDir() && ok && st.Mode().Perm()&0o022 == 0 && (uid == anybody || int(owner.Uid) == uid) {
		return nil
	}
	return fmt.Errorf("control directory %s must be a directory that only its owner, who runs the server, can write", dir)
}

func listen(path string, open bool) (*Socket, error) {
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("control socket %s: the path is longer than %d bytes", path, maxSocketPath)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	l.SetUnlinkOnClose(false) // the process may have become somebody else by then
	mode := fs.FileMode(0o600)
	if open {
		mode = 0o666
	}
	if err := os.Chmod(path, mode); err != nil {
		return nil, errors.Join(fmt.Errorf("control socket: %w", err), l.Close(), os.Remove(path))
	}
	return &Socket{l, path}, nil
}

// Path is where the socket is.
func (s *Socket) Path() string { return s.path }

// Remove takes the name of the socket away.
func (s *Socket) Remove() error {
	if err := os.Remove(s.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove control socket: %w", err)
	}
	return nil
}

// removeStale removes sockets that nobody listens on any more. One whose process is there, or answers, stays: a server binds its
// socket a moment before it listens.
func removeStale(dir string) {
	names, err := socketsIn(dir)
	if err != nil {
		return // Listen says what is wrong
	}
	for _, path := range names {
		if pid := processOf(path); pid != os.Getpid() && syscall.Kill(pid, 0) != syscall.ESRCH { //nolint:errorlint // an errno
			continue
		}
		conn, err := net.DialTimeout("unix", path, probeTimeout)
		if err == nil {
			_ = conn.Close() // it was only knocked at
			continue
		}
		if errors.Is(err, syscall.ECONNREFUSED) {
			_ = os.Remove(path) // what cannot be removed is passed over by clients
		}
	}
}

// socketsIn lists the sockets of servers in a directory.
func socketsIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, e := range entries {
		if path := filepath.Join(dir, e.Name()); e.Type() == fs.ModeSocket && processOf(path) > 0 {
			list = append(list, path)
		}
	}
	return list, nil
}

// processOf is the process number in a socket's name, or 0.
func processOf(path string) int {
	name, ok := strings.CutSuffix(filepath.Base(path), suffix)
	name, _, _ = strings.Cut(name, "-")
	pid, err := strconv.Atoi(name)
	if !ok || err != nil || pid < 1 {
		return 0
	}
	return pid
}
