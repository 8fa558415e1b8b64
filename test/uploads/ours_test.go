//go:build privileged

package uploads

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pureftpd/test/harness"
)

func server() string { return ours("pure-ftpd") }
func script() string { return ours("pure-uploadscript") }

func TestProgramFindsWhatWasRecorded(t *testing.T) {
	newWorld(t)
	serve(t, server())
	reader(t, script(), describer, "-u", "2001", "-g", "2001")
	repeat(t)
}

// TestPortIsOpenWithoutReader starts the server first: it waits for nobody, and says that events wait (Q22). Pipe and lock are root's although the server is not any more.
func TestPortIsOpenWithoutReader(t *testing.T) {
	newWorld(t)
	begun := time.Now()
	s := serve(t, server())
	await(t, "the port", open)
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("the port is open after %v", took)
	}
	for path, kind := range map[string]fs.FileMode{pipe: fs.ModeNamedPipe, strings.TrimSuffix(pipe, "pipe") + "lock": 0, spool: 0} {
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		if uid := info.Sys().(*syscall.Stat_t).Uid; info.Mode() != kind|0o600 || uid != 0 {
			t.Errorf("%s has mode %v and belongs to %d; want %v and root", path, info.Mode(), uid, kind|0o600)
		}
	}
	c := login(t, address, "up user")
	numbers(c, 0, 5)
	s.says("nobody reads the pipe; 5 uploads wait for pure-uploadscript (/var/run/pure-ftpd.upload.pipe)")
	reader(t, script(), recorder)
	ran(t, 5)
	s.says("all uploads that waited are announced")
	numbers(c, 5, 1)
	ran(t, 6)
}

// TestScriptIsFirst starts pure-uploadscript before any server.
func TestScriptIsFirst(t *testing.T) {
	newWorld(t)
	reader(t, script(), recorder)
	serve(t, server())
	numbers(login(t, address, "up user"), 0, 3)
	ran(t, 3)
}

// TestKilled kills the server, then both programs, with uploads that wait. They come in their order.
func TestKilled(t *testing.T) {
	newWorld(t)
	s := serve(t, server())
	numbers(login(t, address, "up user"), 0, 4)
	s.says("4 uploads wait")
	s.kill()
	s = serve(t, server())
	numbers(login(t, address, "up user"), 4, 3)
	s.says("7 uploads wait")
	blocked := reader(t, script(), `echo "${1##*/}" >> `+base+`/begun; exec sleep 100`)
	await(t, "a program", func() bool { _, err := os.Stat(base + "/begun"); return err == nil })
	s.says("all uploads that waited are announced") // they are in the pipe
	blocked.kill()
	numbers(login(t, address, "up user"), 7, 2)
	s.says("8 uploads wait") // all but the one whose program was killed
	s.kill()
	if err := os.WriteFile(out, []byte("0\n"), 0o666); err != nil { // that one
		t.Fatal(err)
	}
	serve(t, server())
	reader(t, script(), recorder)
	ran(t, 9)
}

// TestServerEnds in time although the reader stalls, and the next one goes on.
func TestServerEnds(t *testing.T) {
	newWorld(t)
	s := serve(t, server())
	stalled := reader(t, script(), "exec sleep 100")
	numbers(login(t, address, "up user"), 0, 3)
	begun := time.Now()
	s.stop()
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("the server took %v to end", took)
	}
	stalled.kill()
}

// TestNothingForRefusedUploads has uploads that leave no file, and one that is not complete.
func TestNothingForRefusedUploads(t *testing.T) {
	newWorld(t)
	serve(t, server(), "-n", "3:1", "-0")
	reader(t, script(), recorder)
	c := login(t, address, "up user")
	c.Abort("STOR half", "half") // the file does not appear (-0)
	c.Put("STOR 0", "x")
	c.Put("APPE 1", "x")
	conn := c.Send("APPE 2", strings.Repeat("x", 2<<20)) // beyond the quota
	_ = conn.Close()
	c.Reply(552)
	c.Put("STOR 2", "x")
	ran(t, 3)
}

