package transfer

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// noise returns n bytes with many line ends in them.
func noise(n int) []byte {
	b := make([]byte, n)
	rng := rand.New(rand.NewPCG(uint64(n), 7))
	for i := range b {
		b[i] = "abc\r\n\n\x00\xff"[rng.IntN(8)]
	}
	return b
}

// slowly reads everything in small bites.
func slowly(c *net.TCPConn) <-chan []byte {
	all := make(chan []byte, 1)
	go func() {
		var b bytes.Buffer
		io.CopyBuffer(struct{ io.Writer }{&b}, struct{ io.Reader }{c}, make([]byte, 3001))
		all <- b.Bytes()
	}()
	return all
}

// narrow makes the connection take little at a time, so that writes are partial.
func narrow(t *testing.T, c *Conn) {
	t.Helper()
	if err := unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 8192); err != nil {
		t.Fatal(err)
	}
}

func sizes() []int {
	return []int{0, 1, 1024, smallSize - 1, smallSize, smallSize + 1, 1 << 20, 5<<20 + 3}
}

func TestSend(t *testing.T) {
	copier := newCopier(t)
	for _, size := range sizes() {
		for _, ascii := range []bool{false, true} {
			data := noise(size)
			want := data
			if ascii {
				want = bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
			}
			c, client := connected(t)
			if size <= smallSize+1 {
				narrow(t, c)
			}
			got := slowly(client)
			var progress Progress
			j := Job{File: scratch(t, data), Size: int64(size), ASCII: ascii, Progress: &progress}
			res := copier.Send(c, j)
			c.Close()
			if res.Err != nil || res.File != int64(size) || res.Wire != int64(len(want)) {
				t.Errorf("Send(%d, ascii %v) = %+v; want %d, %d, nil", size, ascii, res, size, len(want))
			}
			if !bytes.Equal(<-got, want) {
				t.Errorf("Send(%d, ascii %v): the peer read something else", size, ascii)
			}
			if progress.Bytes() != res.Wire {
				t.Errorf("Send(%d): progress = %d; want %d", size, progress.Bytes(), res.Wire)
			}
		}
	}
}

func TestSendPartOfAFile(t *testing.T) {
	copier := newCopier(t)
	data := noise(300_000)
	for _, part := range [][2]int64{{0, 100}, {299_999, 1}, {1000, 200_000}} {
		c, client := connected(t)
		got := slowly(client)
		res := copier.Send(c, Job{File: scratch(t, data), Offset: part[0], Size: part[1]})
		c.Close()
		if b := <-got; res.Err != nil || !bytes.Equal(b, data[part[0]:part[0]+part[1]]) {
			t.Errorf("Send(%v) = %+v, %d bytes; want that part", part, res, len(b))
		}
	}
}

func TestTrySendNeverWaits(t *testing.T) {
	copier := newCopier(t)
	for _, ascii := range []bool{false, true} {
		data := noise(1024)
		c, client := connected(t)
		j := Job{File: scratch(t, data), Size: 1024, ASCII: ascii}
		res, done := copier.TrySend(c, &j)
		if !done || res.Err != nil || res.File != 1024 || c.poll != nil {
			t.Fatalf("TrySend() = %+v, %v; want 1024 bytes, done, not registered", res, done)
		}
		c.Close()
		if b, err := io.ReadAll(client); int64(len(b)) != res.Wire || err != nil {
			t.Errorf("the peer read %d bytes, %v; want %d", len(b), err, res.Wire)
		}
	}
}

// TestTrySendIsContinued fills the connection first, so that only a part of the file fits.
func TestTrySendIsContinued(t *testing.T) {
	copier := newCopier(t)
	for _, ascii := range []bool{false, true} {
		for size := range 40 {
			data := bytes.Repeat([]byte("\n"), 20_000+size)
			want := data
			if ascii {
				want = bytes.Repeat([]byte("\r\n"), len(data))
			}
			c, client := connected(t)
			narrow(t, c)
			fill := 0
			for {
				n, err := c.TryWrite(make([]byte, 1000+size))
				if err != nil {
					t.Fatal(err)
				}
				if fill += n; n == 0 {
					break
				}
			}
			io.CopyN(io.Discard, client, int64(fill*2/3))
			j := Job{File: scratch(t, data), Size: int64(len(data)), ASCII: ascii}
			res, done := copier.TrySend(c, &j)
			got := slowly(client)
			if !done {
				res = copier.Send(c, j)
			}
			c.Close()
			rest := <-got
			if res.Err != nil || res.File != int64(len(data)) || res.Wire != int64(len(want)) {
				t.Fatalf("TrySend, Send = %+v; want %d, %d", res, len(data), len(want))
			}
			if b := rest[fill-fill*2/3:]; !bytes.Equal(b, want) {
				t.Fatalf("ascii %v: the peer read %d bytes; want %d", ascii, len(b), len(want))
			}
		}
	}
}

func TestSendFallsBackWithinTheTransfer(t *testing.T) {
	data := noise(3 << 20)
	for _, refusal := range []error{unix.EINVAL, unix.ENOSYS, unix.EIO, unix.EOPNOTSUPP, nil} {
		copier := newCopier(t)
		calls := 0
		copier.calls.sendfile = func(out, in int, offset *int64, n int) (int, error) {
			if calls++; calls > 3 {
				return 0, refusal
			}
			return unix.Sendfile(out, in, offset, min(n, 1000))
		}
		c, client := connected(t)
		got := slowly(client)
		res := copier.Send(c, Job{File: scratch(t, data), Size: int64(len(data))})
		c.Close()
		if b := <-got; res.Err != nil || !bytes.Equal(b, data) || calls != 4 {
			t.Errorf("%v: Send() = %+v, %d bytes, %d calls; want all, 4 calls", refusal, res, len(b), calls)
		}
	}
}

