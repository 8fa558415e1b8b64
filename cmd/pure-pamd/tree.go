package main

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// killRounds bounds how often the descendants are looked up: a module may start another one meanwhile.
const killRounds = 8

// killTree kills a child of this process and everything below it, what is below first: a process whose parent is gone
// cannot be found any more.
func killTree(root int) {
	for range killRounds {
		below := descendants(root)
		for _, pid := range below {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone
		}
		if len(below) == 0 {
			break
		}
	}
	_ = syscall.Kill(root, syscall.SIGKILL)
}

// descendants returns the living processes below one.
func descendants(root int) []int {
	children := map[int][]int{}
	proc, err := os.ReadDir("/proc")
	if err != nil {
		return nil // then the root alone is killed
	}
	for _, entry := range proc {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if parent, alive := parentOf(pid); alive {
			children[parent] = append(children[parent], pid)
		}
	}
	below := children[root]
	for i := 0; i < len(below); i++ {
		below = append(below, children[below[i]]...)
	}
	return below
}

// parentOf reads the parent of a living process.
func parentOf(pid int) (parent int, alive bool) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, false
	}
	// pid (name) state parent …, and the name may hold anything
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 2 || fields[0][0] == 'Z' {
		return 0, false
	}
	parent, err = strconv.Atoi(string(fields[1]))
	return parent, err == nil
}
