package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestInterruptedImportChangesNothing begins an import that takes minutes, waits for its bar, and presses Ctrl-C.
func TestInterruptedImportChangesNothing(t *testing.T) {
	dir := t.TempDir()
	var rows strings.Builder
	rows.WriteString("login,password,uid,gid,home\n")
	for i := range 5000 {
		fmt.Fprintf(&rows, "u%d,secret,1,1,/h\n", i)
	}
	text, csv := filepath.Join(dir, "users"), filepath.Join(dir, "users.csv")
	before := "bob:" + sampleHash + ":1:1::/h::::::::::::\n"
	if err := errors.Join(os.WriteFile(text, []byte(before), 0o600), os.WriteFile(csv, []byte(rows.String()), 0o600)); err != nil {
		t.Fatal(err)
	}
	term := newTerminal(t)
	cmd := pw(t, "import", csv, "-f", text, "-F", filepath.Join(dir, "users.pdb"), "-m")
	cmd.Stderr = term.slave
	term.start(cmd)
	deadline := time.After(processTimeout)
	for !strings.Contains(term.String(), " of 5000 passwords, ") {
		select {
		case <-term.came:
		case <-deadline:
			t.Fatalf("no bar, but %q", term)
		}
	}
	term.typed("\x03")
	ended, ok := errors.AsType[*exec.ExitError](cmd.Wait())
	if !ok || ended.Sys().(syscall.WaitStatus).Signal() != syscall.SIGINT {
		t.Errorf("the program ends with %v; want an interrupt", ended)
	}
	after, err := os.ReadFile(text)
	if err != nil || string(after) != before {
		t.Errorf("the text is changed: %.200q (%v)", after, err)
	}
	left, err := filepath.Glob(dir + "/users*")
	if err != nil || len(left) != 2 {
		t.Errorf("files afterwards: %q, %v; want text and CSV", left, err)
	}
}
