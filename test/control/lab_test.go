package control

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pureftpd/test/harness"
)

// patience is how long a test waits for what should happen at once, on a machine that is busy.
const patience = 20 * time.Second

// Programs under test, in a directory that others may enter.
var programs string

func TestMain(m *testing.M) {
	os.Exit(harness.Main(m, &programs, "pure-ftpd", "pure-ftpctl", "pure-ftpwho"))
}

var ports harness.Ports

// A site is a server with its control directory.
type site struct {
	*harness.Server
	t   testing.TB
	dir string
}

// start starts a server.
func start(t testing.TB, config harness.Config) *site {
	t.Helper()
	config.Binary = filepath.Join(programs, "pure-ftpd")
	config.Options = append(config.Options, "--controldir", "$DIR/run")
	s := &site{Server: harness.Start(t, &ports, config), t: t}
	s.dir = filepath.Join(s.Dir, "run")
	return s
}

// A client is a control connection.
type client struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
}

// connect opens a session and reads its greeting.
func (s *site) connect() *client {
	s.t.Helper()
	conn, err := s.Dial("", "")
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	c := &client{s.t, conn, bufio.NewReaderSize(conn, 512)}
	if err := conn.SetDeadline(time.Now().Add(3 * time.Minute)); err != nil {
		s.t.Fatal(err)
	}
	c.want("220")
	return c
}

// login opens a session of ann.
func (s *site) login() *client {
	s.t.Helper()
	c := s.connect()
	c.do("USER ann", "331")
	c.do("PASS secret", "230")
	c.do("TYPE I", "200")
	return c
}

// want reads one reply, which must have the code.
func (c *client) want(code string) string {
	c.t.Helper()
	var all strings.Builder
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			c.t.Fatalf("read a reply: %v after %q; want %s", err, all.String()+line, code)
		}
		all.WriteString(line)
		if len(line) > 3 && line[3] == ' ' {
			if !strings.HasPrefix(line, code) {
				c.t.Fatalf("reply %q; want %s", all.String(), code)
			}
			return all.String()
		}
	}
}

func (c *client) do(line, code string) string {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, line+"\r\n"); err != nil {
		c.t.Fatal(err)
	}
	return c.want(code)
}

// passive opens a data connection.
func (c *client) passive() net.Conn {
	c.t.Helper()
	r := c.do("EPSV", "229")
	_, rest, _ := strings.Cut(r, "(|||")
	port, _, _ := strings.Cut(rest, "|")
	conn, err := net.Dial("tcp4", "127.0.0.1:"+port)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { conn.Close() })
	return conn
}

// A result is what a program did.
type result struct {
	status    int
	out, errs string
	cpu       time.Duration
}

// program runs pure-ftpctl or pure-ftpwho to its end.
func (s *site) program(name string, args ...string) result {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(programs, name), append([]string{"--dir", s.dir}, args...)...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended || ctx.Err() != nil {
		s.t.Fatalf("%s %q: %v", name, args, err)
	}
	used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String(), used}
}

// ctl runs a pure-ftpctl that must succeed.
func (s *site) ctl(args ...string) string {
	s.t.Helper()
	r := s.program("pure-ftpctl", args...)
	if r.status != 0 || r.errs != "" {
		s.t.Fatalf("pure-ftpctl %q: %+v", args, r)
	}
	return r.out
}

// who are the lines of pure-ftpwho -s, their fields apart.
func (s *site) who() (list [][]string) {
	s.t.Helper()
	r := s.program("pure-ftpwho", "-s", "-n")
	if r.status != 0 || r.errs != "" {
		s.t.Fatalf("pure-ftpwho: %+v", r)
	}
	for line := range strings.Lines(r.out) {
		list = append(list, strings.Split(strings.TrimSuffix(line, "\n"), "|"))
	}
	return list
}

// eventually waits for something to become so.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// sockets are the names in the control directory.
func (s *site) sockets() []string {
	entries, _ := os.ReadDir(s.dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
