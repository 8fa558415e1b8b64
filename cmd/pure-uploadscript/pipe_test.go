package main

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"pureftpd/internal/uploads"
)

// ends returns a pipe, and its other end.
func ends(t *testing.T) (*pipe, *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return &pipe{end: r}, w
}

func write(t *testing.T, w *os.File, text string) {
	t.Helper()
	if _, err := w.WriteString(text); err != nil {
		t.Error(err)
	}
}

func TestPipe(t *testing.T) {
	p, w := ends(t)
	write(t, w, "\x02ann\x01/a\x00\x02b\n\x01/b\x00\x02ann\x01/c\x00")
	for _, want := range []struct {
		path string
		err  error
	}{{"/a", nil}, {"", uploads.ErrBadRecord}, {"/c", nil}} {
		if e, err := p.next(t.Context()); e.Path != want.path || !errors.Is(err, want.err) {
			t.Errorf("next = %q, %v; want %q, %v", e, err, want.path, want.err)
		}
	}
}

// TestPipeStops between two records, and not within one.
func TestPipeStops(t *testing.T) {
	p, w := ends(t)
	ctx, stop := context.WithCancel(t.Context())
	write(t, w, "\x02ann\x01/half")
	go func() {
		time.Sleep(20 * time.Millisecond) // next waits for the rest by then
		stop()
		time.Sleep(20 * time.Millisecond)
		write(t, w, "way\x00\x02ann\x01/next\x00")
	}()
	if e, err := p.next(ctx); e.Path != "/halfway" || err != nil {
		t.Errorf("next = %q, %v; want the record that had begun", e, err)
	}
	if e, err := p.next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("next = %q, %v; want the end", e, err)
	}
	if e, err := p.next(t.Context()); e.Path != "/next" || err != nil {
		t.Errorf("next = %q, %v; want what was left in the pipe", e, err)
	}
	idle, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if e, err := p.next(idle); !errors.Is(err, context.Canceled) {
		t.Errorf("next = %q, %v; want the end", e, err)
	}
}
