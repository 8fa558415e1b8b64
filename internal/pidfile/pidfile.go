// Package pidfile writes the file that tells other programs the number of a daemon's process, and takes it away again.
package pidfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A File holds the number of this process.
type File struct{ path string }

// Write replaces the file with one that holds our process number. It is called once the sockets are bound, so that a second
// daemon, which cannot bind, leaves the file of the first one alone.
func Write(path string) (*File, error) {
	path, err := filepath.Abs(path) // the process may leave its directory
	if err != nil {
		return nil, fmt.Errorf("pid file: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { // /run is empty when the machine was started
		return nil, fmt.Errorf("folder of the pid file: %w", err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("replace pid file: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, fmt.Errorf("create pid file: %w", err)
	}
	_, err = f.WriteString(strconv.Itoa(os.Getpid()) + "\n")
	if err := errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return nil, fmt.Errorf("write pid file: %w", err)
	}
	return &File{path}, nil
}

// Remove deletes the file if it is still ours.
func (f *File) Remove() error {
	text, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read pid file: %w", err)
	}
	if strings.TrimSpace(string(text)) != strconv.Itoa(os.Getpid()) {
		return nil
	}
	if err := os.Remove(f.path); err != nil {
		return fmt.Errorf("remove pid file: %w", err)
	}
	return nil
}
