package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// What this project promises of its limits, over a rateSpan.
const (
	rateSpan      = 10 * time.Second
	rateLead      = time.Second // between the start of the last transfer and that
	rateDeviation = 0.05        // at most, of the average of every place that has the limit
	rateFairness  = 0.95        // at least: the index of those who share a limit
)

// A place is where a limit holds.
type place string

const (
	bySession place = "each session"
	byUser    place = "each user"
	byServer  place = "whole server"
)

// A rateCase is one limit under one load.
type rateCase struct {
	switches []string // of the server
	title    string   // how the limit is set
	place    place
	rate     float64 // bytes per second
	crowd    []int   // transfers of each user, all at once
	users    []string
	upload   bool
}

// rateCases lists the rows, in the order they run.
func rateCases() []rateCase {
	two := []string{userName, otherName}
	session := rateCase{switches: []string{"-T", "1000"}, title: "`-T 1000`", place: bySession, rate: 1000 << 10,
		users: two[:1]}
	record := rateCase{title: "user's record, `-t 100 -T 100`", place: bySession, rate: heldRate, users: []string{heldName}}
	user := rateCase{switches: []string{"--usertotalbandwidth", "10000"}, title: "`--usertotalbandwidth 10000`",
		place: byUser, rate: 10000 << 10, users: two}
	server := rateCase{switches: []string{"--totalbandwidth", "20000"}, title: "`--totalbandwidth 20000`",
		place: byServer, rate: 20000 << 10, users: two}
	fast := rateCase{switches: []string{"--totalbandwidth", "200000"}, title: "`--totalbandwidth 200000`",
		place: byServer, rate: 200000 << 10, users: two}

	var all []rateCase
	for _, c := range []struct {
		limit  rateCase
		crowds [][]int
	}{
		{session, [][]int{{1}, {10}, {100}}},
		{record, [][]int{{1}, {10}, {100}}},
		{user, [][]int{{1, 0}, {5, 5}, {50, 50}}},
		{server, [][]int{{1, 0}, {5, 5}, {50, 50}, {1, 99}}},
		{fast, [][]int{{1, 0}, {5, 5}}},
	} {
		for _, crowd := range c.crowds {
			for _, upload := range []bool{false, true} {
				one := c.limit
				one.crowd, one.upload = crowd, upload
				all = append(all, one)
			}
		}
	}
	return all
}

// rateThreads is enough for every transfer to have one of its own.
const rateThreads = 256

// measureRates puts our server under all cases and writes the report.
func measureRates(st *stage, calibration float64, out io.Writer) error {
	runtime.GOMAXPROCS(rateThreads)
	if err := st.makeEndless(); err != nil {
		return err
	}
	rows := [][]string{{"limit", "holds for", "transfers", "direction", "moved, of the limit", "lowest–highest place",
		"fairness", "server CPU", "others' CPU", "kept"}}
	kept, runs := 0, 0
	for _, c := range rateCases() {
		for range st.Rounds {
			m, err := c.measure(st)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", c.title, c.load(), err)
			}
			rows = append(rows, c.row(m))
			runs++
			if m.kept() {
				kept++
			}
			fmt.Fprintf(os.Stderr, "bench: %s\n", strings.Join(rows[len(rows)-1], " | "))
		}
	}
	var b strings.Builder
	b.WriteString("# Limits of bandwidth\n\n")
	b.WriteString(machineFacts(st, calibration))
	fmt.Fprintf(&b, "\n## Promises\n\nWithin %g%% of the limit at every place that has it, over %v from a second after the last transfer has begun; "+
		"Jain's index between those who share one at least %g. **Kept in %d of %d rows.**\n\n",
		100*rateDeviation, rateSpan, rateFairness, kept, runs)
	b.WriteString(markdown(rows))
	_, err := io.WriteString(out, b.String())
	return err
}

// endlessName is a file that no transfer reaches the end of; it takes no room.
const endlessName = "endless"

func (st *stage) makeEndless() error {
	name := filepath.Join(st.home, endlessName)
	if err := st.writeOwned(name, 0); err != nil {
		return err
	}
	return os.Truncate(name, 1<<40)
}

// load says how many transfers of whom run.
func (c rateCase) load() string {
	var parts []string
	for _, n := range c.crowd {
		if n > 0 {
			parts = append(parts, fmt.Sprint(n))
		}
	}
	return strings.Join(parts, " + ")
}

// A rateResult is what a case has come to.
type rateResult struct {
	share     float64 // of what all places together may move
	low, high float64 // the same of single places
	fairness  float64 // the lowest index; NaN if nobody shares
	cpu       float64 // of the server, in processors
	others    float64 // share of the machine's processors
}

// judge turns bytes by user and transfer, moved in some time, into a result.
func (c rateCase) judge(moved [][]int64, span time.Duration) rateResult {
	var places, users []float64
	var all float64
	fairness := math.NaN()
	index := func(values []float64) {
		if len(values) > 1 {
			fairness = fmin(fairness, jain(values))
		}
	}
	for _, transfers := range moved {
		if len(transfers) == 0 {
			continue
		}
		var own []float64
		var sum float64
		for _, n := range transfers {
			own, sum = append(own, float64(n)), sum+float64(n)
		}
		index(own)
		users, all = append(users, sum), all+sum
		if c.place == bySession {
			places = append(places, own...)
		}
	}
	switch c.place {
	case byUser:
		places = users
	case byServer:
		places = []float64{all}
	}
	index(users)
	allowed := c.rate * span.Seconds()
	s := summarize(places)
	return rateResult{share: all / allowed / float64(len(places)), low: s.low / allowed, high: s.high / allowed,
		fairness: fairness}
}

// fmin is the lesser of two numbers, of which the first may be none.
func fmin(a, b float64) float64 {
	if math.IsNaN(a) {
		return b
	}
	return min(a, b)
}

// jain is Jain's index: 1 if all are equal, 1/n if one has everything.
func jain(values []float64) float64 {
	var sum, squares float64
	for _, v := range values {
		sum, squares = sum+v, squares+v*v
	}
	if squares == 0 {
		return 0 // nothing moved: nothing was shared
	}
	return sum * sum / (float64(len(values)) * squares)
}

// kept reports whether both promises are.
func (m rateResult) kept() bool {
	return m.low >= 1-rateDeviation && m.high <= 1+rateDeviation && !(m.fairness < rateFairness)
}

// row shows a result.
func (c rateCase) row(m rateResult) []string {
	direction, fairness, kept := "download", "–", "no"
	if c.upload {
		direction = "upload"
	}
	if !math.IsNaN(m.fairness) {
		fairness = fmt.Sprintf("%.4f", m.fairness)
	}
	if m.kept() {
		kept = "yes"
	}
	return []string{c.title, string(c.place), c.load(), direction, fmt.Sprintf("%.1f%%", 100*m.share),
		fmt.Sprintf("%.1f–%.1f%%", 100*m.low, 100*m.high), fairness, fmt.Sprintf("%.1f%%", 100*m.cpu),
		fmt.Sprintf("%.0f%%", 100*m.others), kept}
}
