package identity

import (
	"encoding/binary"
	"runtime"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// The filter runs in an interpreter here, which reads its packet in network order; the kernel reads
// its own order.
func TestNoExecProgram(t *testing.T) {
	const eperm, allow = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM), uint32(unix.SECCOMP_RET_ALLOW)
	for _, test := range []struct {
		goarch string
		arch   uint32
		nr     uint32
		want   uint32
	}{
		{"amd64", unix.AUDIT_ARCH_X86_64, 59, eperm},
		{"amd64", unix.AUDIT_ARCH_X86_64, 322, eperm},
		{"amd64", unix.AUDIT_ARCH_X86_64, 0, allow},
		{"amd64", unix.AUDIT_ARCH_X86_64, 221, allow},
		{"amd64", unix.AUDIT_ARCH_X86_64, 0x40000000 | 520, eperm}, // execve of x32
		{"amd64", unix.AUDIT_ARCH_I386, 11, eperm},
		{"amd64", unix.AUDIT_ARCH_I386, 3, eperm},
		{"arm64", unix.AUDIT_ARCH_AARCH64, 221, eperm},
		{"arm64", unix.AUDIT_ARCH_AARCH64, 281, eperm},
		{"arm64", unix.AUDIT_ARCH_AARCH64, 59, allow},
		{"arm64", unix.AUDIT_ARCH_ARM, 11, eperm},
	} {
		vm, err := bpf.NewVM(noExecProgram(test.goarch))
		if err != nil {
			t.Fatalf("%s: %v", test.goarch, err)
		}
		data := binary.BigEndian.AppendUint32(nil, test.nr)
		data = binary.BigEndian.AppendUint32(data, test.arch)
		if got, err := vm.Run(data); uint32(got) != test.want || err != nil {
			t.Errorf("%s: call %d of %#x = %#x, %v; want %#x", test.goarch, test.nr, test.arch, got, err, test.want)
		}
	}
}

func TestNoExecKnowsThisSystemsNumbers(t *testing.T) {
	a, ok := abis()[runtime.GOARCH]
	if !ok {
		t.Fatalf("no filter for %s", runtime.GOARCH)
	}
	if a.execve != unix.SYS_EXECVE || a.execveat != unix.SYS_EXECVEAT {
		t.Errorf("execve %d, execveat %d; want %d, %d", a.execve, a.execveat, unix.SYS_EXECVE, unix.SYS_EXECVEAT)
	}
}

func TestNoExecProgramForUnknownArchitecture(t *testing.T) {
	if got := noExecProgram("pdp11"); got != nil {
		t.Errorf("noExecProgram(pdp11) = %v, want nil", got)
	}
}
