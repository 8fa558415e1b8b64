//go:build privileged

package transfer

import (
	"errors"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFullDisk receives more than a small file system holds, through the buffer and through splice.
// It needs root for the mount.
func TestFullDisk(t *testing.T) {
	copier := newCopier(t)
	for _, test := range []struct {
		room  string
		bytes int
	}{
		{"size=64k", 200 << 10},
		{"size=1m", 3 << 20},
	} {
		dir := t.TempDir()
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, test.room); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := unix.Unmount(dir, 0); err != nil {
				t.Error(err)
			}
		})
		f, err := os.Create(dir + "/file")
		if err != nil {
			t.Fatal(err)
		}
		c, client := connected(t)
		go upload(client, noise(test.bytes))
		res := copier.Receive(c, Job{File: osFile{f}})
		c.Close()
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		if res.Cause() != SinkFailed || !errors.Is(res.Err, unix.ENOSPC) || info.Size() != res.File {
			t.Errorf("%s: Receive() = %+v, file of %d; want ENOSPC and the same count",
				test.room, res, info.Size())
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestLowSourcePort connects from the data port of RFC 959, or from the next of the list where
// something else on the machine has that one. It needs root.
func TestLowSourcePort(t *testing.T) {
	d := Dialer{BindLow: func(bind func() error) error { return bind() }}
	p := newPassive(t, Config{Spread: 1})
	l, err := p.Reserve(t.Context(), Request{Local: loopback, Client: loopback})
	if err != nil {
		t.Fatal(err)
	}
	var ports []uint16
	for range 2 { // to the same peer: the second finds the pair of 20 in use
		c, err := d.Dial(t.Context(), loopback, l.pair.local)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		far, err := l.Accept(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer far.Close()
		ports = append(ports, far.Peer().Port())
	}
	all := sourcePorts()
	low := all[:len(all)-1]
	first, second := slices.Index(low, ports[0]), slices.Index(low, ports[1])
	if first < 0 || second <= first {
		t.Errorf("source ports = %v; want two of %v, in this order", ports, low)
	}
}
