package reload

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pureftpd/test/harness"
)

// patience is how long a test waits for what should happen at once, on a machine that is busy.
const patience = 20 * time.Second

// Programs under test, in a directory that others may enter.
var programs string

func TestMain(m *testing.M) { os.Exit(harness.Main(m, &programs, "pure-ftpd", "pure-ftpctl")) }

var ports harness.Ports

// usual is what every configuration begins with.
const usual = `DontResolve yes
PureDB $DIR/users.pdb
PIDFile $DIR/pid
ControlDir $DIR/run
ChrootEveryone yes
NoAnonymous yes
SyslogFacility none
Bind 127.0.0.1,$PORT
AltLog clf:$DIR/transfers.log
`

// A site is a server whose configuration a test can change.
type site struct {
	t       testing.TB
	process *exec.Cmd
	ended   chan struct{}
	stderr  harness.Text
	dir     string
	port    int
	file    string // the configuration, in a directory that only its owner may enter
}

// A manner is how a server is started.
type manner struct {
	more   string                 // lines of the configuration
	env    []string               // more of the environment
	change func(*exec.Cmd)        // nil: nothing
	files  func(dir string) error // makes more files; nil: none
}

// prepare makes the files of a site, and a configuration.
func prepare(t testing.TB, m manner) *site {
	t.Helper()
	dir, err := os.MkdirTemp("", "pure-ftpd-reload-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	number, err := ports.Take()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ports.Give(number) })
	uid, gid := os.Getuid(), os.Getgid()
	if uid == 0 {
		uid, gid = 2101, 2101
	}
	line := fmt.Sprintf("ann:secret:%d:%d::%s/home/./::::::::::::\n", uid, gid, dir)
	err = errors.Join(os.Chmod(dir, 0o755), os.Mkdir(filepath.Join(dir, "home"), 0o755), os.Mkdir(filepath.Join(dir, "etc"), 0o700),
		os.Chown(filepath.Join(dir, "home"), uid, gid),
		os.WriteFile(filepath.Join(dir, "users.pdb"), harness.PureDB(line), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, dir: dir, port: number, file: filepath.Join(dir, "etc", "pure-ftpd.conf"), ended: make(chan struct{})}
	s.configure(m.more)
	if m.files != nil {
		if err := m.files(dir); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// start starts a server and waits until it serves.
func start(t testing.TB, m manner) *site {
	t.Helper()
	s := prepare(t, m)
	s.launch(m)
	s.connect().conn.Close()
	return s
}

func (s *site) launch(m manner, more ...string) {
	s.t.Helper()
	s.process = exec.Command(filepath.Join(programs, "pure-ftpd"), append([]string{s.file}, more...)...)
	s.process.Env = append(os.Environ(), m.env...)
	s.process.Stderr = &s.stderr
	s.process.WaitDelay = patience
	s.process.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if m.change != nil {
		m.change(s.process)
	}
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		_ = s.process.Wait() // ProcessState tells
		close(s.ended)
	}()
	s.t.Cleanup(func() {
		_ = s.process.Process.Signal(syscall.SIGTERM) // it may have ended
		select {
		case <-s.ended:
		case <-time.After(patience):
			_ = s.process.Process.Kill()
			<-s.ended
			s.t.Error("the server did not end")
		}
		if s.t.Failed() {
			s.t.Logf("the server wrote %.4000s", s.stderr.String())
		}
	})
}

// expand fills in the places of a configuration.
func (s *site) expand(text string) string {
	return strings.NewReplacer("$DIR", s.dir, "$PORT", strconv.Itoa(s.port),
		"$NEXT", strconv.Itoa(s.port+1)).Replace(text)
}

// configure writes the configuration: the usual lines, and more.
func (s *site) configure(more string) { s.write(usual + more) }

// write replaces the configuration, as an editor does.
func (s *site) write(text string) {
	s.t.Helper()
	err := os.WriteFile(s.file+".new", []byte(s.expand(text)), 0o600)
	if err = errors.Join(err, os.Rename(s.file+".new", s.file)); err != nil {
		s.t.Fatal(err)
	}
}

// A result is what pure-ftpctl did.
type result struct {
	status    int
	out, errs string
}

func (s *site) ctl(args ...string) result {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(programs, "pure-ftpctl"), append([]string{"--dir", s.dir + "/run"}, args...)...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended || ctx.Err() != nil {
		s.t.Fatalf("pure-ftpctl %q: %v", args, err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// setting is the value and origin of one in force.
func (s *site) setting(name string) string {
	s.t.Helper()
	_, row, _ := strings.Cut(s.ctl("settings", name).out, "\n")
	return strings.Join(strings.Fields(row), " ")
}

// A client is a control connection.
type client struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
}

func newReader(conn net.Conn) *bufio.Reader { return bufio.NewReaderSize(conn, 512) }

// connect opens a session and reads its greeting.
func (s *site) connect() *client {
	s.t.Helper()
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if errors.Is(err, syscall.ECONNREFUSED) && time.Now().Before(end) {
			continue // it tells nobody when it begins to listen
		}
		if err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() { conn.Close() })
		if err := conn.SetDeadline(time.Now().Add(3 * time.Minute)); err != nil {
			s.t.Fatal(err)
		}
		c := &client{s.t, conn, newReader(conn)}
		c.want("220")
		return c
	}
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

// reply reads one.
func (c *client) reply() (string, error) {
	var all strings.Builder
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return "", fmt.Errorf("read a reply: %w after %q", err, all.String()+line)
		}
		all.WriteString(line)
		if len(line) > 3 && line[3] == ' ' {
			return all.String(), nil
		}
	}
}

// ask sends a command and reads its reply, which must have the code.
func (c *client) ask(line, code string) (string, error) {
	if line != "" {
		if _, err := io.WriteString(c.conn, line+"\r\n"); err != nil {
			return "", err
		}
	}
	r, err := c.reply()
	if err == nil && !strings.HasPrefix(r, code) {
		err = fmt.Errorf("%s: %q; want %s", line, r, code)
	}
	return r, err
}

func (c *client) do(line, code string) string {
	c.t.Helper()
	r, err := c.ask(line, code)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func (c *client) want(code string) string {
	c.t.Helper()
	return c.do("", code)
}

// passive opens a data connection.
func (c *client) passive() (net.Conn, error) {
	r, err := c.ask("EPSV", "229")
	if err != nil {
		return nil, err
	}
	_, rest, _ := strings.Cut(r, "(|||")
	port, _, _ := strings.Cut(rest, "|")
	return net.Dial("tcp4", "127.0.0.1:"+port)
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
