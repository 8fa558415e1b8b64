package quota

import (
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"pureftpd/internal/account"
)

func TestApply(t *testing.T) {
	none := Limits{}
	onlyFiles := Limits{Files: account.Limit{Set: true, N: 5}}
	for _, test := range []struct {
		name   string
		text   string
		limits Limits
		charge Delta
		actual Delta
		err    error
		after  string
	}{
		{"a new file", "", atMost(5, 100), Delta{1, 50}, Delta{1, 50}, nil, "1 50\n"},
		{"exactly at both limits", "4 50\n", atMost(5, 100), Delta{1, 50}, Delta{1, 50}, nil, "5 100\n"},
		{"a byte too many", "4 51\n", atMost(5, 100), Delta{1, 50}, Delta{1, 50}, ErrExceeded, "4 51\n"},
		{"a file too many", "5 50\n", atMost(5, 100), Delta{1, 0}, Delta{1, 0}, ErrExceeded, "5 50\n"},
		{"over, but not charged there", "9 50\n", atMost(5, 100), Delta{0, 50}, Delta{0, 50}, nil, "9 100\n"},
		{"over, and given back", "9 500\n", atMost(5, 100), Delta{}, Delta{-1, -100}, nil, "8 400\n"},
		{"a limit of files alone", "1 900\n", onlyFiles, Delta{1, 1 << 40}, Delta{1, 1 << 40}, nil, "2 1099511628676\n"},
		{"a limit of nothing", "", atMost(0, 0), Delta{1, 0}, Delta{1, 0}, ErrExceeded, ""},
		{"less than charged", "1 10\n", atMost(5, 100), Delta{1, 90}, Delta{0, 7}, nil, "1 17\n"},
		{"more than charged", "1 10\n", atMost(5, 100), Delta{0, 1}, Delta{0, 500}, nil, "1 510\n"},
		{"a charge below zero is none", "1 10\n", none, Delta{-1, -10}, Delta{}, nil, "1 10\n"},
		{"never below zero", "1 10\n", none, Delta{}, Delta{-5, math.MinInt64}, nil, "0 0\n"},
		{"never around", "18446744073709551615 18446744073709551610\n", none, Delta{1, 9}, Delta{1, 9}, nil,
			"18446744073709551615 18446744073709551615\n"},
		{"no way around the largest limit", "0 18446744073709551610\n", atMost(math.MaxUint64, math.MaxUint64), Delta{0, 6},
			Delta{0, 6}, ErrExceeded, "0 18446744073709551610\n"},
		{"nothing happens", "3 500 7\n", atMost(5, 1000), Delta{}, Delta{}, nil, "3 500 7\n"},
		{"a short text over a long one", "3 500" + "                    ", none, Delta{}, Delta{0, -1}, nil, "3 499\n"},
		{"damaged and charged", "garbage", none, Delta{0, 1}, Delta{0, 1}, ErrDamaged, "garbage"},
		{"damaged and given back", "garbage", atMost(5, 100), Delta{}, Delta{-1, -10}, nil, "garbage"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHome(t, t.TempDir())
			h.write(t, test.text)
			ran := false
			err := h.ledger(t).Apply(test.limits, test.charge, func(u Usage) (Delta, error) {
				ran = true
				if want, _ := parse([]byte(test.text)); u != want {
					t.Errorf("the deed saw %v, want %v", u, want)
				}
				return test.actual, nil
			})
			if !errors.Is(err, test.err) || ran != (test.err == nil) {
				t.Errorf("Apply: err = %v, ran = %v; want %v", err, ran, test.err)
			}
			if got := h.text(t); got != test.after {
				t.Errorf("the file holds %q, want %q", got, test.after)
			}
		})
	}
}

func TestChargeIsWrittenBeforeTheDeed(t *testing.T) {
	h := newHome(t, t.TempDir())
	h.write(t, "1 10\n")
	must(t, h.ledger(t).Apply(Limits{}, Delta{1, 90}, func(Usage) (Delta, error) {
		if got := h.text(t); got != "2 100\n" {
			t.Errorf("during the deed the file holds %q, want %q", got, "2 100\n")
		}
		return Delta{}, nil
	}))
}

func TestDeedThatFailsIsCountedForWhatItDid(t *testing.T) {
	h := newHome(t, t.TempDir())
	broken := errors.New("disk full")
	err := h.ledger(t).Apply(atMost(5, 100), Delta{1, 100}, func(Usage) (Delta, error) { return Delta{1, 40}, broken })
	if !errors.Is(err, broken) {
		t.Errorf("Apply: err = %v, want %v", err, broken)
	}
	if got := h.text(t); got != "1 40\n" {
		t.Errorf("the file holds %q, want %q", got, "1 40\n")
	}
}

func TestDeedThatPanicsLeavesTheChargeAndNoLock(t *testing.T) {
	h := newHome(t, t.TempDir())
	l := h.ledger(t)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was lost")
			}
		}()
		_ = l.Apply(Limits{}, Delta{1, 5}, func(Usage) (Delta, error) { panic("a bug") })
	}()
	if u, err := h.ledger(t).Usage(); u != (Usage{1, 5}) || err != nil {
		t.Errorf("Usage() = %v, %v; want 1 5", u, err)
	}
	must(t, l.Apply(Limits{}, Delta{}, does(0, 0)))
}

