package main

import (
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	got, err := parseStat("42 (a ) (b) S 7 42 42 0 -1 4194560 1 2 3 4 10 20 300 4000 20 0 1 0 5")
	if want := (procStat{parent: 7, ticks: 4330}); err != nil || got != want {
		t.Errorf("parseStat = %+v, %v; want %+v", got, err, want)
	}
	for _, text := range []string{
		"", "42 (sh", "42 (sh) S 7", "42 (sh) S x 1 2 3 4 5 6 7 8 9 0 1 2 3 4",
	} {
		if got, err := parseStat(text); err == nil {
			t.Errorf("parseStat(%q) = %+v; want an error", text, got)
		}
	}
}

func TestDescends(t *testing.T) {
	all := map[int]procStat{
		10: {parent: 1}, 11: {parent: 10}, 12: {parent: 11},
		20: {parent: 1},
		30: {parent: 31}, 31: {parent: 30}, // read while pids were used again
	}
	for pid, want := range map[int]bool{10: true, 11: true, 12: true, 20: false, 30: false} {
		if got := descends(all, pid, 10); got != want {
			t.Errorf("descends(%d, 10) = %t; want %t", pid, got, want)
		}
	}
}

func TestParsePSS(t *testing.T) {
	text := "55d4-7ffe ---p 00000000 00:00 0 [rollup]\nRss:    9000 kB\n" +
		"Pss:             123 kB\nPss_Dirty:  5 kB\n"
	if got, err := parsePSS([]byte(text)); got != 123*1024 || err != nil {
		t.Errorf("parsePSS = %d, %v; want %d", got, err, 123*1024)
	}
	if _, err := parsePSS([]byte("Rss: 1 kB\n")); err == nil {
		t.Error("parsePSS without a Pss line: no error")
	}
}

func TestParseBusy(t *testing.T) {
	got, err := parseBusy("cpu  1 2 3 1000 1000 4 5 6 77 88\ncpu0 9 9 9\n")
	if want := 210 * time.Millisecond; got != want || err != nil {
		t.Errorf("parseBusy = %v, %v; want %v", got, err, want)
	}
	if _, err := parseBusy("intr 1 2 3"); err == nil {
		t.Error("parseBusy of another line: no error")
	}
}
