package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A treeMeter reads /proc for a root process and its descendants, where no control group can be
// made. A dead child counts through the parent that waited for it, in ticks of 10 ms. Small loads
// are measured coarsely, and a child that outlives its parent is lost: it is the second choice.
type treeMeter struct{ root int }

// procStat is what a treeMeter needs of /proc/PID/stat (proc(5)).
type procStat struct {
	parent int
	ticks  int64 // utime + stime + cutime + cstime
}

// parseStat reads one /proc/PID/stat. The second field, the program's name, may hold anything.
func parseStat(text string) (procStat, error) {
	end := strings.LastIndexByte(text, ')')
	fields := strings.Fields(text[end+1:])
	if end < 0 || len(fields) < 15 {
		return procStat{}, fmt.Errorf("stat line %q: too short", text)
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return procStat{}, err
	}
	stat := procStat{parent: parent}
	for _, field := range fields[11:15] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return procStat{}, err
		}
		stat.ticks += n
	}
	return stat, nil
}

// living reads the tree's processes; one that ends meanwhile is left out.
func (t treeMeter) living() (map[int]procStat, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	all := map[int]procStat{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		stat, err := parseStat(string(bytes.TrimSpace(text)))
		if err != nil {
			return nil, err
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			return nil, err
		}
		all[pid] = stat
	}
	for pid := range all {
		if !descends(all, pid, t.root) {
			delete(all, pid)
		}
	}
	return all, nil
}

// descends reports whether pid is root or has it among its ancestors. Ancestors already deleted do
// not matter: a process outside the tree has none inside it.
func descends(all map[int]procStat, pid, root int) bool {
	for range len(all) + 1 {
		if pid == root {
			return true
		}
		stat, ok := all[pid]
		if !ok {
			return false
		}
		pid = stat.parent
	}
	return false
}

func (t treeMeter) usage() (time.Duration, error) {
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux Go runs on
	living, err := t.living()
	if err != nil {
		return 0, err
	}
	var ticks int64
	for _, stat := range living {
		ticks += stat.ticks
	}
	return time.Duration(ticks) * tick, nil
}

func (t treeMeter) pids() ([]int, error) {
	living, err := t.living()
	if err != nil {
		return nil, err
	}
	var pids []int
	for pid := range living {
		pids = append(pids, pid)
	}
	return pids, nil
}
