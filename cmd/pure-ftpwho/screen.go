package main

import (
	"fmt"
	"strings"
	"time"
)

// Sequences of terminals (ECMA-48).
const (
	enterScreen = "\x1b[?1049h\x1b[?25l" // a screen of its own, no cursor
	leaveScreen = "\x1b[?25h\x1b[?1049l"
	home        = "\x1b[H"
	clearRest   = "\x1b[K"
	clearBelow  = "\x1b[J"
	reverse     = "\x1b[7m"
	normal      = "\x1b[0m"
)

const reserved = 3 // lines that show no session: head, titles, foot

// draw makes the whole screen. Every line is cut to the width, and what comes from clients holds no control characters, so
// nothing of it can move the cursor.
func (b *board) draw(width, height int) string {
	width, height = max(width, 20), max(height, reserved+1)
	var out strings.Builder
	put := func(text, style string) {
		out.WriteString(style + fit(text, width) + normal + clearRest + "\r\n")
	}
	out.WriteString(home)
	put(b.head(), "")
	put(fmt.Sprintf("%8s %-16s %-4s %7s %9s %5s %-20s %s",
		"SESSION", "ACCOUNT", "WHAT", "FOR", "SPEED", "DONE", "CLIENT", "FILE"), reverse)
	room := height - reserved
	first := b.firstLine(room)
	for i := range room {
		if first+i >= len(b.lines) {
			put("", "")
			continue
		}
		l := b.lines[first+i]
		style := ""
		if l.place == b.selected {
			style = reverse
		}
		put(l.text(), style)
	}
	out.WriteString(fit(b.foot(), width) + clearRest + clearBelow)
	return out.String()
}

// firstLine is the first session shown: the selected one is always in sight.
func (b *board) firstLine(room int) int {
	return max(0, b.index()-room+1)
}

func (b *board) head() string {
	shown := ""
	if b.filter != "" {
		shown = fmt.Sprintf(", %d shown", len(b.lines))
	}
	return fmt.Sprintf("pure-ftpwho  %s  %d sessions%s  up %s  down %s  by %s",
		b.taken.Format("15:04:05"), len(b.all), shown, perSecond(b.total.up), perSecond(b.total.down), b.order)
}

func (b *board) foot() string {
	switch {
	case b.asking != nil:
		return fmt.Sprintf("End session %d of %s at %s? y/n", b.asking.id, clean(b.asking.row.account, '?'), clean(b.asking.row.host, '?'))
	case b.typing:
		return "Filter: " + b.filter + "_   (Enter keeps it, Esc removes it)"
	case b.note != "":
		return b.note
	case b.filter != "":
		return "Filter: " + b.filter + "   (/ changes it, Esc removes it)"
	}
	return "q quit  s sort  / filter  up/down select  k end the session"
}

func (l line) text() string {
	r := l.row
	done := ""
	if r.total > 0 {
		done = fmt.Sprintf("%d%%", r.percent)
	}
	speed := ""
	if r.session.Transfer != nil {
		speed = perSecond(l.speed)
	}
	return fmt.Sprintf("%8d %-16s %-4s %7s %9s %5s %-20s %s", r.id, fit(clean(r.account, '?'), 16), strings.TrimSpace(r.state),
		duration(r.since), speed, done, fit(clean(r.host, '?'), 20), clean(r.file, '?'))
}

// fit cuts a text to so many characters.
func fit(text string, width int) string {
	n := 0
	for i := range text {
		if n == width {
			return text[:i]
		}
		n++
	}
	return text
}

// perSecond is a speed in at most nine characters.
func perSecond(n int64) string {
	value, unit := float64(n), 0
	for ; value >= 999.5 && unit < 4; unit++ {
		value /= 1024
	}
	if unit == 0 {
		return fmt.Sprintf("%d B/s", n)
	}
	return fmt.Sprintf("%.1f %cB/s", value, " KMGT"[unit])
}

// duration is a time in at most seven characters.
func duration(seconds int64) string {
	d := time.Duration(seconds) * time.Second
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
	case d < 100*time.Hour:
		return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	}
	return fmt.Sprintf("%dd", seconds/86400)
}
