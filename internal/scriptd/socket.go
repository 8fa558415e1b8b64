package scriptd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// maxPath is how long the name of a local socket may be: sun_path less its NUL byte.
const maxPath = 107

// socketUmask leaves a socket the mode 0600. A chmod afterwards could meet another file, and would come too late.
const socketUmask = 0o177

// A socket is what the daemon listens on.
type socket struct {
	*net.UnixListener
	path string
	info fs.FileInfo // of the socket that was made, to tell it from another daemon's

	once sync.Once // close
	err  error     // of it
}

// listen makes the socket, with the mode that the umask leaves it. A socket that a dead process left is replaced; nothing else is, and least of all
// one that is in use.
func listen(ctx context.Context, path string) (*socket, error) {
	path, err := filepath.Abs(path) // the process may leave its directory
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	if len(path) > maxPath {
		return nil, fmt.Errorf("socket: the name %s has %d bytes; the system takes %d", path, len(path), maxPath)
	}
	if err := clear(ctx, path); err != nil {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	l.SetUnlinkOnClose(false) // it may be another's by then
	info, err := os.Lstat(path)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("socket: %w", err), l.Close())
	}
	return &socket{UnixListener: l, path: path, info: info}, nil
}

// clear removes a socket on which nobody listens.
func clear(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("socket: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("socket: %s is there and is not a socket; give another name or remove it", path)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err == nil {
		return errors.Join(fmt.Errorf("socket: another process listens on %s; end it first", path), conn.Close())
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("socket: is %s in use? %w", path, err)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	return nil
}

// close takes the socket away, if it is still the one that listen made, and ends the listening: in this order, for the
// listener keeps the number of the socket's inode from being used again.
func (s *socket) close() error {
	s.once.Do(func() { s.err = errors.Join(s.remove(), s.UnixListener.Close()) })
	return s.err
}

func (s *socket) remove() error {
	info, err := os.Lstat(s.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(info, s.info) {
		return nil
	}
	if err == nil {
		err = os.Remove(s.path)
	}
	if err = ignoreDenied(err); err != nil {
		return fmt.Errorf("remove socket: %w", err)
	}
	return nil
}
