//go:build privileged

package faults

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// tempPrefix begins the names of uploads that are not complete.
const tempPrefix = ".pureftpd-"

// uploadPart is how much of an upload has been sent, and written, when a process dies.
const uploadPart = 300 << 10

// begin starts an upload, and waits until the server has written what was sent of it: until the home holds so many bytes.
func (s *site) begin(t *testing.T, in *client, command string, content []byte, total int) *net.TCPConn {
	t.Helper()
	data, r, err := in.open(command)
	if err != nil || data == nil {
		t.Fatalf("%s: answered %q, %v", command, r, err)
	}
	t.Cleanup(func() { data.Close() })
	if _, err := data.Write(content); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server writes what it receives", func() bool { return s.bytes(t) == int64(total) })
	return data
}

// bytes is how much disk the files of the home take, counted in what can be read of them.
func (s *site) bytes(t *testing.T) int64 {
	t.Helper()
	total := int64(0)
	for _, name := range names(t, s.home) {
		if info, err := os.Lstat(s.path(name)); err == nil {
			total += info.Size()
		}
	}
	return total
}

// temps are the files in the home that wait for their names.
func (s *site) temps(t *testing.T) []string {
	t.Helper()
	var list []string
	for _, name := range names(t, s.home) {
		if strings.HasPrefix(name, tempPrefix) {
			list = append(list, name)
		}
	}
	return list
}

// A death is an upload over an old file that is cut short.
type death struct {
	name    string
	options []string
	setup   []string // commands ahead of the upload
	verb    string
	kept    int  // how much of the old file must stand at its start
	exactly bool // and nothing else
	begins  bool // what was sent must follow it
	total   int  // bytes of all files when the part is written
}

const oldSize = 100_000

func deaths() []death {
	const restart = 60_000
	rest := []string{fmt.Sprintf("REST %d", restart)}
	atomic, rename, both := []string{"-0"}, []string{"-r"}, []string{"-0", "-r"}
	return []death{
		{name: "STOR", verb: "STOR", begins: true, total: uploadPart},
		{name: "APPE", verb: "APPE", kept: oldSize, begins: true, total: oldSize + uploadPart},
		{name: "STOR after REST", setup: rest, verb: "STOR", kept: restart, begins: true, total: restart + uploadPart},
		{name: "STOR, -0", options: atomic, verb: "STOR", kept: oldSize, exactly: true, total: oldSize + uploadPart},
		{name: "STOR after REST, -0", options: atomic, setup: rest, verb: "STOR", kept: oldSize, exactly: true,
			total: oldSize + restart + uploadPart},
		{name: "STOR, -r", options: rename, verb: "STOR", kept: oldSize, exactly: true, total: oldSize + uploadPart},
		{name: "STOR, -0 -r", options: both, verb: "STOR", kept: oldSize, exactly: true, total: oldSize + uploadPart},
		{name: "APPE, -0", options: atomic, verb: "APPE", kept: oldSize, begins: true, total: oldSize + uploadPart},
	}
}

// check looks at the file under its name.
func (d death) check(t *testing.T, s *site, old, sent []byte) {
	t.Helper()
	got, err := os.ReadFile(s.path("file"))
	if err != nil {
		t.Error(err)
		return
	}
	if len(got) < d.kept || !bytes.Equal(got[:d.kept], old[:d.kept]) {
		t.Errorf("of the %d bytes that were to stay something is lost; the file has %d", d.kept, len(got))
		return
	}
	rest := got[d.kept:]
	if d.exactly && len(rest) > 0 {
		t.Errorf("the old file has grown by %d bytes", len(rest))
	}
	if d.begins && !bytes.Equal(rest, sent) {
		t.Errorf("after the %d bytes that stay there are %d, which are not the %d sent", d.kept, len(rest), len(sent))
	}
	for _, name := range names(t, s.home) {
		if has(d.options, "-0") && name != "file" && !strings.HasPrefix(name, tempPrefix) {
			t.Errorf("half a file has got the name %s", name)
		}
	}
}

