package quota

import (
	"errors"
	"strings"
	"testing"
)

func TestRecount(t *testing.T) {
	for _, test := range []struct {
		name string
		text string
		want Recounting
	}{
		{"a new file", "", Recounting{After: Usage{7, 70}, Rounds: 1}},
		{"another number", "11 3028\n", Recounting{Before: Usage{11, 3028}, After: Usage{7, 70}, Rounds: 1}},
		{"the same", "7 70\n", Recounting{Before: Usage{7, 70}, After: Usage{7, 70}, Rounds: 1}},
		{"a mark was left", "7 70 recount-X\n", Recounting{Before: Usage{7, 70}, After: Usage{7, 70}, Rounds: 1}},
		{"damaged", "garbage that is quite long and longer than what will be written",
			Recounting{Damaged: true, After: Usage{7, 70}, Rounds: 1, Locked: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHome(t, t.TempDir())
			h.write(t, test.text)
			got, err := h.ledger(t).Recount(func() (Usage, error) { return Usage{7, 70}, nil })
			if got != test.want || err != nil {
				t.Errorf("Recount = %+v, %v; want %+v", got, err, test.want)
			}
			if text := h.text(t); text != "7 70\n" {
				t.Errorf("the file holds %q, want %q", text, "7 70\n")
			}
		})
	}
}

func TestRecountNoticesWhatHappensMeanwhile(t *testing.T) {
	for busy := range 5 { // in how many rounds a session does something
		h := newHome(t, t.TempDir())
		h.write(t, "1 1\n")
		session, tool := h.ledger(t), h.ledger(t)
		round := 0
		got, err := tool.Recount(func() (Usage, error) {
			round++
			if round <= busy && round <= rounds { // later the session would wait for us
				must(t, session.Apply(atMost(100, 100), Delta{1, 1}, does(1, 1)))
				must(t, session.Apply(atMost(100, 100), Delta{}, does(-1, -1))) // it says the same as before
			}
			return Usage{5, 5}, nil
		})
		want := Recounting{Before: Usage{1, 1}, After: Usage{5, 5}, Rounds: min(busy, rounds) + 1, Locked: busy >= rounds}
		if got != want || err != nil {
			t.Errorf("busy %d times: Recount = %+v, %v; want %+v", busy, got, err, want)
		}
		if u, err := session.Usage(); u != (Usage{5, 5}) || err != nil {
			t.Errorf("busy %d times: afterwards the usage is %v, %v; want 5 5", busy, u, err)
		}
	}
}

func TestMarkIsReadAsTheUsage(t *testing.T) {
	h := newHome(t, t.TempDir())
	full := Usage{1<<64 - 1, 1<<64 - 1}
	h.write(t, full.String()+"\n")
	session := h.ledger(t)
	_, err := h.ledger(t).Recount(func() (Usage, error) {
		if text := h.text(t); len(text) > maxText || !strings.Contains(text, " recount-") {
			t.Errorf("the marked file holds %q, %d bytes; want a mark and at most %d", text, len(text), maxText)
		}
		if u, err := session.Usage(); u != full || err != nil {
			t.Errorf("during the count the usage is %v, %v; want %v", u, err, full)
		}
		return Usage{}, nil
	})
	must(t, err)
}

func TestCountThatFailsChangesNothing(t *testing.T) {
	broken := errors.New("disk broken")
	for _, text := range []string{"11 3028\n", "garbage"} {
		h := newHome(t, t.TempDir())
		h.write(t, text)
		_, err := h.ledger(t).Recount(func() (Usage, error) { return Usage{}, broken })
		if got := h.text(t); !errors.Is(err, broken) || got != text {
			t.Errorf("%q: Recount: err = %v, the file holds %q; want %v and no change", text, err, got, broken)
		}
	}
}

func TestTwoRecountsAtOnce(t *testing.T) {
	h := newHome(t, t.TempDir())
	first, second := h.ledger(t), h.ledger(t)
	_, err := first.Recount(func() (Usage, error) {
		if strings.Contains(h.text(t), "recount") { // there is none while the lock is held
			_, err := second.Recount(func() (Usage, error) { return Usage{3, 3}, nil })
			return Usage{3, 3}, err
		}
		return Usage{3, 3}, nil
	})
	must(t, err)
	if got := h.text(t); got != "3 3\n" {
		t.Errorf("the file holds %q, want %q", got, "3 3\n")
	}
}
