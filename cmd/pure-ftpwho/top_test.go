package main

import (
	"context"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pureftpd/internal/control"
)

// found are sessions of one server.
func found(sessions []control.Session) (list []control.Found) {
	client := control.NewClient("/nowhere/7.sock")
	for _, s := range sessions {
		list = append(list, control.Found{Session: s, Client: client})
	}
	return list
}

// boardOf shows the five sessions twice, two seconds apart; the plain download has moved 4096 bytes meanwhile.
func boardOf(t *testing.T) *board {
	t.Helper()
	var b board
	sessions := five()
	b.take(found(sessions), now)
	sessions = five()
	sessions[2].Transfer.Position += 4096
	b.take(found(sessions), now.Add(2*time.Second))
	return &b
}

func ids(b *board) (list []uint64) {
	for _, l := range b.lines {
		list = append(list, l.id)
	}
	return list
}

func TestBoardSpeeds(t *testing.T) {
	var b board
	b.take(found(five()), now)
	if b.lines[0].speed != 98304 || b.total != (rates{65706, 2 * 98304}) {
		t.Errorf("at first: %d, %+v; want the speeds since the beginning", b.lines[0].speed, b.total)
	}
	b = *boardOf(t)
	if got := ids(&b); got[0] != 22945 || b.lines[0].speed != 2048 || b.lines[1].speed != 0 || b.total != (rates{0, 2048}) {
		t.Errorf("later: %v, %d, %+v; want 2048 bytes per second of one download", got, b.lines[0].speed, b.total)
	}
	another := five()
	another[2].Transfer.Started = now.Add(time.Second)
	another[2].Transfer.Position = 1000
	b.take(found(another), now.Add(3*time.Second))
	if i := b.lines[0]; i.id != 22945 || i.speed != 500 {
		t.Errorf("a new transfer of the session: %d, %d; want 1000 bytes in 2 seconds", i.id, i.speed)
	}
}

func TestBoardOrdersAndFilters(t *testing.T) {
	b := boardOf(t)
	b.press("s")
	if got := ids(b); b.order != byAccount || !reflect.DeepEqual(got, []uint64{22941, 22943, 22947, 22945, 22949}) {
		t.Errorf("by account: %v", got)
	}
	b.press("s")
	b.press("s")
	if b.order != bySpeed {
		t.Errorf("after the last order comes %v", b.order)
	}
	for filter, want := range map[string]int{"JOE": 2, "down": 2, "idle": 2, "upload h": 1, "localhost": 5, "127.0": 5, "nothing": 0} {
		b.press("/")
		for _, r := range filter {
			b.press(string(r))
		}
		if len(b.lines) != want || !b.typing {
			t.Errorf("filter %q: %d sessions; want %d", filter, len(b.lines), want)
		}
		b.press("enter")
		if b.typing || len(b.lines) != want {
			t.Errorf("Enter does not keep the filter %q", filter)
		}
		b.press("esc")
		if len(b.lines) != 5 {
			t.Errorf("Esc does not remove the filter %q", filter)
		}
	}
	b.press("/")
	for range 2 * maxFilter {
		b.press("q")
	}
	b.press("backspace")
	if len(b.filter) != maxFilter-1 {
		t.Errorf("the filter has %d bytes; want %d", len(b.filter), maxFilter-1)
	}
	b.press("esc")
	b.press("backspace")
	if b.typing || b.filter != "" {
		t.Error("Esc does not end the typing")
	}
}

func TestBoardKeepsTheSelection(t *testing.T) {
	b := boardOf(t)
	b.press("down")
	b.press("down")
	chosen := b.selected
	b.press("s")
	if b.selected != chosen || b.index() < 0 {
		t.Errorf("sorting selects %v; want %v kept", b.selected, chosen)
	}
	b.take(found(five()[:1]), now.Add(3*time.Second))
	if b.selected.id != 22949 {
		t.Errorf("%v is selected; want the one that is left", b.selected)
	}
	b.press("page up")
	b.press("page down")
	b.take(nil, now.Add(4*time.Second))
	b.press("down")
	if b.press("k"); b.asking != nil {
		t.Error("a session is to be ended where there is none")
	}
}

