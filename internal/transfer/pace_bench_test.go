package transfer

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pureftpd/internal/pace"
)

// BenchmarkPacedSend is what pacing costs: processor time by GiB of this process, a client that copies nothing
// included, for a large file without a Pacer, with one that has no limit, with limits that are never reached on all
// levels, and with some that are.
func BenchmarkPacedSend(b *testing.B) {
	path := b.TempDir() + "/large"
	if err := os.WriteFile(path, make([]byte, large), 0o600); err != nil {
		b.Fatal(err)
	}
	for _, test := range []struct {
		name string
		rate uint64 // bytes per second
		pace bool
	}{
		{"no pacer", 0, false},
		{"no limit", 0, true},
		{"never reached", 1 << 40, true},
		{"1000 MB per second", 1000e6, true},
		{"100 MB per second", 100e6, true},
	} {
		b.Run(test.name, func(b *testing.B) {
			rates := pace.Rates{Download: test.rate}
			member := pace.NewShaper(rates).Join(pace.Join{User: "ann", UserTotal: rates, Own: rates})
			defer member.Leave()
			copier := newCopier(b)
			b.SetBytes(large)
			var used time.Duration
			for b.Loop() {
				used += pacedSend(b, copier, path, member, test.pace)
			}
			b.ReportMetric(used.Seconds()*1000/float64(b.N)*(1<<30)/large, "cpu-ms/GiB")
		})
	}
}

// pacedSend sends the file once and returns the processor time that took.
func pacedSend(b *testing.B, copier *Copier, path string, member *pace.Member, paced bool) time.Duration {
	b.Helper()
	file, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	c, client := connected(b)
	raw, err := client.SyscallConn()
	if err != nil {
		b.Fatal(err)
	}
	begun := processorTime(b)
	done := make(chan error, 1)
	go func() { done <- swallow(raw) }()
	job := Job{File: osFile{file}, Size: large}
	if paced {
		flow := member.Download()
		defer flow.Done()
		job.Pace = flow
	}
	if res := copier.Send(c, job); res.Err != nil || res.Wire != large {
		b.Fatalf("%+v", res)
	}
	c.Close()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	return processorTime(b) - begun
}

// swallow reads to the end without a copy (tcp(7), MSG_TRUNC).
func swallow(raw syscall.RawConn) error {
	var failed error
	buf := make([]byte, 1<<20)
	err := raw.Read(func(fd uintptr) bool {
		if failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVLOWAT, 512<<10); failed != nil {
			return true // few wake-ups: they are not what is measured
		}
		for {
			n, _, err := syscall.Recvfrom(int(fd), buf, unix.MSG_TRUNC)
			if err == unix.EAGAIN {
				return false
			}
			if failed = err; n == 0 || err != nil {
				return true
			}
		}
	})
	return errors.Join(err, failed)
}

// processorTime is what this process has used so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
