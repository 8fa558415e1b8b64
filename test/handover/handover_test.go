package handover

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"pureftpd/internal/control"
	"pureftpd/test/harness"
)

// patience is how long a test waits for what should happen at once, on a machine that is busy.
const patience = 20 * time.Second

// programs is where the server under test is.
var programs string

func TestMain(m *testing.M) { os.Exit(harness.Main(m, &programs, "pure-ftpd")) }

// A site is a home, a port and a control directory, which servers have one after the other.
type site struct {
	t          *testing.T
	dir        string
	port       int // two for data follow
	notify     *net.UnixConn
	bind       []string            // where the servers listen
	passed     *os.File            // a socket for the next server, as from systemd
	as         *syscall.Credential // who runs the servers; nil: who runs the test
	generation []*process
}

// A process is a server.
type process struct {
	*exec.Cmd
	errs  bytes.Buffer
	ended chan struct{}
}

// nobody runs servers without privileges.
const nobody = 65534

func newSite(t *testing.T, as *syscall.Credential) *site {
	t.Helper()
	dir, err := os.MkdirTemp("", "pure-ftpd-site-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	s := &site{t: t, dir: dir, as: as}
	uid, gid := os.Getuid(), os.Getgid()
	if uid == 0 {
		uid, gid = 2101, 2101
	}
	if as != nil {
		uid, gid = int(as.Uid), int(as.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	home := filepath.Join(dir, "home")
	users := fmt.Sprintf("ann:secret:%d:%d::%s/./::::::::::::\n", uid, gid, home)
	for _, err := range []error{
		os.Chmod(dir, 0o755), os.Mkdir(home, 0o755), os.Chown(home, uid, gid),
		os.WriteFile(filepath.Join(home, "large"), content(1), 0o644),
		os.WriteFile(filepath.Join(dir, "users.pdb"), harness.PureDB(users), 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if s.notify, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.notify.Close() })
	if err := os.Chmod(filepath.Join(dir, "notify"), 0o777); err != nil { // as systemd's
		t.Fatal(err)
	}
	for s.port = 24800 + os.Getpid()%40*5; !free(s.port); s.port += 3 {
		if s.port > 25200 {
			t.Fatal("no free ports")
		}
	}
	s.bind = []string{"-S", "127.0.0.1," + strconv.Itoa(s.port)}
	return s
}

func free(first int) bool {
	for n := first; n < first+3; n++ {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", n))
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}

const large = 3 << 20 // bytes of a transfer

// content is what no two files have in common.
func content(seed uint64) []byte {
	b := make([]byte, large)
	_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(b) // it never fails
	return b
}

// launch starts a server.
func (s *site) launch(more ...string) *process {
	s.t.Helper()
	args := append([]string{
		"-H", "-f", "none", "-p", fmt.Sprintf("%d:%d", s.port+1, s.port+2),
		"-l", "puredb:" + s.dir + "/users.pdb", "-g", s.dir + "/pid", "--controldir", s.dir + "/run", "-c", "500", "-C", "300",
	}, append(more, s.bind...)...)
	p := &process{Cmd: exec.Command(filepath.Join(programs, "pure-ftpd"), args...), ended: make(chan struct{})}
	p.Stderr = &p.errs
	p.Env = append(os.Environ(), "NOTIFY_SOCKET="+s.dir+"/notify")
	p.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Credential: s.as}
	if s.passed != nil {
		p.Path, p.Args = "/bin/sh", append([]string{"sh", "-c", `LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"`, "sh", p.Path}, args...)
		p.ExtraFiles, s.passed = []*os.File{s.passed}, nil
	}
	if err := p.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		_ = p.Wait() // ProcessState tells
		close(p.ended)
	}()
	s.t.Cleanup(func() {
		_ = p.Process.Kill() // often gone already
		<-p.ended
	})
	return p
}

// begin starts a server and waits until it says that it is ready.
func (s *site) begin(more ...string) *process {
	s.t.Helper()
	p := s.launch(more...)
	message := make([]byte, 100)
	if err := s.notify.SetReadDeadline(time.Now().Add(patience)); err != nil {
		s.t.Fatal(err)
	}
	n, err := s.notify.Read(message)
	want := "READY=1"
	if len(s.generation) > 0 {
		want = fmt.Sprintf("MAINPID=%d\nREADY=1", p.Process.Pid)
	}
	if string(message[:n]) != want || err != nil {
		s.t.Fatalf("systemd is told %q, %v; want %q; standard error %s", message[:n], err, want, p.errs.String())
	}
	s.generation = append(s.generation, p)
	return p
}

// end waits for the end of a process.
func (s *site) end(p *process) int {
	s.t.Helper()
	select {
	case <-p.ended:
		return p.ProcessState.ExitCode()
	case <-time.After(patience):
		s.t.Fatalf("process %d does not end", p.Process.Pid)
		return -1
	}
}

// dial connects from an address.
func (s *site) dial(from string) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: patience}
	return d.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.port))
}

