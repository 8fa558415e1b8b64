//go:build privileged

package start

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pureftpd/internal/ftp"
)

// root starts a server that keeps the privileges of the test, and waits until it serves.
func root(t *testing.T, address string, args ...string) *process {
	t.Helper()
	p := launch(t, folder(t), command{root: true, args: quiet(args...)})
	p.serves(t, address)
	return p
}

// status returns the fields of a line of /proc/PID/status.
func status(t *testing.T, pid int, name string) []string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.Fields(rest)
		}
	}
	t.Fatalf("no %s in %s", name, text)
	return nil
}

// TestRoot starts with no word about where: on port 21 of all addresses.
func TestRoot(t *testing.T) {
	dir := folder(t)
	p := root(t, "127.0.0.1:21", "-l", "puredb:"+accounts(t, dir))
	for _, uid := range status(t, p.Process.Pid, "Uid") {
		if uid == "0" {
			t.Errorf("the server runs with the user ids %q", status(t, p.Process.Pid, "Uid"))
		}
	}
	for _, host := range []string{"127.0.0.1", "127.0.0.2", "::1"} {
		works(t, user(t, net.JoinHostPort(host, "21"), "ann"))
	}
	st, err := os.Stat(filepath.Join(dir, "home", "trip.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if uid := int(st.Sys().(*syscall.Stat_t).Uid); uid != owner() {
		t.Errorf("trip.txt belongs to %d; want %d", uid, owner())
	}
	if _, err := os.Stat("/run/pure-ftpd.pid"); err != nil {
		t.Error(err)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.endsWith(t, 0)
	if _, err := os.Stat("/run/pure-ftpd.pid"); !os.IsNotExist(err) {
		t.Errorf("the pid file after the end: %v; want it gone", err)
	}
}

// TestActiveFromPort20 looks where the data connection comes from.
func TestActiveFromPort20(t *testing.T) {
	t.Parallel()
	dir, number := folder(t), port(t)
	root(t, "127.0.0.1:"+number, "-l", "puredb:"+accounts(t, dir), "-S", "127.0.0.1,"+number, "-g", dir+"/pid")
	c := user(t, "127.0.0.1:"+number, "ann")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	here := l.Addr().(*net.TCPAddr).AddrPort()
	c.Ask(200, string(ftp.AppendPort([]byte("PORT "), here.Addr(), here.Port())))
	c.Say("RETR hello.txt")
	data, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	if from := data.RemoteAddr().String(); from != "127.0.0.1:20" {
		t.Errorf("the data connection comes from %s; want port 20", from)
	}
	if _, err := io.ReadAll(data); err != nil {
		t.Fatal(err)
	}
	c.Reply(150)
	c.Reply(226)
}

// TestBindEverywhere tries the spellings of -S that leave the address out.
func TestBindEverywhere(t *testing.T) {
	t.Parallel()
	testBindings(t, []binding{
		{"-S PORT", "127.0.0.1 127.0.0.2 ::1", ""},
		{"-S ,PORT", "127.0.0.1 ::1", ""},
		{"-S ,PORT -4", "127.0.0.1 127.0.0.2", "::1"},
		{"-S ,PORT -6", "::1", "127.0.0.1"},
		{"-S localhost,PORT", "127.0.0.1 ::1", "127.0.0.2"},
		{"-S localhost,PORT -6", "::1", "127.0.0.1"},
	})
}

func TestBindServiceName(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	root(t, "127.0.0.1:27490", "-l", "puredb:"+accounts(t, dir), "-S", "127.0.0.1,start-ftp", "-g", dir+"/pid")
	works(t, user(t, "127.0.0.1:27490", "ann"))
}

// TestVirtualHosts logs in at two addresses, of which one is a virtual host and one is trusted.
func TestVirtualHosts(t *testing.T) {
	t.Parallel()
	dir, number := folder(t), port(t)
	for path, text := range map[string]string{
		"/run/ftp/where.txt": "usual\n", "/run/host/where.txt": "host\n",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/run/host", "/etc/pure-ftpd/127.0.0.3"); err != nil {
		t.Fatal(err)
	}
	root(t, "127.0.0.1:"+number, "-V", "127.0.0.2", "-l", "puredb:"+accounts(t, dir), "-S", number, "-g", dir+"/pid")
	for host, want := range map[string]string{"127.0.0.1": "usual\n", "127.0.0.3": "host\n", "127.0.0.2": "usual\n"} {
		c := greeted(t, host+":"+number)
		c.Login("ftp")
		if got := c.Fetch("where.txt"); got != want {
			t.Errorf("anonymous at %s: fetched %q; want %q", host, got, want)
		}
	}
	greeted(t, "127.0.0.3:"+number).Ask(230, "USER ann") // anonymous, whatever the name
	works(t, user(t, "127.0.0.2:"+number, "ann"))
}

// TestDebianFolderAsRoot starts from Debian's folder when /run is empty, as it is after the machine was started.
func TestDebianFolderAsRoot(t *testing.T) {
	dir, number := folder(t), port(t)
	conf := debian(t, dir, number)
	if err := os.RemoveAll("/run/pure-ftpd"); err != nil {
		t.Fatal(err)
	}
	p := launch(t, dir, command{root: true, args: []string{conf}})
	p.serves(t, "127.0.0.1:"+number)
	works(t, user(t, "127.0.0.1:"+number, "ann"))
	if _, err := os.Stat("/run/pure-ftpd/pure-ftpd.pid"); err != nil {
		t.Error(err)
	}
}

// TestTryAsRoot serves a folder of root's and one of somebody else, whose files stay whose they are.
func TestTryAsRoot(t *testing.T) {
	t.Parallel()
	for _, uid := range []int{0, 2101} {
		t.Run(fmt.Sprint(uid), func(t *testing.T) {
			t.Parallel()
			home, served := folder(t), folder(t)
			if err := errors.Join(os.Chown(home, 0, 0), os.Chown(served, uid, uid)); err != nil {
				t.Fatal(err)
			}
			s := &trial{home: home, served: served}
			args := []string{"--try=" + served, "-S", "127.0.0.1," + port(t)}
			s.process = launch(t, home, command{root: true, args: args})
			s.instructions(t)
			works(t, s.login(t))
			st, err := os.Stat(filepath.Join(served, "trip.txt"))
			if err != nil {
				t.Fatal(err)
			}
			if got := int(st.Sys().(*syscall.Stat_t).Uid); got != uid {
				t.Errorf("trip.txt belongs to %d; want %d", got, uid)
			}
		})
	}
}

// TestInetdAsRoot counts sessions in a folder that only root can read.
func TestInetdAsRoot(t *testing.T) {
	dir := folder(t)
	if err := os.RemoveAll("/run/pure-ftpd"); err != nil {
		t.Fatal(err)
	}
	args := []string{"-H", "-c", "4", "-C", "3", "-y", "2:0", "-l", "puredb:" + accounts(t, dir)}
	// The log is on, and no log daemon there: its lines must not reach the client either.
	s := super(t, dir, command{root: true, args: args, output: inherited, both: true})
	ann, _ := s.user("ann")
	s.user("ann")
	c, _ := s.connect()
	c.Reply(220)
	c.Ask(331, "USER ann")
	c.Ask(421, "PASS secret")
	c.Rest()
	s.user("bob")
	c, _ = s.connect()
	c.Reply(421)
	works(t, ann)
	ann.Ask(221, "QUIT")
	ann.Rest()
	s.user("bob")
	st, err := os.Stat("/run/pure-ftpd")
	if err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("/run/pure-ftpd: %v, %v; want mode 0700", st, err)
	}
}

// TestFewCapabilities starts as root with what a container has by default. Root's files are root's there, too.
func TestFewCapabilities(t *testing.T) {
	t.Parallel()
	dir, number := folder(t), port(t)
	pdb := accounts(t, dir)
	if err := os.Chown(pdb, 0, 0); err != nil {
		t.Fatal(err)
	}
	p := launch(t, dir, command{
		root: true,
		before: []string{find(t, "setpriv"), "--bounding-set=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid," +
			"+setuid,+setpcap,+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap"},
		args: quiet("-l", "puredb:"+pdb, "-S", "127.0.0.1,"+number, "-g", filepath.Join(dir, "pid")),
	})
	p.serves(t, "127.0.0.1:"+number)
	works(t, user(t, "127.0.0.1:"+number, "ann"))
}
