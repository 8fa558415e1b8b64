package identity

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestSetString(t *testing.T) {
	for _, test := range []struct {
		set  Set
		want string
	}{
		{0, ""},
		{effectiveAtRest, "SETGID SETUID"},
		{Chown.set() | ReadShadow.set() | BindLow.set(), "CHOWN DAC_READ_SEARCH NET_BIND_SERVICE"},
		{1 << unix.CAP_SYS_ADMIN, "21"},
	} {
		if got := test.set.String(); got != test.want {
			t.Errorf("Set(%x).String() = %q, want %q", uint64(test.set), got, test.want)
		}
	}
}

func TestCapWordsRoundTrip(t *testing.T) {
	c := caps{effective: 1<<40 | 1, permitted: 1<<40 | 1<<31 | 3, inheritable: 1 << 33}
	_, words := c.words()
	if words[0].Effective != 1 || words[1].Effective != 1<<8 || words[0].Permitted != 1<<31|3 ||
		words[1].Permitted != 1<<8 || words[1].Inheritable != 2 {
		t.Errorf("words of %+v = %+v", c, words)
	}
}

func TestThreadCapsAgreeWithProc(t *testing.T) {
	have, err := threadCaps()
	if err != nil {
		t.Fatal(err)
	}
	status, err := ReadStatus()
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range status.Threads {
		if thread.Effective != have.effective || thread.Permitted != have.permitted {
			t.Errorf("thread %d: %v, %v; capget says %v, %v",
				thread.ID, thread.Effective, thread.Permitted, have.effective, have.permitted)
		}
	}
}