// login opens a session of ann.
func (s *site) login(from string) *harness.Client {
	s.t.Helper()
	conn, err := s.dial(from)
	if err != nil {
		s.t.Fatal(err)
	}
	c := harness.NewClient(s.t, conn, 3*time.Minute)
	c.Reply(220)
	c.Login("ann")
	return c
}

// knock connects without a pause, until ctx ends, and is greeted each time.
func (s *site) knock(ctx context.Context, from string, greeted *atomic.Int64) {
	for ctx.Err() == nil {
		conn, err := s.dial(from)
		if err != nil {
			s.t.Errorf("a client is refused: %v", err)
			return
		}
		greeting := make([]byte, 4)
		_ = conn.SetDeadline(time.Now().Add(patience)) // a connection that was just made takes it
		if _, err := io.ReadFull(conn, greeting); err != nil || string(greeting[:3]) != "220" {
			s.t.Errorf("a client is greeted with %q, %v", greeting, err)
		}
		conn.Close()
		greeted.Add(1)
	}
}

// work has a session list, fetch and store until ctx ends, and compares what has come.
func (s *site) work(ctx context.Context, c *harness.Client, n uint64, done *atomic.Int64) {
	want, mine := sha256.Sum256(content(1)), content(n)
	name := fmt.Sprintf("upload%d", n)
	for ctx.Err() == nil {
		list := c.Data()
		c.Ask(150, "NLST")
		names, err := io.ReadAll(list)
		list.Close()
		c.Reply(226)
		if err != nil || !strings.Contains(string(names), "large\r\n") {
			s.t.Errorf("listed %q, %v", names, err)
		}
		data := c.Data()
		c.Ask(150, "RETR large")
		h := sha256.New()
		for {
			_, err := io.CopyN(h, data, large/16)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				s.t.Errorf("a download breaks off: %v", err)
				return
			}
			time.Sleep(20 * time.Millisecond) // so that it runs across hand-overs
		}
		data.Close()
		c.Reply(226)
		if [32]byte(h.Sum(nil)) != want {
			s.t.Error("a download has other bytes")
		}
		up := c.Data()
		c.Ask(150, "STOR "+name)
		for rest := mine; len(rest) > 0; {
			piece := rest[:min(len(rest), large/16)]
			if _, err := up.Write(piece); err != nil {
				s.t.Errorf("an upload breaks off: %v", err)
				return
			}
			rest = rest[len(piece):]
			time.Sleep(20 * time.Millisecond)
		}
		up.Close()
		c.Reply(226)
		stored, err := os.ReadFile(filepath.Join(s.dir, "home", name))
		if err != nil || !bytes.Equal(stored, mine) {
			s.t.Errorf("an upload has other bytes: %v", err)
		}
		done.Add(2)
	}
	c.Ask(221, "QUIT")
}

// TestTwentyHandOversCutNothing is Q13: clients come without a pause, transfers of sessions of all generations run across the hand-overs
// and share two passive ports.
func TestTwentyHandOversCutNothing(t *testing.T) {
	const handOvers = 20
	s := newSite(t, nil)
	s.begin("--takeover") // nobody is there to be taken over
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	var greeted, transfers atomic.Int64
	for n := range 2 {
		wg.Go(func() { s.knock(ctx, fmt.Sprintf("127.0.3.%d", n+1), &greeted) })
	}
	session := uint64(1)
	join := func(many int) {
		for range many {
			session++
			n := session
			c := s.login(fmt.Sprintf("127.0.2.%d", n))
			wg.Go(func() { s.work(ctx, c, n, &transfers) })
		}
	}
	join(12)
	idle := s.login("127.0.4.1")
	for n := range handOvers {
		before := greeted.Load()
		s.begin("--takeover")
		join(1)
		switch n {
		case 4: // one that cannot start, and one that is killed on its way
			if status := s.end(s.launch("--takeover", "-O", "clf:/nonexistent/log")); status != 1 {
				t.Errorf("exit status %d of a start that cannot succeed; want 1", status)
			}
			p := s.launch("--takeover", "-O", "clf:/nonexistent/log")
			_ = p.Process.Kill() // it may have ended
			<-p.ended
		case 10:
			idle.Ask(200, "NOOP") // ten generations old
		}
		for end := time.Now().Add(patience); greeted.Load() == before; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("nobody is greeted any more")
			}
		}
	}
	listed, err := os.ReadFile(s.dir + "/pid")
	newest := s.generation[handOvers]
	if err != nil || strings.TrimSpace(string(listed)) != strconv.Itoa(newest.Process.Pid) {
		t.Errorf("pid file: %q, %v; want that of the newest, %d", listed, err, newest.Process.Pid)
	}
	time.Sleep(2 * time.Second) // transfers that have begun after the last one
	stop()
	wg.Wait()
	if greeted.Load() < handOvers || transfers.Load() < 2*int64(session-1) {
		t.Errorf("%d clients were greeted, %d transfers done: too few to prove anything", greeted.Load(), transfers.Load())
	}
	t.Logf("%d clients greeted, %d transfers", greeted.Load(), transfers.Load())
	select {
	case <-s.generation[0].ended:
		t.Error("the first server has ended although a session of it is idle")
	default:
	}
	idle.Ask(200, "NOOP")
	idle.Ask(221, "QUIT")
	for n, p := range s.generation[:handOvers] {
		if status := s.end(p); status != 0 {
			t.Errorf("server %d ends with %d: %s", n, status, p.errs.String())
		}
	}
	if _, err = os.ReadFile(s.dir + "/pid"); err != nil {
		t.Errorf("the older servers have removed the pid file: %v", err)
	}
	if err := newest.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if status := s.end(newest); status != 0 {
		t.Errorf("the newest ends with %d: %s", status, newest.errs.String())
	}
	if _, err := os.Stat(s.dir + "/pid"); err == nil {
		t.Error("the newest leaves its pid file")
	}
}

