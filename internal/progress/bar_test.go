package progress

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pass lets time go by inside a bubble.
func pass(d time.Duration) { <-time.After(d) }

func TestQuickWorkShowsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		b := newBar(&out, 80, 10, "users")
		pass(patience - 1)
		b.Add(10)
		b.Done()
		if out.Len() != 0 {
			t.Errorf("the terminal got %q, want nothing", out.String())
		}
	})
}

func TestBarIsRedrawnAndWiped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		b := newBar(&out, 80, 8, "users")
		pass(2 * time.Second)
		b.Add(2)
		first := "[======                  ]  25%  2 of 8 users, 6s left"
		pass(interval - 1)
		b.Add(1) // too soon to be drawn, but counted
		pass(2*time.Second - interval + 1)
		b.Add(5)
		second := "[========================] 100%  8 of 8 users"
		b.Done()
		b.Done()
		blank := strings.Repeat(" ", len(second))
		want := "\r" + first + "\r" + second + strings.Repeat(" ", len(first)-len(second)) + "\r" + blank + "\r"
		if got := out.String(); got != want {
			t.Errorf("the terminal got\n%q, want\n%q", got, want)
		}
	})
}

func TestLine(t *testing.T) {
	for _, test := range []struct {
		total, done int64
		want        string
	}{
		{0, 0, "0 files"},
		{0, 12345, "12345 files"},
		{-1, 7, "7 files"},
		{10, 0, "[                        ]   0%  0 of 10 files"},
		{10, 5, "[============            ]  50%  5 of 10 files, 3s left"},
		{10, 12, "[========================] 100%  12 of 10 files"},
	} {
		b := Bar{total: test.total, done: test.done, unit: "files"}
		if got := b.line(3 * time.Second); got != test.want {
			t.Errorf("%d of %d: line = %q, want %q", test.done, test.total, got, test.want)
		}
	}
}

func TestNarrowTerminalIsNotWrapped(t *testing.T) {
	for width := 1; width < 60; width++ {
		var out bytes.Buffer
		b := newBar(&out, width, 8, "users")
		b.done = 3
		b.draw(b.line(time.Second))
		if n := len(strings.TrimPrefix(out.String(), "\r")); n >= width {
			t.Errorf("on %d columns the line has %d", width, n)
		}
	}
}

func TestManyGoroutines(t *testing.T) {
	b := newBar(new(bytes.Buffer), 80, 800, "users")
	b.began = b.began.Add(-patience)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				b.Add(1)
			}
		})
	}
	all.Wait()
	b.Done()
	if b.done != 800 {
		t.Errorf("done = %d, want 800", b.done)
	}
}

func TestNothingIsWrittenToFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	b := New(f, 10, "users")
	b.began = b.began.Add(-time.Hour)
	b.Add(5)
	b.Done()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || len(text) != 0 {
		t.Errorf("the file has %q, %v; want nothing", text, err)
	}
	b = New(f, 10, "users") // a closed file is no terminal either
	b.Add(5)
	b.Done()
}

func TestTerminal(t *testing.T) {
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0) // the near end of a pseudo terminal is one too
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	if got := terminalWidth(terminal); got != defaultWidth {
		t.Errorf("width of a new terminal = %d, want %d", got, defaultWidth)
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if got := terminalWidth(null); got != 0 {
		t.Errorf("width of %s = %d, want 0", os.DevNull, got)
	}
}
