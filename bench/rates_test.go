package main

import (
	"math"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestJudgeRates(t *testing.T) {
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 || math.IsNaN(a) && math.IsNaN(b) }
	for _, test := range []struct {
		name      string
		place     place
		moved     [][]int64
		low, high float64
		share     float64
		fairness  float64
		kept      bool
	}{
		{"one alone", bySession, [][]int64{{1000}}, 1, 1, 1, math.NaN(), true},
		{"one session beyond", bySession, [][]int64{{1000, 1060}}, 1, 1.06, 1.03, 2060. * 2060 / (2 * (1e6 + 1060*1060)), false},
		{"one user short", byUser, [][]int64{{500, 500}, {470, 470}}, 0.94, 1, 0.97, 1940. * 1940 / (2 * (1e6 + 940*940)), false},
		{"users alike, sessions not", byServer, [][]int64{{500}, {0, 500}}, 1, 1, 1, 0.5, false},
		{"sessions alike, users not", byServer, [][]int64{{100}, {450, 450}}, 1, 1, 1, 1000. * 1000 / (2 * (100*100 + 900*900)), false},
		{"nothing moves", byServer, [][]int64{{0, 0}, {}}, 0, 0, 0, 0, false},
		{"one user has none", byServer, [][]int64{{500, 500}, {}}, 1, 1, 1, 1, true},
	} {
		c := rateCase{place: test.place, rate: 100}
		m := c.judge(test.moved, 10*time.Second)
		if !near(m.low, test.low) || !near(m.high, test.high) || !near(m.share, test.share) ||
			!near(m.fairness, test.fairness) || m.kept() != test.kept {
			t.Errorf("%s: judge() = %+v, kept %t; want %+v", test.name, m, m.kept(), test)
		}
	}
}

func TestRateCasesNameUsers(t *testing.T) {
	for _, c := range rateCases() {
		if len(c.crowd) > len(c.users) || c.rate <= 0 || c.load() == "" {
			t.Errorf("%s: %d crowds of %d users, rate %g", c.title, len(c.crowd), len(c.users), c.rate)
		}
	}
}

func TestModesExcludeOthers(t *testing.T) {
	for _, args := range [][]string{
		{"-rates", "-users"}, {"-rates", "-scenario", "login"}, {"-users", "-servers", "ours"}, {"-rates", "-keep", "1s"},
	} {
		if _, err := parsePlan(args); err == nil {
			t.Errorf("parsePlan(%q): no error", args)
		}
	}
	p, err := parsePlan([]string{"-rates"})
	if err != nil || p.Mode != modeRates || p.Rounds != 1 || !p.wants("ours") || p.wants("vsftpd") {
		t.Errorf("parsePlan(-rates) = %+v, %v", p, err)
	}
}

// TestCostSeesThePeak of a program that takes 64 MiB, and not that of this one.
func TestCostSeesThePeak(t *testing.T) {
	dd, err := exec.LookPath("dd")
	if err != nil {
		t.Fatal(err) // every system that bench runs on has it
	}
	c, err := cost(exec.Command(dd, "if=/dev/zero", "of="+filepath.Join(t.TempDir(), "zeros"), "bs=64M", "count=4"))
	if err != nil {
		t.Fatal(err)
	}
	if c.peak < 64<<20 || c.peak > 80<<20 || c.wall <= 0 || c.cpu <= 0 {
		t.Errorf("cost() = %+v; want a peak of a little more than 64 MiB", c)
	}
	if _, err := cost(exec.Command(dd, "nonsense")); err == nil {
		t.Error("cost() of a program that fails: no error")
	}
}
