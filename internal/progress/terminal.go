package progress

import (
	"os"
	"syscall"
	"unsafe"
)

// defaultWidth serves terminals that do not say how wide they are, such as serial lines.
const defaultWidth = 80

// terminalWidth is the number of columns of the terminal that f is, or 0 if f is none.
func terminalWidth(f *os.File) int {
	var size struct{ rows, columns, x, y uint16 } // struct winsize, ioctl_tty(2)
	conn, err := f.SyscallConn()
	if err != nil {
		return 0
	}
	var errno syscall.Errno
	err = conn.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&size)))
	})
	switch {
	case err != nil || errno != 0:
		return 0
	case size.columns == 0:
		return defaultWidth
	}
	return int(size.columns)
}
