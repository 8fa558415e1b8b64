package passhash

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// cheap is a cost that tests can bear.
func cheap() Cost { return Cost{Memory: 8, Passes: 1} }

func TestMakeIsVerified(t *testing.T) {
	v := New(Config{})
	for _, password := range []string{"", "secret", "pä ss:wörd", "\xff\xfe", strings.Repeat("x", MaxPassword-1)} {
		stored, err := Make(password, cheap())
		if err != nil || !strings.HasPrefix(stored, "$argon2id$v=19$m=8,t=1,p=1$") {
			t.Errorf("Make(%q) = %q, %v", password, stored, err)
		}
		if ok, err := v.Verify(t.Context(), stored, password); !ok || err != nil {
			t.Errorf("Verify(%q, %q) = %v, %v; want true", stored, password, ok, err)
		}
		if ok, err := v.Verify(t.Context(), stored, password+"!"); ok || err != nil {
			t.Errorf("Verify(%q, %q) = %v, %v; want false", stored, password+"!", ok, err)
		}
		if name := Legacy(stored); name != "" {
			t.Errorf("Legacy(%q) = %q; want none", stored, name)
		}
		if again, err := Make(password, cheap()); again == stored || err != nil {
			t.Errorf("Make(%q) twice = %q, %v; want another salt", password, again, err)
		}
	}
}

func TestMakeRefuses(t *testing.T) {
	for _, test := range []struct {
		password string
		cost     Cost
		want     error
	}{
		{strings.Repeat("x", MaxPassword), cheap(), ErrPassword},
		{"a\x00b", cheap(), ErrPassword},
		{"secret", Cost{Memory: DefaultMemory>>10 + 1, Passes: 1}, ErrBudget},
		{"secret", Cost{Memory: 1<<32 - 1}, ErrBudget},
	} {
		if stored, err := Make(test.password, test.cost); stored != "" || !errors.Is(err, test.want) {
			t.Errorf("Make(%.10q, %+v) = %q, %v; want %v", test.password, test.cost, stored, err, test.want)
		}
	}
}

func TestMakeFillsInDefaults(t *testing.T) {
	for cost, want := range map[Cost]string{
		{Passes: 1}:                             "$m=8192,t=1,p=1$",
		{Memory: 1, Passes: 2}:                  "$m=8,t=2,p=1$",
		{Memory: 36 << 10, Time: 1}:             "$m=36864,t=1,p=1$",
		{Memory: 9 << 10, Time: 1}:              "$m=9216,t=4,p=1$",
		{Memory: 64, Time: -1, Passes: 1 << 10}: "$m=64,t=1024,p=1$",
	} {
		if stored, err := Make("secret", cost); !strings.Contains(stored, want) || err != nil {
			t.Errorf("Make(%+v) = %q, %v; want %q in it", cost, stored, err, want)
		}
	}
}

// Found by timing, the passes are within their bounds whatever the clock says.
func TestMakeByTime(t *testing.T) {
	stored, err := Make("secret", Cost{Time: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	_, h, err := parse(stored)
	if err != nil {
		t.Fatal(err)
	}
	made := h.(*argon2Hash)
	if made.memory != defaultMakeMemory || made.passes < 5 || made.passes > 128 || made.lanes != 1 ||
		len(made.salt) != 16 || len(made.sum) != 32 {
		t.Errorf("Make = %q", stored)
	}
}

// Passes take what they take and what a busy machine adds: the time is met or fallen short of, but
// for the least that is done, and the search itself is short.
func TestPassesFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Cost{
			Memory: rapid.Uint32Range(minArgon2Memory, DefaultMemory>>10).Draw(t, "memory"),
			Time:   time.Duration(rapid.Int64Range(1, int64(10*time.Second)).Draw(t, "time")),
		}
		each := time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "each"))
		var searched time.Duration
		runs := 0
		passes := passesFor(c, func(passes uint32) time.Duration {
			if runs++; runs > 100 {
				t.Fatal("the search does not end")
			}
			noise := time.Duration(rapid.Int64Range(0, int64(each)).Draw(t, "noise"))
			searched += time.Duration(passes) * each
			return time.Duration(passes)*each + noise
		})
		least := max((leastFilled+c.Memory-1)/c.Memory, 1)
		most := max(mostFilled/c.Memory, least)
		switch took := time.Duration(passes) * each; {
		case passes < least || passes > most:
			t.Errorf("%d passes; want %d to %d", passes, least, most)
		case took > c.Time && passes > least:
			t.Errorf("%d passes of %v exceed %v", passes, each, c.Time)
		case searched > 3*(c.Time+each):
			t.Errorf("the search took %v for %v", searched, c.Time)
		}
	})
}

// FuzzMake checks that a password is refused or verified by its hash, which is one line of one field.
func FuzzMake(f *testing.F) {
	for _, password := range []string{"", "secret", "a\x00b", strings.Repeat("x", MaxPassword)} {
		f.Add(password)
	}
	v := New(Config{})
	f.Fuzz(func(t *testing.T, password string) {
		stored, err := Make(password, cheap())
		if err != nil {
			if !errors.Is(err, ErrPassword) || len(password) < MaxPassword && !strings.Contains(password, "\x00") {
				t.Errorf("Make(%q): %v", password, err)
			}
			return
		}
		if strings.ContainsAny(stored, ":\r\n \x00") {
			t.Errorf("Make(%q) = %q: cannot stand in a field", password, stored)
		}
		if ok, err := v.Verify(t.Context(), stored, password); !ok || err != nil {
			t.Errorf("Verify(%q, %q) = %v, %v; want true", stored, password, ok, err)
		}
	})
}
