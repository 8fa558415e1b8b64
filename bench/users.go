package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// manyUsers is the size of the large user database, fewUsers that of the one beside it.
const (
	manyUsers = 1_000_000
	fewUsers  = 10
)

// measureUsers measures what a million virtual users cost: building the index, looking one up, logging one in.
func measureUsers(st *stage, calibration float64, out io.Writer) error {
	var b strings.Builder
	b.WriteString("# A million users\n\n")
	b.WriteString(machineFacts(st, calibration))
	fmt.Fprintf(&b, "- load: %d rounds after one that does not count; medians (lowest–highest)\n", st.Rounds)
	large, table, err := st.buildIndexes()
	if err != nil {
		return err
	}
	fmt.Fprintf(&b, "\n## `pure-pw mkdb` of %d users\n\n%s", manyUsers, table)
	if table, err = st.lookUps(large); err != nil {
		return err
	}
	fmt.Fprintf(&b, "\n## Looking a random user up, by `puredb.Reader`\n\n%s", table)
	if table, err = st.userLogins(large); err != nil {
		return err
	}
	fmt.Fprintf(&b, "\n## Login and quit of random users, one after the other\n\n%s", table)
	_, err = io.WriteString(out, b.String())
	return err
}

// userOf is the login of a user of the database.
func userOf(i int) string { return fmt.Sprintf("user%07d", i) }

// writeUsers writes a text file of so many users.
func (st *stage) writeUsers(path string, n int) (err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w := bufio.NewWriter(file)
	for i := range n {
		if _, err := w.WriteString(st.passwdLine(userOf(i), "")); err != nil {
			return err
		}
	}
	return w.Flush()
}

// A runCost is what one run of a program has cost.
type runCost struct {
	wall, cpu time.Duration
	peak      int64 // bytes of memory
}

// cost runs a program. Its peak is asked for every two milliseconds: getrusage(2) would tell that of this process, if it is
// higher.
func cost(cmd *exec.Cmd) (c runCost, err error) {
	var diagnostics bytes.Buffer
	cmd.Stdout, cmd.Stderr = &diagnostics, &diagnostics
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return c, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for running := true; running; {
		select {
		case err = <-ended:
			running = false
		case <-time.After(2 * time.Millisecond):
			if peak, ok := peakMemory(cmd.Process.Pid); ok {
				c.peak = peak
			}
		}
	}
	c.wall = time.Since(began)
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if err != nil {
		return c, fmt.Errorf("%s: %w\n%s", cmd.Path, err, &diagnostics)
	}
	return c, nil
}

// peakMemory is the largest resident size a process has had, in bytes; ok is false if it is gone.
func peakMemory(pid int) (bytes int64, ok bool) {
	kB, found := strings.CutSuffix(procField(fmt.Sprintf("/proc/%d/status", pid), "VmHWM"), " kB")
	n, err := strconv.ParseInt(kB, 10, 64)
	return n << 10, found && err == nil
}

// ourTool is a command of our pure-pw, which stands beside our server.
func (st *stage) ourTool(args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(filepath.Dir(st.Ours), "pure-pw"), args...)
	cmd.Env = []string{}
	return cmd
}

// buildIndexes lets both tools index the same text in turn, and returns ours and a table.
func (st *stage) buildIndexes() (index, table string, err error) {
	text := filepath.Join(st.conf, "many.passwd")
	if err := st.writeUsers(text, manyUsers); err != nil {
		return "", "", err
	}
	tools := []struct {
		name    string
		command func(args ...string) *exec.Cmd
		index   string
		costs   []runCost
	}{
		{name: original().name, command: st.originalTool},
		{name: ours().name, command: st.ourTool},
	}
	for round := range st.Rounds + 1 {
		for i := range tools {
			tool := &tools[i]
			tool.index = filepath.Join(st.conf, "many-"+tool.name+".pdb")
			if err := os.Remove(tool.index); err != nil && !errors.Is(err, os.ErrNotExist) {
				return "", "", err
			}
			c, err := cost(tool.command("mkdb", tool.index, "-f", text))
			if err != nil {
				return "", "", err
			}
			if round > 0 {
				tool.costs = append(tool.costs, c)
			}
		}
		fmt.Fprintf(os.Stderr, "bench: mkdb round %d done\n", round)
	}
	same, err := sameFiles(tools[0].index, tools[1].index)
	if err != nil {
		return "", "", err
	}
	rows := [][]string{{"", tools[0].name, tools[1].name}}
	for _, of := range []struct {
		name  string
		value func(runCost) float64
	}{
		{"wall s", func(c runCost) float64 { return c.wall.Seconds() }},
		{"CPU s", func(c runCost) float64 { return c.cpu.Seconds() }},
		{"peak memory MiB", func(c runCost) float64 { return float64(c.peak) / (1 << 20) }},
	} {
		base, values := pick(tools[0].costs, of.value), pick(tools[1].costs, of.value)
		rows = append(rows, []string{of.name, span3("%.2f", base),
			span3("%.2f", values) + fmt.Sprintf(" **×%.2f**", pairedRatio(values, base).median)})
	}
	return tools[1].index, markdown(rows) + fmt.Sprintf("\nBoth files are the same, byte for byte: **%s**. Text and index lie on "+
		"a tmpfs.\n", map[bool]string{true: "yes", false: "no"}[same]), nil
}

