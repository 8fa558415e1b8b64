package server

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
)

func direct(fn func() error) error { return fn() }

func newSlots(t *testing.T, dir string) *Slots {
	t.Helper()
	s, err := NewSlots(dir, direct)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Each Slots stands for a process: their locks exclude each other as those of processes do.
func TestSlotsCountAcrossProcesses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sessions")
	from := netip.MustParseAddr("192.0.2.1")
	first, second, third := newSlots(t, dir), newSlots(t, dir), newSlots(t, dir)
	for i, s := range []*Slots{first, second} {
		if refusal, err := s.Enter(from, 2, 0); refusal != "" || err != nil || s.Sessions() != i+1 {
			t.Errorf("session %d: %q, %v, number %d; want it let in", i+1, refusal, err, s.Sessions())
		}
	}
	if refusal, err := third.Enter(from, 2, 0); refusal == "" || err != nil {
		t.Errorf("a third session is let in: %v; want two at most", err)
	}
	if refusal, err := third.Enter(from, 0, 1); refusal != "" || err != nil {
		t.Errorf("the first session counted under -C is refused: %q, %v", refusal, err)
	}
	if refusal, _ := second.Enter(from, 0, 1); refusal == "" {
		t.Error("a second session of the address is let in; want one at most")
	}
}

func TestSlotsOfAccountsAreGivenBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sessions")
	first, second := newSlots(t, dir), newSlots(t, dir)
	release, ok := first.Login("ann", 1)
	if !ok {
		t.Fatal("the first session of ann is refused")
	}
	if _, ok := second.Login("ann", 1); ok {
		t.Error("a second session of ann is let in; want one at most")
	}
	release()
	if _, ok := second.Login("ann", 1); !ok {
		t.Error("the place that was given back is not free")
	}
}

func TestSlotsRefuseADirectoryOthersCanWrite(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := NewSlots(dir, direct); err == nil {
		t.Error("a directory with mode 0777 is taken; want it refused")
	}
}
