package control

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pureftpd/test/harness"
)

// endless is a file that takes longer to send than any test.
var endless = []string{"sparse home/endless 1000000000000"}

// A receiver reads a data connection as fast as it can and counts.
type receiver struct{ n atomic.Int64 }

func receive(from io.Reader) *receiver {
	r := new(receiver)
	go func() { // ends with the connection
		buffer := make([]byte, 1<<20)
		for {
			n, err := from.Read(buffer)
			r.n.Add(int64(n))
			if err != nil {
				return
			}
		}
	}()
	return r
}

// rate is what arrives in a time, in bytes per second.
func (r *receiver) rate(during time.Duration) float64 {
	before, begun := r.n.Load(), time.Now()
	time.Sleep(during)
	return float64(r.n.Load()-before) / time.Since(begun).Seconds()
}

// atLeast measures until so much arrives, for half a minute at most, and returns what arrived last.
func (r *receiver) atLeast(wanted float64) (got float64) {
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		if got = r.rate(time.Second); got >= wanted {
			break
		}
	}
	return got
}

// unlimited is more than any limit of the test lets through, and what the busiest machine moves without one.
const unlimited = 12 << 20

const maxPacket = 64 << 10

// TestLimits changes the rate of a running download in all three ways, and measures at the receiver: from a second after
// pure-ftpctl was started on, the new rate holds (Q25).
func TestLimits(t *testing.T) {
	s := start(t, harness.Config{Setup: endless})
	c := s.login()
	data := c.passive()
	c.do("RETR endless", "150")
	r := receive(data)
	if got := r.atLeast(unlimited); got < unlimited {
		t.Fatalf("without a limit %.0f bytes per second arrive", got)
	}
	id := s.who()[0][0]
	for _, test := range []struct {
		args string
		want float64
	}{
		{"session " + id + " 500K", 500 << 10},
		{"session " + id + " 64M:4M", 4 << 20},
		{"user ann 800K", 800 << 10},
		{"user ann none", 4 << 20},
		{"server 1M", 1 << 20},
		{"server none", 4 << 20},
	} {
		begun := time.Now()
		s.ctl(append([]string{"limit"}, strings.Fields(test.args)...)...)
		time.Sleep(time.Until(begun.Add(time.Second)))
		// In two seconds a burst, a tenth of a second's worth, and one packet of the loopback may come on top.
		got := r.rate(2 * time.Second)
		if got > test.want*1.05+maxPacket/2 {
			t.Errorf("limit %s: %.0f bytes per second arrive; want %.0f", test.args, got, test.want)
		}
		if got < test.want*0.75 { // a busy machine may have kept it from moving
			got = r.atLeast(test.want * 0.75)
		}
		if got < test.want*0.75 {
			t.Errorf("limit %s: %.0f bytes per second arrive; want %.0f", test.args, got, test.want)
		}
	}
	s.ctl("limit", "session", id, "none")
	if got := r.atLeast(unlimited); got < unlimited {
		t.Errorf("when the limit is gone %.0f bytes per second arrive", got)
	}
	c.do("ABOR", "426")
	c.want("226")
}

func TestKick(t *testing.T) {
	s := start(t, harness.Config{Setup: endless})
	idle, busy := s.connect(), s.login()
	receive(busy.passive())
	busy.do("RETR endless", "150")
	s.ctl("kick", "--all")
	for _, c := range []*client{idle, busy} {
		if got := c.want("421"); !strings.Contains(got, "The administrator has ended this session") {
			t.Errorf("a kicked client reads %q", got)
		}
		if _, err := c.in.ReadByte(); err != io.EOF {
			t.Errorf("after that: %v; want the end", err)
		}
	}
	eventually(t, "nobody is left", func() bool { return len(s.who()) == 0 })
}

func TestMessage(t *testing.T) {
	s := start(t, harness.Config{})
	c := s.login()
	s.ctl("message", "--user", "ann", "We close at six.")
	if got := c.do("PWD", "257"); strings.Contains(got, "six") {
		t.Errorf("PWD: %q", got)
	}
	if got := c.do("NOOP", "200"); !strings.Contains(got, "200-We close at six.\r\n") {
		t.Errorf("NOOP: %q; want the message", got)
	}
}

func TestTrace(t *testing.T) {
	s := start(t, harness.Config{})
	c := s.connect()
	cmd := exec.Command(filepath.Join(programs, "pure-ftpctl"), "--dir", s.dir, "trace", s.who()[0][0])
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if first, err := lines.ReadString('\n'); err != nil || !strings.Contains(first, "Ctrl-C") {
		t.Fatalf("%q, %v", first, err)
	}
	eventually(t, "the server has begun", func() bool {
		log, err := os.ReadFile(filepath.Join(s.Dir, "stderr"))
		return err == nil && strings.Contains(string(log), "follows the dialogue of session")
	})
	c.do("NOOP", "200")
	c.do("USER ann", "331")
	c.do("PASS secret", "230")
	c.do("QUIT", "221")
	rest, err := io.ReadAll(lines)
	if failed := cmd.Wait(); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	for _, want := range []string{"C: NOOP\n", "S: 200 Still here\n", "C: USER ann\n", "C: PASS ***\n", "S: 230 ", "C: QUIT\n", "the session has ended\n"} {
		if !strings.Contains(string(rest), want) {
			t.Errorf("the trace lacks %q:\n%s", want, rest)
		}
	}
	if strings.Contains(string(rest), "secret") {
		t.Errorf("the trace holds the password:\n%s", rest)
	}
}

