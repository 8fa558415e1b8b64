package identity

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// NoExec installs a filter in the kernel, on all threads and for good, under which the process
// starts no program: execve and execveat fail with EPERM, and so does every call through another
// system call table than the native one. It needs no privilege. Where the kernel has no seccomp, or
// the architecture is not known here, it returns an error and the server may go on without.
func NoExec() error {
	raw, err := bpf.Assemble(noExecProgram(runtime.GOARCH))
	if err != nil {
		return fmt.Errorf("seccomp filter: %w", err)
	}
	if len(raw) == 0 {
		return fmt.Errorf("seccomp filter: %w for %s", unix.ENOTSUP, runtime.GOARCH)
	}
	filter := make([]unix.SockFilter, len(raw))
	for i, ins := range raw {
		filter[i] = unix.SockFilter{Code: ins.Op, Jt: ins.Jt, Jf: ins.Jf, K: ins.K}
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}

	runtime.LockOSThread() // the mark of the first call must be on the thread of the second
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	switch {
	case errno != 0:
		return fmt.Errorf("seccomp filter: %w", errno)
	case thread != 0:
		return fmt.Errorf("seccomp filter: thread %d has one of its own", thread)
	}
	return nil
}

// An abi is what a filter has to know of an architecture.
type abi struct {
	arch             uint32 // AUDIT_ARCH_*
	execve, execveat uint32
	foreign          uint32 // numbers from here on belong to another table (x32); 0 if there is none
}

func abis() map[string]abi {
	return map[string]abi{
		"amd64": {arch: unix.AUDIT_ARCH_X86_64, execve: 59, execveat: 322, foreign: 0x40000000},
		"arm64": {arch: unix.AUDIT_ARCH_AARCH64, execve: 221, execveat: 281},
	}
}

// noExecProgram is the filter for an architecture, nil for an unknown one. It reads struct
// seccomp_data: the number of the call at offset 0, the architecture at 4.
func noExecProgram(goarch string) []bpf.Instruction {
	a, ok := abis()[goarch]
	if !ok {
		return nil
	}
	foreign := a.foreign
	if foreign == 0 {
		foreign = ^uint32(0)
	}
	return []bpf.Instruction{
		bpf.LoadAbsolute{Off: 4, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: a.arch, SkipTrue: 5},
		bpf.LoadAbsolute{Off: 0, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpGreaterOrEqual, Val: foreign, SkipTrue: 3},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: a.execve, SkipTrue: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: a.execveat, SkipTrue: 1},
		bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW},
		bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
	}
}