// TestStopOfAnOlder ends the sessions of a server that was taken over, by a signal; with root's servers and those of others.
func TestStopOfAnOlder(t *testing.T) {
	t.Run("own user", func(t *testing.T) { testStopOfAnOlder(t, nil) })
	if os.Getuid() == 0 {
		t.Run("nobody", func(t *testing.T) { testStopOfAnOlder(t, &syscall.Credential{Uid: nobody, Gid: nobody}) })
	}
}

func testStopOfAnOlder(t *testing.T, as *syscall.Credential) {
	s := newSite(t, as)
	a := s.begin()
	c := s.login("127.0.0.1")
	s.begin("--takeover")
	c.Store("stored", "after the hand-over")
	if got := c.Fetch("stored"); got != "after the hand-over" {
		t.Errorf("fetched %q", got)
	}
	if err := a.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	c.Reply(421)
	if status := s.end(a); status != 0 {
		t.Errorf("exit status %d: %s", status, a.errs.String())
	}
	s.login("127.0.0.1").Fetch("large")
}

// TestSocketOfSystemd is handed over to servers that have no -S, though the port is not the usual one.
func TestSocketOfSystemd(t *testing.T) {
	s := newSite(t, nil)
	s.bind = nil
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", s.port))
	if err != nil {
		t.Fatal(err)
	}
	if s.passed, err = l.(*net.TCPListener).File(); err != nil {
		t.Fatal(err)
	}
	passed := s.passed
	s.begin()
	if err := errors.Join(l.Close(), passed.Close()); err != nil {
		t.Fatal(err)
	}
	first := s.login("127.0.0.1")
	for range 2 {
		s.begin("--takeover")
		s.login("127.0.0.2").Fetch("large")
	}
	first.Fetch("large")
}

// TestPageAndBansGoAlong has the status page answered by the newest process, at the same port without a gap, and addresses stay out.
func TestPageAndBansGoAlong(t *testing.T) {
	s := newSite(t, nil)
	place := fmt.Sprintf("127.0.0.1:%d", s.port+1)
	page := func() (pid int) {
		t.Helper()
		var status control.Status
		answer, err := http.Get("http://" + place + "/v1/server")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if err := json.NewDecoder(answer.Body).Decode(&status); err != nil {
			t.Fatal(err)
		}
		return status.PID
	}
	options := []string{"-p", fmt.Sprintf("%d:%d", s.port+2, s.port+2), "--statuspage", place, "--metrics", place}
	old := s.begin(options...)
	if got := page(); got != old.Process.Pid {
		t.Errorf("the page is of process %d; want %d", got, old.Process.Pid)
	}
	clients, err := control.Predecessors(t.Context(), s.dir+"/run")
	if err != nil || len(clients) != 1 {
		t.Fatalf("%d servers, %v", len(clients), err)
	}
	if err := clients[0].Ban(t.Context(), control.BanOrder{Address: "127.0.0.9", For: time.Hour, Reason: "guessing"}); err != nil {
		t.Fatal(err)
	}
	stays := s.login("127.0.0.1")
	for range 3 {
		p := s.begin(append(options, "--takeover")...)
		for end := time.Now().Add(patience); page() != p.Process.Pid; { // the older answers until it has closed its socket
			if time.Now().After(end) {
				t.Fatalf("the page is not of process %d", p.Process.Pid)
			}
		}
		conn, err := s.dial("127.0.0.9")
		if err != nil {
			t.Fatal(err)
		}
		harness.NewClient(t, conn, patience).Reply(421)
	}
	if text, err := clients[0].Metrics(t.Context()); err != nil || !strings.Contains(string(text), "\npureftpd_successor 1\n") {
		t.Errorf("the first process does not tell that it has a successor: %v", err)
	}
	answer, err := http.Get("http://" + place + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	for _, line := range []string{"pureftpd_successor 0", `pureftpd_bans{by="administrator"} 1`, `pureftpd_bans_total{by="administrator"} 0`} {
		if err != nil || !strings.Contains(string(text), "\n"+line+"\n") {
			t.Errorf("the newest process does not tell %s: %v", line, err)
		}
	}
	stays.Fetch("large")
}
