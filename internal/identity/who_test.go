package identity

import (
	"errors"
	"testing"
)

// Nothing in these tests drops privileges: the brackets only run their functions.

func TestBracketsWithoutDropOnlyRun(t *testing.T) {
	if Active() {
		t.Fatal("Active() = true in a process that never dropped")
	}
	fail := errors.New("inside")
	for _, test := range []struct {
		name string
		run  func(func() error) error
	}{
		{"As", func(fn func() error) error { return As(&Who{UID: 12345, GID: 12345}, fn) }},
		{"As nobody", func(fn func() error) error { return As(nil, fn) }},
		{"With", func(fn func() error) error { return With(ReadShadow, fn) }},
		{"As in With", func(fn func() error) error {
			return With(ReadSearch, func() error { return As(&Who{UID: 1}, fn) })
		}},
	} {
		uid, gid := setFSUID(query), setFSGID(query)
		ran := false
		err := test.run(func() error {
			ran = setFSUID(query) == uid && setFSGID(query) == gid
			return fail
		})
		if !errors.Is(err, fail) || !ran {
			t.Errorf("%s: err = %v, ran in the process's identity = %v; want %v, true", test.name, err, ran, fail)
		}
	}
}

func TestNeedsGroups(t *testing.T) {
	for _, test := range []struct {
		who  Who
		want bool
	}{
		{Who{GID: 7}, false},
		{Who{GID: 7, Groups: []uint32{7}}, false},
		{Who{GID: 7, Groups: []uint32{8}}, true},
		{Who{GID: 7, Groups: []uint32{7, 8}}, true},
	} {
		if got := test.who.needsGroups(); got != test.want {
			t.Errorf("%+v.needsGroups() = %v, want %v", test.who, got, test.want)
		}
	}
}

func TestAsAllocatesNothing(t *testing.T) {
	who, sum := &Who{UID: 1, GID: 1}, 0
	if n := testing.AllocsPerRun(100, func() { _ = As(who, func() error { sum++; return nil }) }); n != 0 {
		t.Errorf("As makes %v allocations, want none", n)
	}
}
