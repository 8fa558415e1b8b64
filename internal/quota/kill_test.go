package quota

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// worker is the directory in which this process is to be a worker of TestKilledProcesses; empty in the test itself.
const worker = "QUOTA_TEST_WORKER"

// largest is the most bytes that a worker adds in one deed.
const largest = 3000

// TestKilledProcesses lets processes store, extend and delete files under one quota and kills them in the middle of it,
// thirty in all. Each may leave the ledger wrong by the deed it was at, and only to the user's disadvantage.
func TestKilledProcesses(t *testing.T) {
	if dir := os.Getenv(worker); dir != "" {
		work(t, newHome(t, dir))
		return
	}
	const rounds, processes = 10, 3
	h := newHome(t, t.TempDir())
	for round := range rounds {
		killSome(t, h.dir, processes)
		counted, err := Count(t.Context(), h, Watch{})
		must(t, err)
		l := h.ledger(t)
		ledger, err := l.Usage()
		must(t, err)
		if ledger.Files < counted.Files || ledger.Bytes < counted.Bytes ||
			ledger.Files > counted.Files+processes || ledger.Bytes > counted.Bytes+processes*largest {
			t.Errorf("round %d: the ledger says %v, there is %v; want at most %d deeds more", round, ledger, counted, processes)
		}
		_, err = l.Recount(func() (Usage, error) { return counted, nil })
		must(t, err)
	}
}

// killSome starts workers and kills each after a random number of deeds.
func killSome(t *testing.T, dir string, processes int) {
	t.Helper()
	type victim struct {
		cmd *exec.Cmd
		out *bufio.Scanner
	}
	victims := make([]victim, processes)
	for i := range victims {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledProcesses$", "-test.count=1")
		cmd.Env = append(os.Environ(), worker+"="+dir)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		victims[i] = victim{cmd, bufio.NewScanner(out)}
	}
	for _, v := range victims {
		for range 5 + rand.IntN(60) {
			if !v.out.Scan() || v.out.Text() != "deed" {
				t.Errorf("a worker said %q and %v", v.out.Text(), v.out.Err())
				break
			}
		}
		must(t, v.cmd.Process.Kill())
	}
	for _, v := range victims {
		if err := v.cmd.Wait(); !strings.Contains(fmt.Sprint(err), "killed") {
			t.Errorf("a worker ended by itself: %v", err)
		}
	}
}

// work does one thing after the other until the process is killed, or its parent is gone.
func work(t *testing.T, h *home) {
	l := h.ledger(t)
	limits := atMost(40, 60_000)
	for n := 0; ; n++ {
		var err error
		switch files := names(t, h.dir); {
		case len(files) > 0 && rand.IntN(3) == 0:
			err = l.Apply(limits, Delta{}, remove(files[rand.IntN(len(files))]))
		case len(files) > 0 && rand.IntN(3) == 0:
			size := 1 + rand.IntN(largest)
			err = l.Apply(limits, Delta{0, int64(size)}, extend(files[rand.IntN(len(files))], size, 0))
		default:
			size := 1 + rand.IntN(largest)
			name := filepath.Join(h.dir, fmt.Sprintf("%d.%d", os.Getpid(), n))
			err = l.Apply(limits, Delta{1, int64(size)}, extend(name, size, os.O_CREATE|os.O_EXCL))
		}
		if err != nil && !errors.Is(err, ErrExceeded) && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if _, err := fmt.Println("deed"); err != nil {
			return
		}
	}
}

// names are the files that workers have stored.
func names(t *testing.T, dir string) []string {
	found, err := filepath.Glob(filepath.Join(dir, "[0-9]*"))
	must(t, err)
	return found
}

func remove(name string) func(Usage) (Delta, error) {
	return func(Usage) (Delta, error) {
		info, err := os.Stat(name)
		if err == nil {
			err = os.Remove(name)
		}
		if err != nil { // another worker was faster
			return Delta{}, err
		}
		return Delta{-1, -info.Size()}, nil
	}
}

// extend appends to a file, or makes one.
func extend(name string, size, flags int) func(Usage) (Delta, error) {
	return func(Usage) (Delta, error) {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|flags, 0o600)
		if err != nil {
			return Delta{}, err
		}
		var d Delta
		if flags&os.O_CREATE != 0 {
			d.Files = 1
		}
		n, err := f.Write(make([]byte, size))
		d.Bytes = int64(n)
		return d, errors.Join(err, f.Close())
	}
}
