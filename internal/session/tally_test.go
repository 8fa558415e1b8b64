package session

import (
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"pureftpd/internal/auth"
	"pureftpd/internal/transfer"
)

// TestTallyNames has a name for each value, each of its own.
func TestTallyNames(t *testing.T) {
	tally := NewTally("unix")
	seen := make(map[string]bool)
	check := func(words ...string) {
		t.Helper()
		for _, word := range words {
			if word == "" || strings.ToLower(word) != word && len(words) == 1 {
				t.Errorf("%q", words)
			}
		}
		if key := strings.Join(words, " "); seen[key] {
			t.Errorf("%s is there twice", key)
		} else {
			seen[key] = true
		}
	}
	tally.Transfers(func(d Direction, o Outcome, _ int64) { check(d.String(), o.String()) })
	tally.Limits(func(l Limit, _ int64) { check(l.String()) })
	tally.Logins(func(source, outcome string, _ int64) { check("login", source, outcome) })
	tally.Commands(func(verb, code string, _ int64) { check(verb, code) })
	if want := int(directions)*int(outcomes) + int(limits) + 3*(len(auth.Causes())+1) + 4*(len(verbs())+1); len(seen) != want {
		t.Errorf("%d series; want %d", len(seen), want)
	}
}

// TestTallyOfSomethingNew does not take for a success what it does not know.
func TestTallyOfSomethingNew(t *testing.T) {
	tally := NewTally("unix")
	tally.refused("martian", "green")
	tally.refused("unix", auth.Failures)
	tally.Logins(func(source, outcome string, n int64) {
		want := int64(0)
		if source == NoSource && outcome == string(auth.BackendDown) || source == "unix" && outcome == string(auth.Failures) {
			want = 1
		}
		if n != want {
			t.Errorf("%s %s: %d; want %d", source, outcome, n, want)
		}
	})
	tally.Limits(func(l Limit, n int64) {
		if (n == 1) != (l == LimitLoginRate) {
			t.Errorf("%s was met %d times", l, n)
		}
	})
}

// TestRowsOfVerbs are different, and the same in all tables.
func TestRowsOfVerbs(t *testing.T) {
	a, b := inRows(verbs()), inRows(verbs())
	rows := make(map[int]bool)
	for name, v := range a {
		if v.row < 1 || v.row > len(a) || rows[v.row] || b[name].row != v.row {
			t.Errorf("%s has row %d, and %d", name, v.row, b[name].row)
		}
		rows[v.row] = true
	}
}

// TestSumsDoNotFall adds up while transfers end, by all ways.
func TestSumsDoNotFall(t *testing.T) {
	l := newLab(t, nil)
	l.write(t, "f", strings.Repeat("x", 300<<10))
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		var last Counters
		for {
			now := l.handler.Counters()
			if now.Sent < last.Sent || now.Received < last.Received {
				t.Errorf("%+v after %+v", now, last)
			}
			last = now
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	c := l.login(t)
	c.do("TYPE I", "200")
	for range 100 {
		data := c.passive()
		c.do("RETR f", "150")
		drain(t, data)
		c.want("226")
	}
	// A fault of ours in the middle of a transfer: what has moved stays counted.
	job := transfer.Job{Progress: new(transfer.Progress)}
	c.session.moving(Uploading, "f", &job)
	c.conn.Close()
	for end := time.Now().Add(10 * time.Second); l.handler.Counters().Open > 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	close(stop)
	<-done
	if got := l.handler.Counters(); got.Sent != 100*300<<10 || got.Open != 0 {
		t.Errorf("%+v", got)
	}
}

func drain(t *testing.T, data net.Conn) {
	t.Helper()
	b := make([]byte, 64<<10)
	for {
		if _, err := data.Read(b); err != nil {
			return
		}
	}
}

// TestCountingTakesNoMemory holds for all that is counted while sessions work.
func TestCountingTakesNoMemory(t *testing.T) {
	tally := NewTally("unix")
	if n := testing.AllocsPerRun(100, func() {
		tally.command(1, 226)
		tally.limit(LimitIdle)
		tally.transfer(Upload, Completed, time.Second)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if got := reflect.TypeFor[codes]().Len(); got != 6 {
		t.Errorf("%d first digits", got)
	}
}

// BenchmarkDispatch is one NOOP from the line to the reply in the buffer.
func BenchmarkDispatch(b *testing.B) {
	l := newLab(b, nil)
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	s := l.handler.Open(near)
	s.log = s.parts.Log.Session(s.peer.Addr())
	line := []byte("NOOP")
	b.ReportAllocs()
	for b.Loop() {
		s.command(b.Context(), line)
		s.out = s.out[:0]
	}
}

// BenchmarkTally is the part of it that counts, alone and by two goroutines for the same verb.
func BenchmarkTally(b *testing.B) {
	tally := NewTally("unix")
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			tally.command(1, 200)
		}
	})
	b.Run("together", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				tally.command(1, 200)
			}
		})
	})
}
