//go:build privileged

package faults

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pureftpd/test/harness"
)

// The ports of the servers: one control port and portsOfServer-1 passive ones each.
const (
	firstPort     = 26000
	endPort       = 27000
	portsOfServer = 25
)

// The virtual user that most tests log in as, and who owns his files.
const (
	user     = "ann"
	password = "secret"
	userID   = 2103
)

// patience is how long a test waits for what should happen at once, on a machine that is busy.
const patience = 20 * time.Second

// A lab has the program under test and hands out ports.
type lab struct {
	binary string
	ports  harness.Ports // of the harness, which takes some for every server

	mu   sync.Mutex
	free []int // the first ports of the blocks that no server has
}

func newLab(t *testing.T) *lab {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("these tests need root")
	}
	binary, err := harness.Build(folder(t), "pure-ftpd")
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{binary: binary}
	for first := firstPort; first+portsOfServer <= endPort; first += portsOfServer {
		l.free = append(l.free, first)
	}
	return l
}

// block returns the first of portsOfServer ports that nobody listens on. They are the test's until it ends.
func (l *lab) block(t *testing.T) int {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, first := range l.free {
		if !allFree(first) {
			continue
		}
		l.free = slices.Delete(l.free, i, i+1)
		t.Cleanup(func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.free = append(l.free, first) // at the end: it has the longest rest
		})
		return first
	}
	t.Fatalf("no %d free ports from %d to %d", portsOfServer, firstPort, endPort-1)
	return 0
}

func allFree(first int) bool {
	for port := first; port < first+portsOfServer; port++ {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return false
		}
		listener.Close()
	}
	return true
}

// A site is a running server with the folder in which its user is at home.
type site struct {
	*harness.Server
	home string // the user's root, on the disk
	port int
	pid  int
}

// start starts a server for the user, whose home is made if need be and is his root.
func (l *lab) start(t *testing.T, home string, options ...string) *site {
	t.Helper()
	return l.startFor(t, home, fmt.Sprintf("%s:%s:%d:%d::%s/./::::::::::::\n", user, password, userID, userID, home), options...)
}

// startFor starts a server for the users of some lines of a passwd file.
func (l *lab) startFor(t *testing.T, home, users string, options ...string) *site {
	t.Helper()
	if err := errors.Join(os.MkdirAll(home, 0o755), os.Chown(home, userID, userID)); err != nil {
		t.Fatal(err)
	}
	s := &site{home: home, port: l.block(t)}
	options = append(options, "-S", fmt.Sprintf("127.0.0.1,%d", s.port))
	if !has(options, "-p") {
		options = append(options, "-p", fmt.Sprintf("%d:%d", s.port+1, s.port+portsOfServer-1))
	}
	s.Server = harness.Start(t, &l.ports, harness.Config{Binary: l.binary, Staged: true, Options: options, Users: users})
	eventually(t, "the server writes its process number", func() bool {
		text, err := os.ReadFile(filepath.Join(s.Dir, "pid"))
		if err == nil {
			s.pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
		}
		return err == nil
	})
	if err := s.first(); err != nil {
		t.Fatal(err)
	}
	return s
}

// first makes the first connection, which waits until the server has given up root.
func (s *site) first() error {
	c, err := s.connect("127.0.0.1")
	if err != nil {
		return err
	}
	return errors.Join(c.want(220, ""), c.conn.Close())
}

func has(options []string, flag string) bool {
	for _, o := range options {
		if strings.HasPrefix(o, flag) {
			return true
		}
	}
	return false
}

func (s *site) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// path is where a file of the user is on the disk.
func (s *site) path(name string) string { return filepath.Join(s.home, name) }

// expectLog waits for lines of the log that contain the texts, in their order.
func (s *site) expectLog(t *testing.T, texts ...string) {
	t.Helper()
	contains := func(text, line string) bool { return strings.Contains(line, text) }
	if err := s.Log.Expect(texts, contains); err != nil {
		t.Error(err)
	}
}

// folder makes a folder that every user may enter. It is removed with the test.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pure-ftpd-faults-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// write makes a file of the user.
func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := errors.Join(os.WriteFile(path, content, 0o644), os.Chown(path, userID, userID)); err != nil {
		t.Fatal(err)
	}
}

// mkdir makes a folder of the user.
func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(path, 0o755), os.Chown(path, userID, userID)); err != nil {
		t.Fatal(err)
	}
}

// holds checks what is in a file.
func holds(t *testing.T, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	} else if !bytes.Equal(got, want) {
		t.Errorf("%s holds %d bytes %.20q, want %d bytes %.20q", path, len(got), got, len(want), want)
	}
}

// names lists a folder.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// pattern returns n bytes that differ from place to place, and with the seed.
func pattern(n int, seed uint32) []byte {
	b := make([]byte, n)
	x := seed*2654435761 + 1
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x)
	}
	return b
}

// eventually waits until a condition of another process holds, which nobody announces.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	within(t, patience, what, holds)
}

func within(t *testing.T, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	end := time.After(limit)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("it does not come to pass within %v that %s", limit, what)
		}
	}
}