// testServerKilled kills servers in the middle of uploads.
func testServerKilled(t *testing.T, l *lab) {
	old, sent := pattern(oldSize, 2), pattern(uploadPart, 3)
	for _, d := range deaths() {
		t.Run(d.name, func(t *testing.T) {
			s := l.start(t, folder(t)+"/home", d.options...)
			write(t, s.path("file"), old)
			in := s.login(t)
			for _, command := range d.setup {
				in.expect(t, 350, command)
			}
			s.begin(t, in, d.verb+" file", sent, d.total)
			s.kill(t)
			d.check(t, s, old, sent)
			if d.exactly && len(s.temps(t)) > 1 {
				t.Errorf("temporary files %q are left, want one at most", s.temps(t))
			}
		})
	}
}

// testClientKilled ends clients in the middle of transfers: once as the kernel closes the sockets of a killed process,
// in their order, and once as a broken network does.
func testClientKilled(t *testing.T, l *lab) {
	old, sent := pattern(oldSize, 4), pattern(uploadPart, 5)
	for _, d := range deaths() {
		t.Run(d.name, func(t *testing.T) {
			s := l.start(t, folder(t)+"/home", d.options...)
			idle := descriptors(s.pid)
			for _, way := range []string{"closed", "reset"} {
				for range 5 {
					clear(t, s)
					write(t, s.path("file"), old)
					in := s.login(t)
					for _, command := range d.setup {
						in.expect(t, 350, command)
					}
					data := s.begin(t, in, d.verb+" file", sent, d.total)
					die(t, way, in, data)
					s.expectSession(t)
					settles(t, s.pid, idle+portsOfServer)
					d.check(t, s, old, sent)
					if left := s.temps(t); len(left) > 0 {
						t.Errorf("client %s: temporary files %q are left", way, left)
					}
					if t.Failed() {
						return
					}
				}
			}
		})
	}
	t.Run("RETR", func(t *testing.T) { testDownloaderKilled(t, l) })
}

// clear removes everything from the home.
func clear(t *testing.T, s *site) {
	t.Helper()
	for _, name := range names(t, s.home) {
		if err := os.RemoveAll(s.path(name)); err != nil {
			t.Fatal(err)
		}
	}
}

// die closes the sockets of a client without a word.
func die(t *testing.T, way string, in *client, data *net.TCPConn) {
	t.Helper()
	for _, conn := range []*net.TCPConn{in.conn.(*net.TCPConn), data} {
		if way == "reset" {
			if err := conn.SetLinger(0); err != nil {
				t.Error(err)
			}
		}
		conn.Close()
	}
}

// expectSession waits until no session is left, so that what a dead client's session does has been done. The server has no
// connection then beside its listeners.
func (s *site) expectSession(t *testing.T) {
	t.Helper()
	eventually(t, "the dead client's session ends", func() bool { return s.connections(t) == 0 })
}

// connections counts the server's end of connections to its control port.
func (s *site) connections(t *testing.T) int {
	t.Helper()
	inodes := make(map[string]bool)
	text, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	local := fmt.Sprintf("0100007F:%04X", s.port)
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 9 && f[1] == local && f[3] != "0A" && f[9] != "0" {
			inodes["socket:["+f[9]+"]"] = true
		}
	}
	n := 0
	dir := fmt.Sprintf("/proc/%d/fd", s.pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if to, err := os.Readlink(dir + "/" + e.Name()); err == nil && inodes[to] {
			n++
		}
	}
	return n
}

// testDownloaderKilled ends clients that were fetching.
func testDownloaderKilled(t *testing.T, l *lab) {
	s := l.start(t, folder(t)+"/home", "-y", "1:1")
	write(t, s.path("big"), pattern(32<<20, 6))
	for _, way := range []string{"closed", "reset"} {
		for range 3 {
			in := s.login(t)
			data, r, err := in.open("RETR big")
			if err != nil || data == nil {
				t.Fatalf("RETR: %q, %v", r, err)
			}
			if _, err := io.CopyN(io.Discard, data, 1<<20); err != nil {
				t.Fatal(err)
			}
			die(t, way, in, data)
			s.expectSession(t) // the only place of the account is free again
		}
	}
	in := s.login(t)
	begun := time.Now()
	in.alive(t)
	if took := time.Since(begun); took > patience {
		t.Errorf("a session after the dead ones took %v", took)
	}
}
