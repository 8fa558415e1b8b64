package record

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// OpenLogFile opens a log file for appending and creates it, with mode 0600, if it is not there. A symbolic link is refused, so
// that nobody who may write to a log directory chooses what root appends to.
func OpenLogFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if errors.Is(err, syscall.ELOOP) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: errors.New("is a symbolic link")}
	}
	return file, err
}