func TestSendFailures(t *testing.T) {
	copier := newCopier(t)
	data := noise(200_000)
	for _, test := range []struct {
		name  string
		set   func(*Conn, *net.TCPConn, *Job)
		cause Cause
		is    error
	}{
		{"shrunk", func(_ *Conn, _ *net.TCPConn, j *Job) {
			j.Size += 50_000
		}, SourceFailed, ErrShrunk},
		{"shrunk small", func(_ *Conn, _ *net.TCPConn, j *Job) {
			j.Offset, j.Size = 199_990, 100
		}, SourceFailed, ErrShrunk},
		{"shrunk ASCII", func(_ *Conn, _ *net.TCPConn, j *Job) {
			j.Size, j.ASCII = j.Size+1, true
		}, SourceFailed, ErrShrunk},
		{"unreadable", func(_ *Conn, _ *net.TCPConn, j *Job) {
			j.File = directory(t)
		}, SourceFailed, unix.EISDIR},
		{"aborted", func(c *Conn, _ *net.TCPConn, _ *Job) {
			c.Abort(io.ErrNoProgress)
		}, Aborted, io.ErrNoProgress},
		{"reset", func(_ *Conn, p *net.TCPConn, _ *Job) {
			p.SetLinger(0)
			p.Close()
		}, PeerReset, nil},
		{"pacer", func(_ *Conn, _ *net.TCPConn, j *Job) {
			j.Pace = &pacer{fail: func(int) error { return io.ErrNoProgress }}
		}, Aborted, io.ErrNoProgress},
	} {
		c, client := connected(t)
		j := Job{File: scratch(t, data), Size: int64(len(data))}
		got := slowly(client)
		test.set(c, client, &j)
		res := copier.Send(c, j)
		c.Close()
		if res.Cause() != test.cause || test.is != nil && !errors.Is(res.Err, test.is) {
			t.Errorf("%s: Send() = %+v, %v; want %v, %v", test.name, res, res.Cause(), test.cause, test.is)
		}
		<-got
	}
}

// directory is a file that cannot be read.
func directory(t *testing.T) osFile {
	t.Helper()
	d, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return osFile{d}
}

func TestStalledPeers(t *testing.T) {
	copier := newCopier(t)
	c, _ := connected(t)
	c.SetStall(20 * time.Millisecond)
	f := scratch(t, nil)
	if err := f.Truncate(64 << 20); err != nil {
		t.Fatal(err)
	}
	res := copier.Send(c, Job{File: f, Size: 64 << 20})
	if res.Cause() != Stalled || res.Wire == 0 {
		t.Errorf("Send() to a peer that does not read = %+v; want some bytes, stalled", res)
	}
	c, client := connected(t)
	c.SetStall(20 * time.Millisecond)
	client.Write([]byte("begun"))
	res = copier.Receive(c, Job{File: scratch(t, nil)})
	if res.Cause() != Stalled || res.File != 5 {
		t.Errorf("Receive() from a silent peer = %+v; want 5 bytes, stalled", res)
	}
}

// TestOtherReadersAndWriters runs the loops over what is not a *Conn, as TLS is not.
func TestOtherReadersAndWriters(t *testing.T) {
	copier := newCopier(t)
	data := noise(300_000)
	for _, ascii := range []bool{false, true} {
		var out bytes.Buffer
		res := copier.Send(&out, Job{File: scratch(t, data), Size: int64(len(data)), ASCII: ascii})
		want := data
		if ascii {
			want = bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
		}
		if res.Err != nil || !bytes.Equal(out.Bytes(), want) || res.Wire != int64(len(want)) {
			t.Errorf("Send(ascii %v) = %+v; want %d bytes", ascii, res, len(want))
		}
		f := scratch(t, nil)
		res = copier.Receive(bytes.NewReader(data), Job{File: f, ASCII: ascii})
		if ascii {
			want = bytes.ReplaceAll(data, []byte("\r"), nil)
		}
		got, err := os.ReadFile(f.Name())
		if err != nil || res.Err != nil || !bytes.Equal(got, want) {
			t.Errorf("Receive(ascii %v) = %+v, %v; want %d bytes", ascii, res, err, len(want))
		}
		room := &room{left: 70_000}
		res = copier.Receive(bytes.NewReader(data), Job{File: scratch(t, nil), Room: room, ASCII: ascii})
		if res.Cause() != NoRoom || res.File != int64(room.stored) || room.stored == 0 {
			t.Errorf("Receive(room) = %+v, stored %d; want these and no room", res, room.stored)
		}
	}
	r, w := io.Pipe()
	r.CloseWithError(io.ErrClosedPipe)
	res := copier.Send(w, Job{File: scratch(t, data), Size: 10})
	if res.Cause() != PeerReset || !errors.Is(res.Err, io.ErrClosedPipe) {
		t.Errorf("Send() to a broken writer = %+v; want reset", res)
	}
}

func TestAbortUnblocksCopies(t *testing.T) {
	copier := newCopier(t)
	for _, receive := range []bool{false, true} {
		c, _ := connected(t)
		f := scratch(t, nil)
		if err := f.Truncate(64 << 20); err != nil {
			t.Fatal(err)
		}
		done := make(chan Result, 1)
		go func() {
			if receive {
				done <- copier.Receive(c, Job{File: f})
			} else {
				done <- copier.Send(c, Job{File: f, Size: 64 << 20})
			}
		}()
		eventually(t, "the copy waits", func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.poll != nil
		})
		c.Abort(nil)
		if res := <-done; res.Cause() != Aborted {
			t.Errorf("receive %v: %+v; want aborted", receive, res)
		}
	}
}
