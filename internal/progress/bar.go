package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	patience = time.Second            // what takes less is not worth a line
	interval = 100 * time.Millisecond // between two drawings
	barWidth = 24                     // columns between the brackets
)

// A Bar is the progress of one piece of work. Any number of goroutines may add to it.
type Bar struct {
	total int64
	unit  string
	began time.Time
	width int // columns of the terminal; 0 if there is none, and then nothing below is used

	mu    sync.Mutex
	out   io.Writer
	done  int64
	drawn time.Time
	shown int // columns of the line that stands there now
}

// New begins a piece of work of total units, whose plural unit names ("users"). A total that is not known is 0: the bar is
// then a counter. Nothing is ever written to w unless it is a terminal.
func New(w *os.File, total int64, unit string) *Bar { return newBar(w, terminalWidth(w), total, unit) }

func newBar(out io.Writer, width int, total int64, unit string) *Bar {
	return &Bar{total: total, unit: unit, began: time.Now(), width: width, out: out}
}

// Add reports n more units as done.
func (b *Bar) Add(n int64) {
	if b.width == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done += n
	now := time.Now()
	if now.Sub(b.began) < patience || now.Sub(b.drawn) < interval {
		return
	}
	b.drawn = now
	b.draw(b.line(now.Sub(b.began)))
}

// Done wipes the line. What the program prints next stands where it stood.
func (b *Bar) Done() {
	if b.width == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shown > 0 {
		b.draw("")
		b.show("\r")
	}
}

// draw puts a line over the one that stands there. One column stays free: a line that fills the last one wraps on some
// terminals.
func (b *Bar) draw(line string) {
	if len(line) >= b.width {
		line = line[:b.width-1]
	}
	padding := strings.Repeat(" ", max(b.shown-len(line), 0))
	b.shown = len(line)
	b.show("\r" + line + padding)
}

// show writes to the terminal. A terminal that went away is no reason to end the work, so there is nobody to tell of it.
func (b *Bar) show(text string) { _, _ = io.WriteString(b.out, text) }

// line is what the bar says after the time passed. It is ASCII: a byte is a column.
func (b *Bar) line(passed time.Duration) string {
	if b.total <= 0 {
		return fmt.Sprintf("%d %s", b.done, b.unit)
	}
	share := min(max(float64(b.done)/float64(b.total), 0), 1)
	full := int(share * barWidth)
	text := fmt.Sprintf("[%s%s] %3d%%  %d of %d %s", strings.Repeat("=", full), strings.Repeat(" ", barWidth-full),
		int(share*100), b.done, b.total, b.unit)
	if share == 0 || share == 1 {
		return text
	}
	left := time.Duration(float64(passed) * (1 - share) / share)
	return fmt.Sprintf("%s, %s left", text, left.Round(time.Second))
}
