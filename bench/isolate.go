package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// timeWaitBuckets bounds the sockets kept in TIME_WAIT. The default of many thousands makes every
// further connection search longer chains, up to 45% of the cost of a small transfer, and charges
// it to whoever comes next.
const timeWaitBuckets = "64"

// runIsolated runs the measurement as the first process of a network, mount and process namespace
// of its own. Its ports are seen by nobody else, its mounts vanish with it, and when it ends, or is
// killed, the kernel ends every process it left.
func runIsolated(p *plan, report io.Writer) (err error) {
	if p.Stage, err = os.MkdirTemp("/tmp", "pureftpd-bench-"); err != nil {
		return fmt.Errorf("make stage: %w", err)
	}
	defer func() { err = errors.Join(err, os.Remove(p.Stage)) }()
	if err := os.Chmod(p.Stage, 0o755); err != nil {
		return err
	}
	if p.Disk, err = os.MkdirTemp(p.Disk, "disk-"); err != nil {
		return fmt.Errorf("make disk directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(p.Disk)) }()
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	cmd := exec.Command("/proc/self/exe", roleInside, string(text))
	// Blocking system calls are this program's scheduling; preemption would interrupt them.
	cmd.Env = append(os.Environ(), "GODEBUG=asyncpreemptoff=1")
	cmd.Stdout, cmd.Stderr = report, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID,
		Pdeathsig:  unix.SIGKILL,
	}
	if p.Pin {
		if err := pin(lowerHalf, p.CPUs); err != nil {
			return err
		}
	}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("measurement: %w", err)
	}
	return nil
}

// furnish makes the namespaces habitable.
func furnish(p *plan) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	if err := loopbackUp(); err != nil {
		return err
	}
	for _, setting := range []struct{ name, value string }{
		{"net/ipv4/tcp_max_tw_buckets", timeWaitBuckets},
		{"net/ipv4/ip_local_port_range", "10000 65000"},
		{"net/core/somaxconn", "4096"},
	} {
		path := filepath.Join("/proc/sys", setting.name)
		if err := os.WriteFile(path, []byte(setting.value), 0); err != nil {
			return fmt.Errorf("set %s: %w", setting.name, err)
		}
	}
	return nil
}

// loopbackUp switches the loopback interface on.
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open socket: %w", err)
	}
	defer unix.Close(fd)
	ifreq, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	ifreq.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifreq); err != nil {
		return fmt.Errorf("switch lo on: %w", err)
	}
	return nil
}
