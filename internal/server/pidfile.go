package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A PIDFile is the file that tells other programs the server's process (-g).
type PIDFile struct{ path string }

// WritePIDFile replaces the file with one that holds our process number. It is called once the sockets are bound, so that
// a second server, which cannot bind, leaves the file of the first one alone.
func WritePIDFile(path string) (*PIDFile, error) {
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
	return &PIDFile{path}, nil
}

// Remove deletes the file if it is still ours.
func (p *PIDFile) Remove() error {
	text, err := os.ReadFile(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read pid file: %w", err)
	}
	if strings.TrimSpace(string(text)) != strconv.Itoa(os.Getpid()) {
		return nil
	}
	if err := os.Remove(p.path); err != nil {
		return fmt.Errorf("remove pid file: %w", err)
	}
	return nil
}
