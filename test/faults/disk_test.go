//go:build privileged

package faults

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// testFullDisk gives a user a home of one mebibyte.
func testFullDisk(t *testing.T, l *lab) {
	home := folder(t) + "/home"
	mount(t, "tmpfs", home, fmt.Sprintf("size=1m,nr_inodes=40,mode=0755,uid=%d,gid=%[1]d", userID))
	for _, mode := range []string{"", "-0"} {
		t.Run("mode "+mode, func(t *testing.T) {
			s := l.start(t, home, strings.Fields(mode)...)
			in := s.login(t)
			for _, o := range overflows() {
				o.untouched = mode == "-0" && strings.HasPrefix(o.command, "STOR")
				clear(t, s)
				o.run(t, s, in)
			}
			fillInodes(t, s, in)
		})
	}
}

// An overflow is an upload of more than fits.
type overflow struct {
	setup     string // a command ahead of it
	command   string
	content   []byte
	kept      int    // bytes of the old file that stay ahead of it
	stored    []byte // what the file holds behind them begins this
	untouched bool   // no file shows anything of the upload
}

func overflows() []overflow {
	big := pattern(3<<20, 8)
	text := bytes.Repeat([]byte("a line of text that ends as the standard says\r\n"), 60_000)
	return []overflow{
		{setup: "TYPE I", command: "STOR new", content: big, stored: big},
		{setup: "TYPE I", command: "STOR old", content: big, stored: big},
		{setup: "TYPE I", command: "APPE old", content: big, kept: oldSize, stored: big},
		{setup: "REST 60000", command: "STOR old", content: big, kept: 60_000, stored: big},
		{setup: "TYPE A", command: "STOR new", content: text, stored: bytes.ReplaceAll(text, []byte("\r"), nil)},
	}
}

func (o overflow) run(t *testing.T, s *site, in *client) {
	t.Helper()
	old := pattern(oldSize, 7)
	write(t, s.path("old"), old)
	if r, err := in.do(o.setup); err != nil || r.code >= 400 {
		t.Fatalf("%s: %q, %v", o.setup, r, err)
	}
	r, err := in.put(o.command, o.content)
	if err != nil || r.code != 452 || !strings.Contains(r.text, "No space left") {
		t.Errorf("%s: answered %q, %v; want 452 and the reason", o.command, r, err)
	}
	name := o.command[5:]
	s.expectLog(t, "/"+name+": ")
	o.check(t, s, name, old)
	if left := s.temps(t); len(left) > 0 {
		t.Errorf("%s: temporary files %q are left", o.command, left)
	}
	in.expect(t, 200, "TYPE I")
	clear(t, s)
	in.alive(t)
}

// check looks at what is left of the old file and of the upload.
func (o overflow) check(t *testing.T, s *site, name string, old []byte) {
	t.Helper()
	if o.untouched || name != "old" {
		holds(t, s.path("old"), old)
	}
	if o.untouched {
		if slices.Contains(names(t, s.home), "new") {
			t.Errorf("%s: half a file has got its name", o.command)
		}
		return
	}
	got, err := os.ReadFile(s.path(name))
	if err != nil {
		t.Errorf("%s: %v", o.command, err)
		return
	}
	if len(got) <= o.kept || !bytes.Equal(got[:o.kept], old[:o.kept]) || !bytes.HasPrefix(o.stored, got[o.kept:]) {
		t.Errorf("%s: what is left, %d bytes, is not what stayed and the beginning of what was sent", o.command, len(got))
	}
}

// fillInodes makes folders until there is no room for another.
func fillInodes(t *testing.T, s *site, in *client) {
	t.Helper()
	r := reply{code: 257}
	for n := 0; r.code == 257; n++ {
		var err error
		if r, err = in.do(fmt.Sprintf("MKD d%d", n)); err != nil {
			t.Fatal(err)
		}
	}
	if r.code != 550 || !strings.Contains(r.text, "No space left") {
		t.Errorf("MKD: answered %q; want 550 and the reason", r)
	}
	s.expectLog(t, "Can't create directory: ")
	r, err := in.put("STOR another", []byte("x"))
	if err != nil || r.code != 553 || !strings.Contains(r.text, "No space left") {
		t.Errorf("STOR without an inode: answered %q, %v; want 553 and the reason", r, err)
	}
	in.expect(t, 250, "RMD d0")
	in.alive(t)
	clear(t, s)
}
