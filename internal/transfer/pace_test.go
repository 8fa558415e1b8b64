package transfer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// A pacer lets pieces of some size through and keeps the accounts.
type pacer struct {
	piece   int // 0: as much as is asked for
	largest int // that was asked for
	steps   int
	lent    int
	sum     int                   // what has moved
	fail    func(steps int) error // nil: never
	broken  string                // what the other side did wrong
}

func (p *pacer) Take(most int) (int, error) {
	p.sum, p.lent = p.sum+p.lent, 0
	p.steps++
	if p.fail != nil {
		if err := p.fail(p.steps); err != nil {
			return 0, err
		}
	}
	if most < 1 {
		p.broken = fmt.Sprintf("Take(%d)", most)
	}
	p.largest = max(p.largest, most)
	p.lent = most
	if p.piece > 0 {
		p.lent = min(most, p.piece)
	}
	return p.lent, nil
}

func (p *pacer) Return(n int) {
	if n < 1 || n > p.lent {
		p.broken = fmt.Sprintf("Return(%d) of %d", n, p.lent)
	}
	p.lent -= n
}

// moved is what has crossed according to the pacer.
func (p *pacer) moved() int { return p.sum + p.lent }

// TestPacerSeesEveryByte in both directions, both representation types, over connections and other writers and
// readers.
func TestPacerSeesEveryByte(t *testing.T) {
	copier := newCopier(t)
	for _, test := range []struct {
		piece, size int
		ascii, bare bool
	}{
		{1, 500, false, true},
		{1, 500, true, true},
		{1, 500, true, false},
		{7, 2000, true, true},
		{7, 2000, true, false},
		{1000, 300_000, false, true},
		{1000, 300_000, true, true},
		{1000, 300_000, false, false},
		{100_000, 3 << 20, false, true},
		{100_000, 3 << 20, true, true},
		{0, 3 << 20, false, true},
		{0, 3 << 20, true, true},
		{0, 3 << 20, true, false},
	} {
		name := fmt.Sprintf("%+v", test)
		data := noise(test.size)
		sent, stored := data, data
		if test.ascii {
			sent = bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
			stored = bytes.ReplaceAll(data, []byte("\r"), nil)
		}
		p := &pacer{piece: test.piece}
		job := Job{File: scratch(t, data), Size: int64(test.size), ASCII: test.ascii, Pace: p}
		got, res := sendAll(t, copier, job, test.bare)
		if !bytes.Equal(got, sent) || res.Err != nil || res.Wire != int64(len(sent)) || res.File != int64(len(data)) {
			t.Errorf("%s: Send() = %+v; the peer read %d bytes; want %d", name, res, len(got), len(sent))
		}
		p.check(t, name+": Send()", len(sent))

		p = &pacer{piece: test.piece}
		f := scratch(t, nil)
		res = receiveAll(t, copier, data, Job{File: f, ASCII: test.ascii, Pace: p}, test.bare)
		file, err := os.ReadFile(f.Name())
		if err != nil || !bytes.Equal(file, stored) || res.Err != nil || res.Wire != int64(len(data)) {
			t.Errorf("%s: Receive() = %+v, %v; %d bytes stored; want %d", name, res, err, len(file), len(stored))
		}
		p.check(t, name+": Receive()", len(data))
	}
}

// check compares the accounts with what has moved.
func (p *pacer) check(t *testing.T, what string, moved int) {
	t.Helper()
	if p.moved() != moved || p.broken != "" {
		t.Errorf("%s: the pacer counted %d, %q; want %d", what, p.moved(), p.broken, moved)
	}
	if p.piece > 0 && p.steps < moved/p.piece {
		t.Errorf("%s: %d steps of at most %d for %d bytes", what, p.steps, p.piece, moved)
	}
}

// sendAll sends over a connection, or over another writer, and returns what the peer read.
func sendAll(t *testing.T, copier *Copier, job Job, bare bool) ([]byte, Result) {
	t.Helper()
	if !bare {
		var out bytes.Buffer
		res := copier.Send(&out, job)
		return out.Bytes(), res
	}
	c, client := connected(t)
	narrow(t, c)
	got := slowly(client)
	res := copier.Send(c, job)
	c.Close()
	return <-got, res
}

// receiveAll receives over a connection, or over another reader.
func receiveAll(t *testing.T, copier *Copier, data []byte, job Job, bare bool) Result {
	t.Helper()
	if !bare {
		return copier.Receive(bytes.NewReader(data), job)
	}
	c, client := connected(t)
	go upload(client, data)
	res := copier.Receive(c, job)
	c.Close()
	return res
}

