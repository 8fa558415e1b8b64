package transfer

import (
	"bytes"
	"errors"
	"net"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// upload sends data and the end.
func upload(c *net.TCPConn, data []byte) {
	c.Write(data)
	c.Close()
}

func TestReceive(t *testing.T) {
	copier := newCopier(t)
	for _, size := range sizes() {
		for _, ascii := range []bool{false, true} {
			data := noise(size)
			want := append([]byte("kept"), data...)
			if ascii {
				want = bytes.ReplaceAll(want, []byte("\r"), nil)
			}
			c, client := connected(t)
			go upload(client, data)
			f := scratch(t, []byte("kept"))
			var progress Progress
			res := copier.Receive(c, Job{File: f, Offset: 4, ASCII: ascii, Progress: &progress})
			c.Close()
			if res.Err != nil || res.File != int64(len(want)-4) || res.Wire != int64(size) {
				t.Errorf("Receive(%d, ascii %v) = %+v; want %d, %d", size, ascii, res, len(want)-4, size)
			}
			if got, err := os.ReadFile(f.Name()); err != nil || !bytes.Equal(got, want) {
				t.Errorf("Receive(%d, ascii %v): file differs, %v", size, ascii, err)
			}
			if progress.Bytes() != int64(size) {
				t.Errorf("Receive(%d): progress = %d", size, progress.Bytes())
			}
		}
	}
}

func TestReceiveFallsBackWithinTheTransfer(t *testing.T) {
	data := noise(4 << 20)
	for _, refused := range []string{"into the pipe", "out of the pipe"} {
		copier := newCopier(t)
		calls, refusals := 0, 0 // a call that finds nothing to move is one as well, so only refusals can be counted upon
		real := copier.calls.splice
		copier.calls.splice = func(in, out int, offset *int64, n int) (int, error) {
			if calls++; calls > 4 && (offset == nil) == (refused == "into the pipe") {
				refusals++
				return 0, unix.EINVAL
			}
			return real(in, out, offset, min(n, 100_000))
		}
		c, client := connected(t)
		go upload(client, data)
		f := scratch(t, nil)
		res := copier.Receive(c, Job{File: f})
		c.Close()
		got, err := os.ReadFile(f.Name())
		if err != nil || res.Err != nil || !bytes.Equal(got, data) || refusals != 1 {
			t.Errorf("%s: Receive() = %+v, %d refusals, %v; want all bytes, and splice left alone once it was refused", refused, res, refusals, err)
		}
	}
}

func TestReceiveFailures(t *testing.T) {
	copier := newCopier(t)
	for _, size := range []int{10, 3 << 20} {
		c, client := connected(t)
		go upload(client, noise(size))
		f := scratch(t, nil)
		readOnly, err := os.Open(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		res := copier.Receive(c, Job{File: osFile{readOnly}})
		c.Close()
		if _, ok := errors.AsType[*SinkError](res.Err); !ok || res.Cause() != SinkFailed {
			t.Errorf("Receive(%d) to a read-only file = %+v; want a SinkError", size, res)
		}
		readOnly.Close()
	}
	c, client := connected(t)
	client.Write(noise(100))
	client.SetLinger(0)
	client.Close()
	if res := copier.Receive(c, Job{File: scratch(t, nil)}); res.Cause() != PeerReset {
		t.Errorf("Receive() from a peer that resets = %+v; want reset", res)
	}
}

func TestReceiveDiskErrorInTheMiddle(t *testing.T) {
	copier := newCopier(t)
	real := copier.calls.splice
	outs := 0
	copier.calls.splice = func(in, out int, offset *int64, n int) (int, error) {
		if offset != nil {
			if outs++; outs == 3 {
				return 0, unix.ENOSPC
			}
			n = min(n, 1000)
		}
		return real(in, out, offset, n)
	}
	c, client := connected(t)
	go upload(client, noise(2<<20))
	f := scratch(t, nil)
	res := copier.Receive(c, Job{File: f})
	c.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if !errors.Is(res.Err, unix.ENOSPC) || res.Cause() != SinkFailed || info.Size() != res.File {
		t.Errorf("Receive() = %+v, file of %d; want ENOSPC and the same count", res, info.Size())
	}
	if len(copier.pipes) != 0 {
		t.Error("a pipe with bytes in it went back to the pool")
	}
}