func TestBoardAsksBeforeItEndsASession(t *testing.T) {
	b := boardOf(t)
	b.press("page up")
	b.press("k")
	if b.asking == nil || !strings.HasPrefix(b.foot(), "End session 22945 of joe at localhost?") {
		t.Fatalf("it asks %q", b.foot())
	}
	if b.press("q") != nothing || b.asking != nil {
		t.Error("another key than y is no no")
	}
	b.press("k")
	if b.press("y") != kick {
		t.Error("y ends nothing")
	}
}

var movement = regexp.MustCompile(`\x1b\[(\?1049[hl]|\?25[hl]|H|K|J|7m|0m)`)

// TestDraw looks at the screen: as many lines as fit, none too long, and no sequence that is not ours.
func TestDraw(t *testing.T) {
	b := boardOf(t)
	b.all[0].row.file = strings.Repeat("é\x1b[31m\u009b2J\n", 50)
	b.arrange()
	for _, size := range [][2]int{{120, 24}, {80, 5}, {20, 4}, {1, 1}, {0, 0}} {
		screen := b.draw(size[0], size[1])
		text := movement.ReplaceAllString(screen, "")
		if strings.ContainsFunc(text, func(r rune) bool { return r != '\r' && r != '\n' && (r < ' ' || r >= 0x7f && r < 0xa0) }) {
			t.Errorf("%v: control characters in %q", size, text)
		}
		lines := strings.Split(text, "\r\n")
		if want := max(size[1], reserved+1); len(lines) != want {
			t.Errorf("%v: %d lines; want %d", size, len(lines), want)
		}
		for _, line := range lines {
			if n := utf8.RuneCountInString(line); n > max(size[0], 20) {
				t.Errorf("%v: a line of %d characters: %q", size, n, line)
			}
		}
	}
	wide := b.draw(200, 24)
	for _, want := range []string{"5 sessions", "by speed", "   22945 joe              DL      0:08  2.0 KB/s   15% localhost            dl<a>&b|c.bin"} {
		if !strings.Contains(wide, want) {
			t.Errorf("the screen lacks %q:\n%s", want, wide)
		}
	}
	b.press("page down") // the last one
	if last := b.lines[4].text(); !strings.Contains(b.draw(120, 5), fit(last, 30)) {
		t.Errorf("the selected session is out of sight:\n%q", b.draw(120, 5))
	}
}

func TestKeys(t *testing.T) {
	for typed, want := range map[string][]string{
		"q": {"q"}, "\x1b": {"esc"}, "\x1b[A\x1b[B": {"up", "down"}, "\x1b[5~\x1b[6~": {"page up", "page down"}, "\r": {"enter"},
		"\x7f\x03": {"backspace", "ctrl-c"}, "é/": {"é", "/"}, "\x1b[15~q": nil, "\xff\x01a": {"a"}, "": nil,
	} {
		if got := keysIn([]byte(typed)); !reflect.DeepEqual(got, want) {
			t.Errorf("keysIn(%q) = %q; want %q", typed, got, want)
		}
	}
}

// TestWatch runs the live view against a server, with keys, into a pipe in place of a terminal.
func TestWatch(t *testing.T) {
	dir := serve(t, five())
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	shown := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(r)
		shown <- string(all)
	}()
	keys := make(chan []string)
	done := make(chan error, 1)
	go func() { done <- watch(context.Background(), dir, keys, nil, w) }()
	keys <- []string{"/", "l", "o", "n", "g", "enter"}
	keys <- []string{"k"}
	keys <- []string{"y"}
	keys <- []string{"q"}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	w.Close()
	all := <-shown
	for _, want := range []string{"5 sessions", "1 shown", "End session 22943 of alongusername_over_eight at localhost? y/n", "Session 22943 was ended"} {
		if !strings.Contains(all, want) {
			t.Errorf("the screens lack %q", want)
		}
	}
}
