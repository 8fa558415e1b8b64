package start

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pureftpd/test/harness"
)

// A superServer is the test itself: it accepts, and starts a server for each client.
type superServer struct {
	t        *testing.T
	dir      string
	listener net.Listener
	command  command
}

// super listens; each client gets a server with these arguments.
func super(t *testing.T, dir string, c command) *superServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &superServer{t: t, dir: dir, listener: l, command: c}
}

// connect makes a client and the server for it.
func (s *superServer) connect() (*harness.Client, *process) {
	s.t.Helper()
	c := dial(s.t, s.listener.Addr().String())
	conn, err := s.listener.Accept()
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	f, err := conn.(*net.TCPConn).File()
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	run := s.command
	run.stdin = f
	if run.output == inherited {
		run.output = f
	}
	return c, launch(s.t, s.dir, run)
}

// inherited stands for the client's connection as a command's output.
var inherited = os.Stdin

// user makes a client that is logged in.
func (s *superServer) user(name string) (*harness.Client, *process) {
	s.t.Helper()
	c, p := s.connect()
	c.Reply(220)
	c.Ask(331, "USER "+name)
	c.Ask(230, "PASS secret")
	return c, p
}

func TestInetd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]command{
		"standard input":          {},
		"input and output":        {output: inherited},
		"input, output and error": {output: inherited, both: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t)
			// -k 100 is worth a warning, which is nothing that a client may see.
			c.args = quiet("-k", "100", "-l", "puredb:"+accounts(t, dir), "-A")
			client, p := super(t, dir, c).user("ann")
			works(t, client)
			client.Ask(221, "QUIT")
			if rest := client.Rest(); rest != "" {
				t.Errorf("after the last reply came %q", rest)
			}
			p.endsWith(t, 0)
		})
	}
}

func TestInetdWithConfigurationFile(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	config := put(t, filepath.Join(dir, "conf"), "SyslogFacility none\nDontResolve yes\nPureDB "+accounts(t, dir)+"\n")
	c, p := super(t, dir, command{args: []string{config}, output: inherited}).user("ann")
	works(t, c)
	c.Close()
	p.endsWith(t, 0)
}

// TestInetdTellsTheClientOfAMistake starts with an unknown switch: the client is to read a reply, not a diagnosis.
func TestInetdTellsTheClientOfAMistake(t *testing.T) {
	t.Parallel()
	s := super(t, folder(t), command{args: []string{"--nosuch"}, output: inherited, both: true})
	c, p := s.connect()
	c.Reply(421)
	p.endsWith(t, 252)
}

// TestInetdLimits counts sessions across processes: as many as the limit says get in, the next is told why not, and a place
// is free again when a process is gone, however it ended.
func TestInetdLimits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		switches []string
		text     string
	}{
		"server":      {[]string{"-c", "3"}, "3 places"},
		"per address": {[]string{"-C", "3"}, "has 3 sessions"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t)
			s := super(t, dir, command{args: quiet(append(test.switches, "-l", "puredb:"+accounts(t, dir))...)})
			var clients []*harness.Client
			var servers []*process
			for range 3 {
				c, p := s.connect()
				c.Reply(220)
				clients, servers = append(clients, c), append(servers, p)
			}
			for range 2 {
				c, p := s.connect()
				if text := c.Reply(421); !strings.Contains(text, test.text) {
					t.Errorf("421 %q; want %q in it", text, test.text)
				}
				p.endsWith(t, 0)
			}
			if err := servers[0].Process.Kill(); err != nil {
				t.Fatal(err)
			}
			servers[0].end(t)
			clients[1].Ask(221, "QUIT")
			servers[1].endsWith(t, 0)
			for range 2 {
				c, _ := s.connect()
				c.Reply(220)
			}
			c, _ := s.connect()
			c.Reply(421)
		})
	}
}

func TestInetdLimitsOfUsers(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := super(t, dir, command{args: quiet("-y", "2:0", "-l", "puredb:"+accounts(t, dir))})
	var last *harness.Client
	for _, name := range []string{"ann", "ann", "bob", "bob", "ben"} { // ben has a limit of one
		last, _ = s.user(name)
	}
	for _, name := range []string{"ann", "bob", "ben"} {
		c, _ := s.connect()
		c.Reply(220)
		c.Ask(331, "USER "+name)
		c.Ask(421, "PASS secret")
		c.Rest()
	}
	last.Ask(221, "QUIT")
	last.Rest()
	c, _ := s.user("ben")
	works(t, c)
}

// TestInetdManyAtOnce lets clients race for the last places.
func TestInetdManyAtOnce(t *testing.T) {
	t.Parallel()
	const clients, places = 12, 5
	dir := folder(t)
	s := super(t, dir, command{args: quiet("-c", fmt.Sprint(places), "-l", "puredb:"+accounts(t, dir))})
	var all []*harness.Client
	for range clients {
		c, _ := s.connect()
		all = append(all, c)
	}
	codes := make(map[int]int)
	for _, c := range all {
		code, _, err := c.Answer()
		if code == 0 {
			t.Fatal(err)
		}
		codes[code]++
	}
	if codes[220] != places || codes[421] != clients-places {
		t.Errorf("replies %v; want %d times 220, and 421 otherwise", codes, places)
	}
}

func TestListeningSocketOnInput(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	f, err := super(t, dir, command{}).listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	launch(t, dir, command{stdin: f, args: quiet()}).endsWith(t, 1, "wait = no", "nowait", "Accept=yes")
}

// TestInetdSignalLeavesNothing ends a process in the middle of an upload that was to appear only when complete.
func TestInetdSignalLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	c, p := super(t, dir, command{args: quiet("-0", "-l", "puredb:"+accounts(t, dir))}).user("ann")
	data := c.Data()
	c.Ask(150, "STOR half.txt")
	if _, err := data.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := data.CloseWrite(); err != nil { // a process that lets transfers finish may do so
		t.Fatal(err)
	}
	p.end(t)
	left := names(t, filepath.Join(dir, "home"))
	if left != "hello.txt" && left != "half.txt hello.txt" {
		t.Errorf("left behind: %s", left)
	}
}
