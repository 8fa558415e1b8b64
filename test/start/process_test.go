package start

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pureftpd/test/harness"
)

const (
	patience = 20 * time.Second      // for what should happen soon
	glance   = 10 * time.Millisecond // between two looks at what tells nobody when it changes
)

// A command is how the server is started.
type command struct {
	args   []string
	env    []string   // besides PATH, HOME, and TMPDIR
	dir    string     // where it is started; "" is its home
	stdin  *os.File   // descriptor 0; nil is the null device
	output *os.File   // descriptors 1 and, with both, 2; nil: the test reads them
	both   bool       // output is descriptor 2, too
	extra  []*os.File // descriptors from 3 on
	root   bool       // keep the privileges of the test
	before []string   // a command that becomes the server
	bare   bool       // args name another program, which will start the server
}

// A process is a server that was started.
type process struct {
	*exec.Cmd
	stdout, stderr harness.Text
	ended          chan struct{} // closed when it has ended
}

// launch starts the server in a group of its own; the test's end kills it.
func launch(t *testing.T, home string, c command) *process {
	t.Helper()
	words := slices.Concat(c.before, []string{os.Getenv(programVariable)}, c.args)
	if c.bare {
		words = c.args
	}
	p := &process{Cmd: exec.Command(words[0], words[1:]...), ended: make(chan struct{})}
	p.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home}, c.env...)
	p.Dir, p.Stdout, p.Stderr, p.ExtraFiles = home, &p.stdout, &p.stderr, c.extra
	if c.dir != "" {
		p.Dir = c.dir
	}
	if c.stdin != nil {
		p.Stdin = c.stdin
	}
	if c.output != nil {
		p.Stdout = c.output
		if c.both {
			p.Stderr = c.output
		}
	}
	p.WaitDelay = patience
	p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() == 0 && !c.root {
		p.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.Wait() // ProcessState tells
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-p.Process.Pid, syscall.SIGKILL) // often gone already
		<-p.ended
		if t.Failed() {
			t.Logf("%q wrote %q and to standard error %q", p.Args, p.stdout.String(), p.stderr.String())
		}
	})
	return p
}

// end waits for the process and returns its exit status.
func (p *process) end(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
		return p.ProcessState.ExitCode()
	case <-time.After(patience):
		t.Fatalf("%q did not end", p.Args)
		return -1
	}
}

// endsWith waits for the process and checks its exit status and parts of its standard error.
func (p *process) endsWith(t *testing.T, status int, parts ...string) {
	t.Helper()
	if got := p.end(t); got != status {
		t.Errorf("%q: exit status %d; want %d", p.Args, got, status)
	}
	for _, part := range parts {
		if got := p.stderr.String(); !strings.Contains(got, part) {
			t.Errorf("%q: standard error %q; want %q in it", p.Args, got, part)
		}
	}
}

// serves waits until the server greets a client at the address.
func (p *process) serves(t *testing.T, address string) {
	t.Helper()
	await(t, address+" is served", func() bool {
		select {
		case <-p.ended:
			t.Fatalf("the server ended: %s", p.stderr.String())
		default:
		}
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return false
		}
		defer conn.Close()
		_, err = conn.Read(make([]byte, 1)) // the kernel connects before the server is ready
		return err == nil
	})
}

// await looks until something is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	limit := time.After(patience)
	for !so() {
		select {
		case <-limit:
			t.Fatalf("waited in vain: %s", what)
		case <-time.After(glance):
		}
	}
}

const nobody = 65534

// owner is in whose name the server runs, and whose files are its virtual users'.
func owner() int {
	if os.Getuid() == 0 {
		return nobody
	}
	return os.Getuid()
}

func group() int {
	if os.Getuid() == 0 {
		return nobody
	}
	return os.Getgid()
}

// folder makes a folder that belongs to the server's user.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pure-ftpd-start-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := errors.Join(os.Chmod(dir, 0o755), os.Chown(dir, owner(), group())); err != nil {
		t.Fatal(err)
	}
	return dir
}

// put writes a file that belongs to the server's user, and the folders above it.
func put(t *testing.T, path, text string) string {
	t.Helper()
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		err := os.MkdirAll(dir, 0o755)
		if err == nil && strings.Contains(filepath.Base(dir), "pure-ftpd-start-") {
			break
		}
		if err = errors.Join(err, os.Chown(dir, owner(), group())); err != nil {
			t.Fatal(err)
		}
	}
	err := os.WriteFile(path, []byte(text), 0o600)
	if err = errors.Join(err, os.Chown(path, owner(), group())); err != nil {
		t.Fatal(err)
	}
	return path
}

// accounts makes a database with the users ann and bob, password secret, who have the folder home, and ben, who may log in
// once at a time. It returns the database's path.
func accounts(t *testing.T, dir string) string {
	t.Helper()
	put(t, filepath.Join(dir, "home", "hello.txt"), "hello\n")
	line := func(name, sessions string) string {
		return fmt.Sprintf("%s:secret:%d:%d::%s/home/./:::::%s:::::::\n", name, owner(), group(), dir, sessions)
	}
	return put(t, filepath.Join(dir, "users.pdb"), string(harness.PureDB(line("ann", "")+line("bob", "")+line("ben", "1"))))
}

// The ports of servers under test.
const firstPort, endPort = 27000, 27489

// ports hands each of them out once.
var ports = struct {
	sync.Mutex
	next int
}{next: firstPort + os.Getpid()%(endPort-firstPort)}

// port finds one that nobody listens on.
func port(t *testing.T) string {
	t.Helper()
	ports.Lock()
	defer ports.Unlock()
	for range endPort - firstPort {
		if ports.next++; ports.next >= endPort {
			ports.next = firstPort
		}
		number := strconv.Itoa(ports.next)
		l, err := net.Listen("tcp", ":"+number)
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return number
	}
	t.Fatal("no port is free")
	return ""
}

// quiet are switches of a server that asks no name server and writes to no log.
func quiet(more ...string) []string { return append([]string{"-H", "-f", "none"}, more...) }
