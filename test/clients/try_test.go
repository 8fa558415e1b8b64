//go:build clients

package clients

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pureftpd/test/harness"
)

// TestTry pastes the lines that --try prints for curl and lftp into a shell: each of them works.
func TestTry(t *testing.T) {
	binary, err := harness.Build(t.TempDir(), "pure-ftpd")
	if err != nil {
		t.Fatal(err)
	}
	served, home := t.TempDir(), t.TempDir()
	for _, name := range []string{filepath.Join(served, "present"), filepath.Join(home, "FILE")} {
		if err := os.WriteFile(name, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	number, err := new(harness.Ports).Take()
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command(binary, "--try="+served, "-S", fmt.Sprintf("127.0.0.1,%d", number))
	printed, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(2*time.Minute, func() { _ = server.Process.Kill() }) // ends the reading below
	t.Cleanup(func() {
		limit.Stop()
		_ = server.Process.Signal(syscall.SIGTERM) // fails where the limit was met
		if err := server.Wait(); err != nil {
			t.Error(err)
		}
	})
	lines := map[string]int{"curl": 0, "lftp": 0}
	for in := bufio.NewScanner(printed); in.Scan() && !strings.HasPrefix(in.Text(), "What clients do"); {
		line := strings.TrimSpace(in.Text())
		program, _, _ := strings.Cut(line, " ")
		if _, wanted := lines[program]; !wanted {
			continue
		}
		lines[program]++
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		shell := exec.CommandContext(ctx, "sh", "-c", line)
		shell.Dir, shell.Env = home, []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TERM=dumb"}
		shell.Stdin = strings.NewReader("ls\n") // for lftp
		out, err := shell.CombinedOutput()
		cancel()
		if uploads := strings.Contains(line, "FILE"); err != nil || !uploads && !strings.Contains(string(out), "present") {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
	if lines["curl"] != 3 || lines["lftp"] != 2 {
		t.Errorf("%v lines were printed; want 3 and 2", lines)
	}
	if _, err := os.Stat(filepath.Join(served, "FILE")); err != nil {
		t.Error(err)
	}
}
