package start

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"pureftpd/test/harness"
)

// A lab is a server in the foreground.
type lab struct {
	*process
	dir, address, pid string
}

// serve starts a server at an address of 127.0.0.1, with more switches.
func serve(t *testing.T, more ...string) *lab {
	t.Helper()
	dir, number := folder(t), port(t)
	s := &lab{dir: dir, address: "127.0.0.1:" + number, pid: filepath.Join(dir, "pid")}
	args := quiet("-l", "puredb:"+accounts(t, dir), "-S", "127.0.0.1,"+number, "-g", s.pid)
	s.process = launch(t, dir, command{args: append(args, more...)})
	s.serves(t, s.address)
	return s
}

// signal sends one to the server.
func (s *lab) signal(t *testing.T, signal os.Signal) {
	t.Helper()
	if err := s.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

// interrupted begins a download that waits for its reader.
func (s *lab) interrupted(t *testing.T) (c *harness.Client, data net.Conn, size int64) {
	t.Helper()
	size = 32 << 20 // more than the kernel keeps between two ends of a connection
	path := put(t, filepath.Join(s.dir, "home", "large"), "")
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
	c = user(t, s.address, "ann")
	c.Ask(200, "TYPE I")
	data = c.Data()
	c.Ask(150, "RETR large")
	if _, err := io.ReadFull(data, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	return c, data, size - 1
}

// refused waits until nobody listens.
func refused(t *testing.T, address string) {
	t.Helper()
	await(t, address+" is closed", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
}

func TestFilesBelongToTheServersUser(t *testing.T) {
	t.Parallel()
	s := serve(t)
	works(t, user(t, s.address, "ann"))
	st, err := os.Stat(filepath.Join(s.dir, "home", "trip.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if sys := st.Sys().(*syscall.Stat_t); int(sys.Uid) != owner() || int(sys.Gid) != group() {
		t.Errorf("trip.txt belongs to %d:%d; want %d:%d", sys.Uid, sys.Gid, owner(), group())
	}
}

func TestPIDFile(t *testing.T) {
	t.Parallel()
	s := serve(t)
	text, err := os.ReadFile(s.pid)
	if want := strconv.Itoa(s.Process.Pid) + "\n"; err != nil || string(text) != want {
		t.Errorf("pid file: %q, %v; want %q", text, err, want)
	}
	second := launch(t, s.dir, command{args: s.Args[1:]})
	second.endsWith(t, 1, s.address, "address already in use")
	if after, err := os.ReadFile(s.pid); err != nil || string(after) != string(text) {
		t.Errorf("pid file after a second start: %q, %v; want %q", after, err, text)
	}
	s.signal(t, syscall.SIGTERM)
	s.endsWith(t, 0)
	if _, err := os.Lstat(s.pid); !os.IsNotExist(err) {
		t.Errorf("the pid file after the end: %v; want it gone", err)
	}
}

// TestPIDFileOfAnother replaces the file, as a server does that was started for the next generation of sessions.
func TestPIDFileOfAnother(t *testing.T) {
	t.Parallel()
	s := serve(t)
	put(t, s.pid, "1\n")
	s.signal(t, syscall.SIGTERM)
	s.endsWith(t, 0)
	if text, err := os.ReadFile(s.pid); err != nil || string(text) != "1\n" {
		t.Errorf("pid file: %q, %v; want the other's", text, err)
	}
}

func TestPIDFileThatIsGone(t *testing.T) {
	t.Parallel()
	s := serve(t)
	if err := os.Remove(s.pid); err != nil {
		t.Fatal(err)
	}
	s.signal(t, syscall.SIGTERM)
	s.endsWith(t, 0)
}

func TestFirstSignalLetsTransfersFinish(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			idle, stranger := user(t, s.address, "ann"), greeted(t, s.address)
			c, data, size := s.interrupted(t)
			s.signal(t, signal)
			idle.Reply(421)
			stranger.Reply(421)
			idle.Rest()
			refused(t, s.address)
			select {
			case <-s.ended:
				t.Fatal("the server ended before the transfer")
			default:
			}
			if n, err := io.Copy(io.Discard, data); n != size || err != nil {
				t.Errorf("the rest of the transfer: %d bytes, %v; want %d", n, err, size)
			}
			c.Reply(226)
			c.Reply(421)
			c.Rest()
			s.endsWith(t, 0)
		})
	}
}

func TestSecondSignalEndsTransfers(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, data, size := s.interrupted(t)
	s.signal(t, syscall.SIGTERM)
	refused(t, s.address)
	s.signal(t, syscall.SIGTERM)
	s.endsWith(t, 0)
	if n, _ := io.Copy(io.Discard, data); n >= size {
		t.Errorf("%d bytes of the transfer came; want less than %d", n, size)
	}
	if rest := c.Rest(); !strings.HasPrefix(rest, "4") {
		t.Errorf("last replies %q; want a 4yz", rest)
	}
	if _, err := os.Lstat(s.pid); !os.IsNotExist(err) {
		t.Errorf("the pid file after the end: %v; want it gone", err)
	}
}

// TestDefaultPort runs a server that was told no port, if the port is free, else sees it fail.
func TestDefaultPort(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	l, err := net.Listen("tcp", "127.0.0.1:2121")
	if err == nil {
		l.Close()
	}
	args := quiet("-l", "puredb:"+accounts(t, dir), "-S", "127.0.0.1,", "-g", filepath.Join(dir, "pid"))
	p := launch(t, dir, command{args: args})
	if err != nil {
		p.endsWith(t, 1, "2121")
		return
	}
	p.serves(t, "127.0.0.1:2121")
	works(t, user(t, "127.0.0.1:2121", "ann"))
}

// TestModesDoNotDependOnTheUmask starts under one that takes everything from others: only -U is to count.
func TestModesDoNotDependOnTheUmask(t *testing.T) {
	t.Parallel()
	dir, number := folder(t), port(t)
	p := launch(t, dir, command{
		before: []string{"sh", "-c", `umask 077; exec "$@"`, "sh"},
		args:   quiet("-U", "111:002", "-l", "puredb:"+accounts(t, dir), "-S", "127.0.0.1,"+number, "-g", filepath.Join(dir, "pid")),
	})
	p.serves(t, "127.0.0.1:"+number)
	c := user(t, "127.0.0.1:"+number, "ann")
	c.Store("file", "x")
	c.Ask(257, "MKD folder")
	for name, want := range map[string]os.FileMode{"home/file": 0o666, "home/folder": 0o775, "pid": 0o644} {
		st, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := st.Mode().Perm(); got != want {
			t.Errorf("%s has the mode %o; want %o", name, got, want)
		}
	}
}