// pick applies value to all.
func pick[T any](all []T, value func(T) float64) []float64 {
	var values []float64
	for _, one := range all {
		values = append(values, value(one))
	}
	return values
}

// span3 shows median, lowest and highest.
func span3(format string, values []float64) string {
	s := summarize(values)
	return fmt.Sprintf(format+" ("+format+"–"+format+")", s.median, s.low, s.high)
}

// sameFiles compares two files.
func sameFiles(a, b string) (bool, error) {
	one, errOne := os.ReadFile(a)
	two, errTwo := os.ReadFile(b)
	return bytes.Equal(one, two), errors.Join(errOne, errTwo)
}

// settleTime is when an index no longer changes as far as its reader can tell: two seconds after it was written.
const settleTime = 2500 * time.Millisecond

// lookUps measures look-ups among few and many users, each in a process of its own.
func (st *stage) lookUps(large string) (string, error) {
	text, small := filepath.Join(st.conf, "few.passwd"), filepath.Join(st.conf, "few.pdb")
	if err := st.writeUsers(text, fewUsers); err != nil {
		return "", err
	}
	if _, err := cost(st.ourTool("mkdb", small, "-f", text)); err != nil {
		return "", err
	}
	time.Sleep(settleTime)
	rows := [][]string{{"users", "µs each", "allocations each", "bytes allocated each", "first look-up, ms",
		"memory of the process, MiB (before → after)"}}
	for _, of := range []struct {
		users int
		index string
	}{{fewUsers, small}, {manyUsers, large}} {
		var all []lookUp
		for range st.Rounds {
			text, err := output("/proc/self/exe", roleLookUp, of.index, strconv.Itoa(of.users))
			if err != nil {
				return "", err
			}
			var one lookUp
			if err := json.Unmarshal([]byte(text), &one); err != nil {
				return "", fmt.Errorf("look up: %w", err)
			}
			all = append(all, one)
		}
		median := func(value func(lookUp) float64) float64 { return summarize(pick(all, value)).median }
		rows = append(rows, []string{fmt.Sprint(of.users),
			span3("%.2f", pick(all, func(l lookUp) float64 { return l.Micros })),
			fmt.Sprintf("%.1f", median(func(l lookUp) float64 { return l.Allocations })),
			fmt.Sprintf("%.0f", median(func(l lookUp) float64 { return l.Allocated })),
			span3("%.2f", pick(all, func(l lookUp) float64 { return l.First })),
			fmt.Sprintf("%.1f → %.1f", median(func(l lookUp) float64 { return l.Before }),
				median(func(l lookUp) float64 { return l.After }))})
	}
	fmt.Fprintln(os.Stderr, "bench: look-ups done")
	return markdown(rows) + "\nThe first look-up checks the whole index.\n", nil
}

// loginsOfUsers is how many sessions a round of logins has.
const loginsOfUsers = 150

// userLogins measures logins on both servers, with the index of many users and with one of a few.
func (st *stage) userLogins(large string) (string, error) {
	rows := [][]string{{"users", "per login", original().name, ours().name}}
	for _, of := range []struct {
		users int
		index string
	}{{fewUsers, filepath.Join(st.conf, "few.pdb")}, {manyUsers, large}} {
		st.index = of.index
		var peers []*running
		for i, s := range []server{original(), ours()} {
			r, err := start(st, s, firstPort+i)
			if err != nil {
				return "", err
			}
			peers = append(peers, r)
		}
		samples, err := interleave(userLogin(of.users), peers, st.Rounds)
		for _, r := range peers {
			err = errors.Join(err, r.stop())
		}
		if err != nil {
			return "", err
		}
		for _, m := range opMetrics()[:2] {
			base, values := pick(samples[original().name], m.value), pick(samples[ours().name], m.value)
			rows = append(rows, []string{fmt.Sprint(of.users), m.name, span3(m.format, base),
				span3(m.format, values) + fmt.Sprintf(" **×%.2f**", pairedRatio(values, base).median)})
		}
	}
	fmt.Fprintln(os.Stderr, "bench: logins done")
	return markdown(rows), nil
}

// userLogin logs random users in.
func userLogin(users int) scenario {
	return scenario{name: "userlogin", load: func(r *running, less bool) (sample, error) {
		ops := r.st.scale(loginsOfUsers, less)
		return measure(r, r.settle, ops, func() error {
			for range ops {
				c, err := loginAs(r, clientAddress(0), userOf(rand.IntN(users)))
				if err != nil {
					return err
				}
				if err := c.quit(); err != nil {
					return err
				}
			}
			return nil
		})
	}}
}