// TestPacerWithoutALimit asks for as much as goes without a Pacer.
func TestPacerWithoutALimit(t *testing.T) {
	copier := newCopier(t)
	data := make([]byte, 8<<20)
	for _, test := range []struct {
		receive, ascii bool
		want           int
	}{
		{false, false, len(data)},
		{false, true, smallSize},
		{true, false, chunkSize},
		{true, true, smallSize},
	} {
		p := new(pacer)
		if test.receive {
			receiveAll(t, copier, data, Job{File: scratch(t, nil), ASCII: test.ascii, Pace: p}, true)
		} else {
			c, client := connected(t)
			got := slowly(client)
			copier.Send(c, Job{File: scratch(t, data), Size: int64(len(data)), ASCII: test.ascii, Pace: p})
			cork, err := unix.GetsockoptInt(c.fd, unix.IPPROTO_TCP, unix.TCP_CORK)
			if err != nil || cork != 1 && !test.ascii {
				t.Errorf("TCP_CORK = %d, %v; want 1", cork, err)
			}
			c.Close()
			<-got
		}
		if p.largest != test.want || p.broken != "" {
			t.Errorf("%+v: asked for %d at most, %s; want %d", test, p.largest, p.broken, test.want)
		}
	}
}

// TestPacerInTheMiddle sets a limit and takes it away again, and stops the transfer.
func TestPacerInTheMiddle(t *testing.T) {
	copier := newCopier(t)
	data := noise(4 << 20)
	for _, receive := range []bool{false, true} {
		p := new(pacer)
		p.fail = func(steps int) error {
			p.piece = []int{0, 5000, 0, 300_000}[steps/4%4]
			return nil
		}
		f := scratch(t, nil)
		if receive {
			res := receiveAll(t, copier, data, Job{File: f, Pace: p}, true)
			if file, err := os.ReadFile(f.Name()); res.Err != nil || err != nil || !bytes.Equal(file, data) {
				t.Errorf("Receive() = %+v, %v, %d bytes stored", res, err, len(file))
			}
		} else {
			got, res := sendAll(t, copier, Job{File: scratch(t, data), Size: int64(len(data)), Pace: p}, true)
			if res.Err != nil || !bytes.Equal(got, data) {
				t.Errorf("Send() = %+v, the peer read %d bytes", res, len(got))
			}
		}
		if p.moved() != len(data) || p.broken != "" {
			t.Errorf("receive %v: the pacer counted %d, %s; want %d", receive, p.moved(), p.broken, len(data))
		}
	}
}

func TestPacerEndsTheTransfer(t *testing.T) {
	copier := newCopier(t)
	data := noise(1 << 20)
	for _, receive := range []bool{false, true} {
		for _, bare := range []bool{false, true} {
			for _, cause := range []error{io.ErrNoProgress, fmt.Errorf("%w: kicked", ErrAborted)} {
				p := &pacer{piece: 1000, fail: func(steps int) error {
					if steps == 100 {
						return cause
					}
					return nil
				}}
				var res Result
				if receive {
					f := scratch(t, nil)
					res = receiveAll(t, copier, data, Job{File: f, Pace: p}, bare)
				} else {
					_, res = sendAll(t, copier, Job{File: scratch(t, data), Size: 1 << 20, Pace: p}, bare)
				}
				if res.Cause() != Aborted || !errors.Is(res.Err, cause) ||
					res.Wire != int64(p.moved()) || res.Wire == 0 {
					t.Errorf("receive %v: %+v, counted %d; want what was counted, %v", receive, res, p.moved(), cause)
				}
			}
		}
	}
}

// TestPacerIsGivenBackWhatATransferDoesNotMove when the peer is gone or the disk is full.
func TestPacerIsGivenBackWhatATransferDoesNotMove(t *testing.T) {
	copier := newCopier(t)
	c, client := connected(t)
	c.Abort(io.ErrNoProgress)
	p := new(pacer)
	copier.Send(c, Job{File: scratch(t, nil), Size: 1 << 20, Pace: p})
	p.check(t, "Send() after Abort", 0)
	client.Close()

	c, client = connected(t)
	go upload(client, []byte("begun"))
	p = new(pacer)
	res := copier.Receive(c, Job{File: directory(t), Pace: p})
	if res.Cause() != SinkFailed || res.File != 0 {
		t.Errorf("Receive() into a directory = %+v; want sink", res)
	}
	p.check(t, "Receive() into a directory", 5)
}

func TestTrySendLeavesAPacedTransferAlone(t *testing.T) {
	copier := newCopier(t)
	c, _ := connected(t)
	j := Job{File: scratch(t, []byte("abc")), Size: 3, Pace: new(pacer)}
	if res, done := copier.TrySend(c, &j); done || res.Wire != 0 {
		t.Errorf("TrySend() = %+v, %v; want nothing", res, done)
	}
}
