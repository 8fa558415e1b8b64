package transfer

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

var errFull = errors.New("quota exceeded")

// A room lets so many bytes in and keeps the accounts.
type room struct {
	left   int
	calls  int
	stored int // what the writes say
	broken string
	fail   error // what Store returns after a write instead of the write's error
}

func (r *room) Store(n int, write func() (int, error)) error {
	r.calls++
	if n < 1 {
		r.broken = "Store of nothing"
	}
	if n > r.left {
		return errFull
	}
	stored, err := write()
	r.left -= stored
	r.stored += stored
	if stored > n || stored < n && err == nil {
		r.broken = "a write that neither stores all nor fails"
	}
	if r.fail != nil {
		return r.fail
	}
	return err
}

// TestRoom refuses at a border: what was stored is in the file and in the result, no byte more, no byte less.
func TestRoom(t *testing.T) {
	copier := newCopier(t)
	real, splices := copier.calls.splice, 0
	copier.calls.splice = func(in, out int, offset *int64, n int) (int, error) {
		splices++
		return real(in, out, offset, n)
	}
	for _, test := range []struct {
		name  string
		data  string
		left  int
		ascii bool
		cause Cause
	}{
		{"exactly", strings.Repeat("x", 100), 100, false, Complete},
		{"one too many", strings.Repeat("x", 101), 100, false, NoRoom},
		{"nothing", "", 0, false, Complete},
		{"none", "x", 0, false, NoRoom},
		{"exactly, by splice", strings.Repeat("x", 3<<20), 3 << 20, false, Complete},
		{"one too many, by splice", strings.Repeat("x", 3<<20), 3<<20 - 1, false, NoRoom},
		{"in the middle, by splice", strings.Repeat("x", 3<<20), 1 << 20, false, NoRoom},
		{"ASCII takes less room", strings.Repeat("x\r\n", 100), 200, true, Complete},
		{"ASCII", strings.Repeat("x\r\n", 100), 199, true, NoRoom},
		{"nothing after conversion", strings.Repeat("\r", 100), 0, true, Complete},
	} {
		for _, bare := range []bool{false, true} {
			want := test.data
			if test.ascii {
				want = strings.ReplaceAll(want, "\r", "")
			}
			f, r := scratch(t, []byte("kept")), &room{left: test.left}
			res := receiveAll(t, copier, []byte(test.data), Job{File: f, Offset: 4, ASCII: test.ascii, Room: r}, bare)
			file, err := os.ReadFile(f.Name())
			if err != nil {
				t.Fatal(err)
			}
			if res.Cause() != test.cause || r.broken != "" || int(res.File) != r.stored || len(file) != 4+r.stored ||
				!strings.HasPrefix("kept"+want, string(file)) || res.Cause() == Complete && r.stored != len(want) {
				t.Errorf("%s, bare %v: Receive() = %+v, the room has %+v, the file %d bytes; want %v",
					test.name, bare, res, r, len(file), test.cause)
			}
			if test.cause == NoRoom {
				if e, ok := errors.AsType[*RoomError](res.Err); !ok || e.Err != errFull {
					t.Errorf("%s: error %v; want a RoomError with %v", test.name, res.Err, errFull)
				}
			}
		}
	}
	if splices == 0 {
		t.Error("nothing went by splice")
	}
}

// TestRoomErrors tells the room's own from the file's.
func TestRoomErrors(t *testing.T) {
	copier := newCopier(t)
	own := errors.New("ledger is damaged")
	for _, size := range []int{100, 3 << 20} {
		res := receiveAll(t, copier, noise(size), Job{File: directory(t), Room: &room{left: 1 << 30}}, true)
		if _, ok := errors.AsType[*SinkError](res.Err); !ok || res.Cause() != SinkFailed || res.File != 0 {
			t.Errorf("a failing write: %+v; want the SinkError alone", res)
		}
		res = receiveAll(t, copier, noise(size), Job{File: directory(t), Room: &room{left: 1 << 30, fail: own}}, true)
		if res.Cause() != NoRoom || !errors.Is(res.Err, own) || !errors.Is(res.Err, unix.EBADF) {
			t.Errorf("a failing write and a failing room: %+v; want both", res)
		}
		f := scratch(t, nil)
		res = receiveAll(t, copier, noise(size), Job{File: f, Room: &room{left: 1 << 30, fail: own}}, true)
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		if res.Cause() != NoRoom || !errors.Is(res.Err, own) || res.File != info.Size() || res.File == 0 {
			t.Errorf("a room that fails after the write: %+v, file of %d; want what was stored", res, info.Size())
		}
	}
	deaf := roomFunc(func(int, func() (int, error)) error { return nil })
	if res := receiveAll(t, copier, noise(10), Job{File: scratch(t, nil), Room: deaf}, true); res.Cause() != NoRoom {
		t.Errorf("a room that does nothing: %+v; want an error", res)
	}
	keen := roomFunc(func(_ int, write func() (int, error)) error {
		_, _ = write() // the transfer has to see it anyway
		return nil
	})
	if res := receiveAll(t, copier, noise(10), Job{File: directory(t), Room: keen}, true); res.Cause() != SinkFailed {
		t.Errorf("a room that hides a failing write: %+v; want sink", res)
	}
}

// A roomFunc is a Room of one function.
type roomFunc func(n int, write func() (int, error)) error

func (f roomFunc) Store(n int, write func() (int, error)) error { return f(n, write) }

// TestRoomAndShortWrites fills the disk in the middle of a splice, and in the middle of what was in the pipe.
func TestRoomAndShortWrites(t *testing.T) {
	for _, refuse := range []error{unix.ENOSPC, unix.EINVAL} {
		copier := newCopier(t)
		real := copier.calls.splice
		outs := 0
		copier.calls.splice = func(in, out int, offset *int64, n int) (int, error) {
			if offset != nil {
				if outs++; outs == 3 {
					return 0, refuse
				}
				n = min(n, 1000)
			}
			return real(in, out, offset, n)
		}
		data := noise(2 << 20)
		f, r := scratch(t, nil), &room{left: 1 << 30}
		res := receiveAll(t, copier, data, Job{File: f, Room: r}, true)
		file, err := os.ReadFile(f.Name())
		if err != nil || !bytes.HasPrefix(data, file) || len(file) != r.stored || int(res.File) != r.stored {
			t.Errorf("%v: %+v, %v, the room has %d, the file %d", refuse, res, err, r.stored, len(file))
		}
		if full := refuse == unix.ENOSPC; full && res.Cause() != SinkFailed || !full && len(file) != len(data) {
			t.Errorf("%v: %+v, file of %d", refuse, res, len(file))
		}
		if outs < 3 {
			t.Errorf("%v: %d splices into the file; want three", refuse, outs)
		}
	}
}