// TestInetd has many processes, each for a client, some while nobody reads.
func TestInetd(t *testing.T) {
	newWorld(t)
	const clients, each = 8, 5
	together := func(first int) {
		t.Helper()
		var running sync.WaitGroup
		for n := range clients {
			c, end := inetd(t)
			running.Go(func() {
				for i := range each {
					c.Put(fmt.Sprintf("STOR %d.%d", first+n, i), "x")
				}
				c.Ask(221, "QUIT")
				end()
			})
		}
		running.Wait()
	}
	together(0)
	if info, err := os.Stat(spool); err != nil || info.Size() == 0 {
		t.Errorf("the spool holds nothing: %v", err)
	}
	reader(t, script(), recorder)
	together(clients)
	await(t, "the programs", func() bool { return len(lines(t)) == 2*clients*each })
	next := make(map[string]int)
	for at, line := range lines(t) {
		who, i, _ := strings.Cut(line, ".")
		if i != fmt.Sprint(next[who]) {
			t.Errorf("upload %s comes where %d was next", line, next[who])
		}
		next[who]++
		if n := len(who); at < clients*each && (n > 1 || who >= fmt.Sprint(clients)) {
			t.Errorf("upload %s comes before those that waited", line)
		}
	}
	if len(next) != 2*clients {
		t.Errorf("uploads of %v", next)
	}
}

// inetd starts a server for one client.
func inetd(t *testing.T) (*harness.Client, func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	f, err := accepted.(*net.TCPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := launch(t, f, words(server())...)
	return newClient(t, conn, "up user"), func() { p.end(0) }
}

// TestStopFinishesPrograms sends SIGTERM while a program runs. What was not begun waits for the next one.
func TestStopFinishesPrograms(t *testing.T) {
	newWorld(t)
	serve(t, server())
	slow := reader(t, script(), `touch `+base+`/begun; sleep 0.3; `+recorder)
	numbers(login(t, address, "up user"), 0, 3)
	await(t, "a program", func() bool { _, err := os.Stat(base + "/begun"); return err == nil })
	slow.stop()
	ran(t, 1)
	if _, err := os.Stat(pidFile); err == nil {
		t.Error("the pid file stays")
	}
	reader(t, script(), recorder)
	ran(t, 3)
}

func TestRetriesAndTimeLimit(t *testing.T) {
	newWorld(t)
	serve(t, server())
	p := reader(t, script(), `echo x >> `+base+`/tries; [ $(wc -l < `+base+`/tries) = 1 ] && sleep 100
[ $(wc -l < `+base+`/tries) = 2 ] && exit 7; `+recorder, "--retries", "2", "--pause", "0", "--timelimit", "1")
	numbers(login(t, address, "up user"), 0, 2)
	ran(t, 2)
	p.says(`program for "` + base + `/home/up/0" failed: it took too long and was ended; trying again`)
	p.says("exit status 7; trying again")
}

func TestBackground(t *testing.T) {
	newWorld(t)
	p := background(t, script(), recorder, "-B")
	p.end(0) // it reads when this one has ended
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(string(text), &pid); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
	serve(t, server())
	numbers(login(t, address, "up user"), 0, 2)
	ran(t, 2)
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	await(t, "its end", func() bool { _, err := os.Stat(pidFile); return err != nil })
}

// TestSpoiledPipe is told by both programs at the start.
func TestSpoiledPipe(t *testing.T) {
	for name, spoil := range map[string]func() error{
		"is not a named pipe":         func() error { return os.WriteFile(pipe, nil, 0o600) },
		"has mode 0666, not 0600":     func() error { syscall.Umask(0); defer syscall.Umask(0o022); return syscall.Mkfifo(pipe, 0o666) },
		"does not belong to user 0":   func() error { return os.Chown(pipe, 2001, 2001) },
		"pipe is not a named pipe; r": func() error { return os.Symlink(base+"/elsewhere", pipe) },
	} {
		newWorld(t)
		if strings.Contains(name, "belong") {
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		s := serve(t, server())
		s.end(1)
		s.says(name)
		p := background(t, script(), recorder)
		p.end(255)
		p.says(name)
	}
}

// TestNotRoot refuses those who could not read the pipe.
func TestNotRoot(t *testing.T) {
	newWorld(t)
	p := launch(t, nil, "setpriv", "--reuid=2001", "--regid=2001", "--clear-groups", script(), "-r", "/bin/true")
	p.end(255)
	p.says("only root")
}

// TestPrivileges looks at the identity of our daemon: it keeps nothing.
func TestPrivileges(t *testing.T) {
	newWorld(t)
	p := reader(t, script(), recorder, "-u", "2001", "-g", "2001")
	var status string
	await(t, "the identity", func() bool { // it comes right after the pid file
		text, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(p.Process.Pid), "status"))
		status = string(text)
		return err == nil && strings.Contains(status, "Uid:\t2001\t2001\t2001\t2001\n")
	})
	for _, line := range []string{"Gid:\t2001\t2001\t2001\t2001\n", "CapPrm:\t0000000000000000\n", "Groups:\t \n"} {
		if !strings.Contains(status, line) {
			t.Errorf("no %q in %s", line, status)
		}
	}
}
