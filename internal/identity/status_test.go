package identity

import (
	"reflect"
	"strings"
	"testing"
)

const sample = "Name:\tpure-ftpd\nPid:\t77\nUid:\t99\t99\t99\t1000\nGid:\t98\t98\t98\t98\nGroups:\t4 24 \n" +
	"CapPrm:\t00000000000004c5\nCapEff:\t00000000000000c0\nCapBnd:\t000001ffffffffff\nNoNewPrivs:\t1\nSeccomp:\t2\n"

func TestParseThread(t *testing.T) {
	want := Thread{
		ID: 77, UIDs: [4]uint32{99, 99, 99, 1000}, GIDs: [4]uint32{98, 98, 98, 98}, Groups: []uint32{4, 24},
		Permitted: permittedAtRest, Effective: effectiveAtRest, Bounding: 1<<41 - 1, NoNewPrivs: true, Filtered: true,
	}
	if got, err := parseThread([]byte(sample)); !reflect.DeepEqual(got, want) || err != nil {
		t.Errorf("parseThread = %+v, %v; want %+v, nil", got, err, want)
	}
}

func TestParseThreadRefusesNonsense(t *testing.T) {
	for _, text := range []string{"Uid:\t1 2 3\n", "Gid:\ta b c d\n", "CapEff:\tzz\n", "Pid:\t-\n", "Groups:\t4294967296\n"} {
		if _, err := parseThread([]byte(text)); err == nil {
			t.Errorf("parseThread(%q) succeeded", text)
		}
	}
}

func TestAtRest(t *testing.T) {
	good := Thread{ID: 1, UIDs: [4]uint32{9, 9, 9, 9}, Effective: effectiveAtRest, Permitted: permittedAtRest}
	change := func(f func(*Thread)) Thread { t := good; f(&t); return t }
	for _, test := range []struct {
		name   string
		thread Thread
		want   string
	}{
		{"good", good, ""},
		{"acting", change(func(t *Thread) { t.UIDs[3] = 1000 }), "uids"},
		{"root", change(func(t *Thread) { t.UIDs = [4]uint32{} }), "uids"},
		{"groups", change(func(t *Thread) { t.Groups = []uint32{0} }), "groups"},
		{"raised", change(func(t *Thread) { t.Effective |= Chown.set() }), "CHOWN in force"},
		{"kept", change(func(t *Thread) { t.Permitted |= 1 << 21 }), "21 permitted"},
	} {
		err := Status{Threads: []Thread{test.thread}}.AtRest()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: AtRest() = %v, want %q", test.name, err, test.want)
		}
	}
}

// FuzzParseThread checks that no status text is taken for more ids than it has.
func FuzzParseThread(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("Groups:\t\nUid: 0"))
	f.Fuzz(func(t *testing.T, text []byte) {
		thread, err := parseThread(text)
		if err == nil && len(thread.Groups) > len(text) {
			t.Errorf("parseThread(%q) has %d groups", text, len(thread.Groups))
		}
	})
}
