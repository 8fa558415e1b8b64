package rootfs

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Kernel says which of the system calls that came late can be used. Containers forbid some that the
// kernel has.
type Kernel struct {
	Openat2   bool // Linux 5.6: pathnames are resolved by the kernel; else by a walk from directory to directory
	Fchmodat2 bool // Linux 6.6: modes are set by descriptor; else through /proc
	Utimensat bool // Linux 5.8: times are set by descriptor; else through /proc
}

// probe tries each call with arguments that change nothing.
func probe() Kernel {
	var k Kernel
	if fd, err := (kernelView{insideRoot}).open(unix.AT_FDCWD, "/", unix.O_PATH|unix.O_DIRECTORY, 0); err == nil {
		k.Openat2 = true
		_ = unix.Close(fd)
	}
	k.Fchmodat2 = fchmodat2(-1, 0) == unix.EBADF
	k.Utimensat = utimens(-1, &[2]unix.Timespec{}) == unix.EBADF
	return k
}

// fchmodat2 sets the mode of what a descriptor stands for, also one opened with O_PATH.
func fchmodat2(fd int, mode uint32) error {
	var empty [1]byte
	_, _, errno := unix.Syscall6(unix.SYS_FCHMODAT2, uintptr(fd), uintptr(unsafe.Pointer(&empty)), uintptr(mode),
		unix.AT_EMPTY_PATH, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// utimens sets the times of what a descriptor stands for, also one opened with O_PATH.
func utimens(fd int, times *[2]unix.Timespec) error {
	var empty [1]byte
	_, _, errno := unix.Syscall6(unix.SYS_UTIMENSAT, uintptr(fd), uintptr(unsafe.Pointer(&empty)),
		uintptr(unsafe.Pointer(times)), unix.AT_EMPTY_PATH, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
