package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"pureftpd/internal/control"
)

// An order is what --top sorts by.
type order int

// The orders, in the order in which a key goes through them.
const (
	bySpeed order = iota
	byAccount
	byStart
	orders // how many there are
)

func (o order) String() string { return [...]string{"speed", "account", "start"}[o] }

// A board is what --top shows and how it is being looked at. It knows nothing of terminals.
type board struct {
	lines    []line // that fit the filter, sorted
	all      []line
	samples  map[place]sample
	taken    time.Time // when all was read
	total    rates
	order    order
	filter   string
	typing   bool   // a filter is being typed
	asking   *line  // whether this session shall be ended
	selected place  // the session that keys act on
	note     string // about the last action or failure
}

// A place tells a session from all others, those of other processes too.
type place struct {
	server string // socket
	id     uint64
}

// A line is a session on the board.
type line struct {
	place
	client *control.Client
	row    row
	speed  int64 // bytes per second, since the last look
}

// A sample is where a transfer was when it was looked at.
type sample struct {
	started  time.Time // of the transfer: another one begins anew
	position int64
}

type rates struct{ up, down int64 }

// take puts the sessions of a moment on the board. A speed is that since the last moment; of a transfer that was not there
// then, that since its beginning.
func (b *board) take(found []control.Found, now time.Time) {
	old, before := b.samples, b.taken
	b.samples, b.taken, b.all, b.total = make(map[place]sample), now, b.all[:0], rates{}
	for _, s := range found {
		l := line{row: newRow(s.Session, now), place: place{s.Client.Path(), s.ID}, client: s.Client}
		if s.Host != "" {
			l.row.host = s.Host
		}
		if t := s.Transfer; t != nil {
			l.speed = l.row.speed
			if last, ok := old[l.place]; ok && last.started.Equal(t.Started) && now.After(before) {
				l.speed = int64(float64(max(t.Position-last.position, 0)) / now.Sub(before).Seconds())
			}
			b.samples[l.place] = sample{t.Started, t.Position}
		}
		if l.row.download {
			b.total.down += l.speed
		} else {
			b.total.up += l.speed
		}
		b.all = append(b.all, l)
	}
	b.arrange()
}

// arrange filters and sorts, and keeps a session selected.
func (b *board) arrange() {
	b.lines = b.lines[:0]
	for _, l := range b.all {
		if l.fits(b.filter) {
			b.lines = append(b.lines, l)
		}
	}
	slices.SortStableFunc(b.lines, func(x, y line) int {
		started := y.row.session.Started.Compare(x.row.session.Started)
		switch b.order {
		case bySpeed:
			return cmp.Or(cmp.Compare(y.speed, x.speed), started)
		case byAccount:
			return cmp.Or(strings.Compare(x.row.account, y.row.account), started)
		}
		return started
	})
	if b.index() < 0 && len(b.lines) > 0 {
		b.selected = b.lines[0].place
	}
}

// fits reports whether a session holds the text of the filter, in any case.
func (l line) fits(filter string) bool {
	if filter == "" {
		return true
	}
	filter = strings.ToLower(filter)
	for _, text := range []string{l.row.account, l.row.host, l.row.session.Address, l.row.file, string(l.row.session.State)} {
		if strings.Contains(strings.ToLower(text), filter) {
			return true
		}
	}
	return false
}

// index is where the selected session stands, or -1.
func (b *board) index() int {
	return slices.IndexFunc(b.lines, func(l line) bool { return l.place == b.selected })
}

// move selects another session, so many places below.
func (b *board) move(by int) {
	if len(b.lines) > 0 {
		b.selected = b.lines[min(max(b.index()+by, 0), len(b.lines)-1)].place
	}
}

// An action is what a key asks the world for.
type action int

// The actions.
const (
	nothing action = iota
	quit
	kick // the session in asking, which stays there until it was done
)

// press acts on a key: a letter, or the name of another.
func (b *board) press(key string) action {
	switch {
	case b.asking != nil:
		if key == "y" || key == "Y" {
			return kick
		}
		b.asking, b.note = nil, ""
		return nothing
	case b.typing:
		b.edit(key)
		return nothing
	}
	b.note = ""
	switch key {
	case "q", "ctrl-c":
		return quit
	case "s":
		b.order = (b.order + 1) % orders
		b.arrange()
	case "/":
		b.typing = true
	case "esc":
		b.filter = ""
		b.arrange()
	case "up":
		b.move(-1)
	case "down":
		b.move(1)
	case "page up":
		b.move(-10)
	case "page down":
		b.move(10)
	case "k":
		if i := b.index(); i >= 0 {
			l := b.lines[i]
			b.asking = &l
		}
	}
	return nothing
}

// maxFilter bounds what can be typed.
const maxFilter = 100

// edit changes the filter that is being typed.
func (b *board) edit(key string) {
	switch {
	case key == "enter":
		b.typing = false
	case key == "esc" || key == "ctrl-c":
		b.typing, b.filter = false, ""
	case key == "backspace":
		if letters := []rune(b.filter); len(letters) > 0 {
			b.filter = string(letters[:len(letters)-1])
		}
	case len([]rune(key)) == 1 && len(b.filter) < maxFilter:
		b.filter += key
	}
	b.arrange()
}
