//go:build privileged

// Package faults holds the server to its promises while things go wrong: users who want out of their root, processes
// that die in the middle, disks that are full, clients that are slow, silent, many or malicious.
//
// It looks from outside, at the program as it is installed: through sockets, the file system, the log and /proc. The
// servers are staged by package harness, so it needs root; it mounts small file systems in folders of its own and takes
// them away again. What it cannot see is which goroutine holds what: leaks show as descriptors, threads and memory.
package faults