func TestUsage(t *testing.T) {
	h := newHome(t, t.TempDir())
	l := h.ledger(t)
	if u, err := l.Usage(); u != (Usage{}) || err != nil || h.text(t) != "" {
		t.Errorf("new file: Usage() = %v, %v, file %q; want nothing", u, err, h.text(t))
	}
	h.write(t, "3 500\n")
	if u, err := l.Usage(); u != (Usage{3, 500}) || err != nil {
		t.Errorf("Usage() = %v, %v; want 3 500", u, err)
	}
	h.write(t, "-1 -1\n")
	if u, err := l.Usage(); u != (Usage{}) || !errors.Is(err, ErrDamaged) {
		t.Errorf("damaged: Usage() = %v, %v; want ErrDamaged", u, err)
	}
}

func TestReplacedFileIsStale(t *testing.T) {
	h := newHome(t, t.TempDir())
	book := NewBook()
	l, err := book.Open(h.open)
	must(t, err)
	must(t, os.Remove(filepath.Join(h.dir, FileName)))
	h.write(t, "7 7\n")
	if _, err := l.Usage(); !errors.Is(err, ErrStale) {
		t.Errorf("Usage: err = %v, want ErrStale", err)
	}
	err = l.Apply(Limits{}, Delta{}, func(Usage) (Delta, error) { t.Error("the deed ran"); return Delta{}, nil })
	if !errors.Is(err, ErrStale) {
		t.Errorf("Apply: err = %v, want ErrStale", err)
	}
	fresh, err := book.Open(h.open)
	must(t, err)
	if u, err := fresh.Usage(); u != (Usage{7, 7}) || err != nil {
		t.Errorf("opened again: Usage() = %v, %v; want 7 7", u, err)
	}
	must(t, errors.Join(l.Close(), fresh.Close()))
}

// A brokenFile fails in one way.
type brokenFile struct {
	File
	read, write, lock error
}

func (f *brokenFile) ReadAt(p []byte, at int64) (int, error) {
	if f.read != nil {
		return 0, f.read
	}
	return f.File.ReadAt(p, at)
}

func (f *brokenFile) WriteAt(p []byte, at int64) (int, error) {
	if f.write != nil {
		return 0, f.write
	}
	return f.File.WriteAt(p, at)
}

func (f *brokenFile) Lock() error {
	if f.lock != nil {
		return f.lock
	}
	return f.File.Lock()
}

func TestErrorsOfTheFileRefuse(t *testing.T) {
	for _, test := range []struct {
		name   string
		broken brokenFile
	}{
		{"lock", brokenFile{lock: io.ErrNoProgress}},
		{"read", brokenFile{read: io.ErrNoProgress}},
		{"write", brokenFile{write: io.ErrNoProgress}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHome(t, t.TempDir())
			l, err := NewBook().Open(func() (File, error) {
				f, err := h.open()
				test.broken.File = f
				return &test.broken, err
			})
			must(t, err)
			defer l.Close()
			err = l.Apply(Limits{}, Delta{1, 1}, func(Usage) (Delta, error) { t.Error("the deed ran"); return Delta{}, nil })
			if !errors.Is(err, io.ErrNoProgress) {
				t.Errorf("Apply: err = %v, want %v", err, io.ErrNoProgress)
			}
		})
	}
}

// TestWhatReplacesSomethingDoesNotCountTwice lets two deeds replace files at once where there is no room to spare.
func TestWhatReplacesSomethingDoesNotCountTwice(t *testing.T) {
	h := newHome(t, t.TempDir())
	h.write(t, "2 100\n")
	l, limits := h.ledger(t), atMost(2, 100)
	store := func(charge, covered Delta) error {
		return l.Cover(limits, charge, covered, func(Usage) (Delta, Delta, error) { return charge, covered, nil })
	}
	for _, part := range []Delta{{1, 0}, {0, 50}} { // two files of 50 bytes are to be replaced by others as large
		for range 2 {
			if err := store(part, part); err != nil {
				t.Fatalf("a covered charge of %v: %v", part, err)
			}
		}
	}
	if err := store(Delta{0, 1}, Delta{}); !errors.Is(err, ErrExceeded) {
		t.Errorf("a byte more than is covered: %v; want ErrExceeded", err)
	}
	if u, err := l.Usage(); u != (Usage{2, 100}) || err != nil {
		t.Errorf("what counts is %v, %v; want 2 100", u, err)
	}
	for range 2 {
		err := l.Cover(limits, Delta{}, Delta{}, func(u Usage) (Delta, Delta, error) {
			if u != (Usage{2, 100}) {
				t.Errorf("the deed is told %v; want 2 100", u)
			}
			return Delta{-1, -50}, Delta{-1, -50}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if u, err := l.Usage(); u != (Usage{2, 100}) || err != nil || l.covered != (Usage{}) {
		t.Errorf("in the end %v count, %v, and %v are covered; want 2 100 and nothing", u, err, l.covered)
	}
}
