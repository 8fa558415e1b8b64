package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// machineFacts says what the numbers were measured on and how, as a Markdown list.
func machineFacts(st *stage, calibration float64) string {
	var b strings.Builder
	fact := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "- %s: %s\n", name, fmt.Sprintf(format, args...))
	}
	var uts unix.Utsname
	if unix.Uname(&uts) == nil {
		fact("kernel", "%s %s", unix.ByteSliceToString(uts.Release[:]),
			unix.ByteSliceToString(uts.Machine[:]))
	}
	fact("processor", "%s, %d visible", procField("/proc/cpuinfo", "model name"), st.CPUs)
	fact("memory", "%s", procField("/proc/meminfo", "MemTotal"))
	fact("disk", "%s", fileSystem(st.Disk))
	fact("go", "%s", runtime.Version())
	for _, s := range servers() {
		if version, ok := st.Versions[s.name]; ok {
			fact(s.name, "%s", version)
		}
	}
	accounting := "summed /proc/PID/stat, ticks of 10 ms"
	if st.Group != "" {
		accounting = "control group"
	}
	fact("accounting", "%s; sees %.1f%% of the CPU time of short-lived children", accounting,
		100*calibration)
	fact("password hash", "%s-crypt, 1000 rounds, for all servers", st.Hash)
	if st.TLS != "" {
		key := map[string]string{keyECDSA: "ECDSA P-256", keyRSA: "RSA 2048"}[st.Key]
		fact("TLS", "%s, %s, X25519, %s key; data connections resume the session of the control connection", st.TLS,
			tls.CipherSuiteName(st.tlsSuite()), key)
	}
	fact("network", "loopback of a private namespace, tcp_max_tw_buckets %s", timeWaitBuckets)
	return b.String()
}

// procField is the value of the first "name : value" line of a file.
func procField(path, name string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	for line := range bytes.Lines(text) {
		key, value, ok := bytes.Cut(line, []byte(":"))
		if ok && string(bytes.TrimSpace(key)) == name {
			return string(bytes.TrimSpace(value))
		}
	}
	return "unknown"
}

// fileSystem names the file system a directory lies on.
func fileSystem(dir string) string {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return "unknown"
	}
	switch uint32(st.Type) {
	case unix.EXT4_SUPER_MAGIC:
		return "ext4"
	case unix.XFS_SUPER_MAGIC:
		return "xfs"
	case unix.BTRFS_SUPER_MAGIC:
		return "btrfs"
	case unix.OVERLAYFS_SUPER_MAGIC:
		return "overlayfs"
	case unix.TMPFS_MAGIC:
		return "tmpfs (not a disk)"
	default:
		return fmt.Sprintf("type %#x", uint32(st.Type))
	}
}