// TestDrain lets a download end and nobody in; then the server has ended and its socket is gone.
func TestDrain(t *testing.T) {
	s := start(t, harness.Config{Setup: []string{"size home/file 3000000"}})
	idle, busy := s.login(), s.login()
	data := busy.passive()
	s.ctl("limit", "user", "ann", "1M")
	busy.do("RETR file", "150")
	s.ctl("drain")
	s.ctl("drain") // once more changes nothing
	idle.want("421")
	eventually(t, "nobody is let in", func() bool {
		conn, err := net.Dial("tcp", idle.conn.RemoteAddr().String())
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	if left := s.who(); len(left) != 1 || left[0][3] != " DL " {
		t.Errorf("while it drains: %q; want the download", left)
	}
	if n, err := io.Copy(io.Discard, data); n != 3000000 || err != nil {
		t.Errorf("the download ends after %d bytes, %v", n, err)
	}
	busy.want("226")
	busy.want("421")
	eventually(t, "the socket is gone", func() bool { return len(s.sockets()) == 0 })
	if r := s.program("pure-ftpctl", "list"); r.status != 1 || !strings.Contains(r.errs, "no server is running") {
		t.Errorf("after the end: %+v", r)
	}
}

// TestInetd has a process for each client: all are seen, and each is steered.
func TestInetd(t *testing.T) {
	s := start(t, harness.Config{Inetd: true})
	var clients []*client
	for range 3 {
		clients = append(clients, s.login())
	}
	list := s.who()
	if len(list) != 3 || len(s.sockets()) != 3 {
		t.Fatalf("%d sessions, sockets %q; want 3", len(list), s.sockets())
	}
	for _, fields := range list {
		if socket := filepath.Join(s.dir, fields[0]+".sock"); !exists(socket) || fields[1] != "ann" {
			t.Errorf("%q has no socket %s", fields, socket)
		}
	}
	s.ctl("kick", list[0][0])
	eventually(t, "one is gone", func() bool { return len(s.who()) == 2 && len(s.sockets()) == 2 })
	s.ctl("drain", "--all", "--wait")
	for _, c := range clients {
		c.want("421")
	}
	eventually(t, "all sockets are gone", func() bool { return len(s.sockets()) == 0 })
}

func exists(path string) bool {
	matches, _ := filepath.Glob(path)
	return len(matches) == 1
}

func TestSettings(t *testing.T) {
	s := start(t, harness.Config{Options: []string{"-I", "7"}})
	s.connect()
	if got := s.ctl("settings", "--changed", "maxidletime"); !strings.Contains(got, "maxidletime  7 minutes  argument 1 (-I)") {
		t.Errorf("settings: %q", got)
	}
	if got := s.ctl("status"); !strings.Contains(got, "standalone") || !strings.Contains(got, "1, 0 downloading") {
		t.Errorf("status: %q", got)
	}
}

// TestTry asks a server on trial, which leaves nothing behind.
func TestTry(t *testing.T) {
	s := &site{t: t, dir: filepath.Join(t.TempDir(), "run")}
	cmd := exec.Command(filepath.Join(programs, "pure-ftpd"), "--try="+t.TempDir(), "-S", "127.0.0.1,0", "--controldir", s.dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // where the test has failed
	eventually(t, "it answers", func() bool { return len(s.sockets()) == 1 && s.program("pure-ftpctl", "status").status == 0 })
	if got := s.ctl("status"); !strings.Contains(got, "try") {
		t.Errorf("status: %q", got)
	}
	s.ctl("drain", "--wait")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if left := s.sockets(); len(left) != 0 {
		t.Errorf("%q is left", left)
	}
}

// TestKilled starts a server where another was killed: its socket is removed.
func TestKilled(t *testing.T) {
	s := start(t, harness.Config{})
	s.connect()
	before := s.sockets()
	if len(before) != 1 {
		t.Fatalf("sockets %q", before)
	}
	var pid int
	if _, err := fmt.Sscanf(before[0], "%d.sock", &pid); err != nil {
		t.Fatal(err)
	}
	kill(t, pid)
	next := harness.Start(t, &ports, harness.Config{
		Binary: filepath.Join(programs, "pure-ftpd"), Options: []string{"--controldir", s.dir},
	})
	if _, err := next.Dial("", ""); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the socket is replaced", func() bool {
		after := s.sockets()
		return len(after) == 1 && after[0] != before[0]
	})
}
