package start

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// activated is how a shell becomes a server to which systemd has passed sockets.
func activated() []string { return []string{"sh", "-c", `LISTEN_PID=$$ exec "$@"`, "sh"} }

func TestSocketActivation(t *testing.T) {
	t.Parallel()
	dir, unused := folder(t), port(t)
	var passed []*os.File
	var addresses []string
	for _, host := range []string{"127.0.0.1", "::1"} {
		l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		f, err := l.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		passed, addresses = append(passed, f), append(addresses, l.Addr().String())
	}
	p := launch(t, dir, command{
		before: activated(), extra: passed, env: []string{"LISTEN_FDS=" + strconv.Itoa(len(passed))},
		args: quiet("-l", "puredb:"+accounts(t, dir), "-S", "127.0.0.1,"+unused, "-g", filepath.Join(dir, "pid")),
	})
	for _, address := range addresses {
		works(t, user(t, address, "ann")) // connected before the server started, or after
	}
	if conn, err := net.Dial("tcp", "127.0.0.1:"+unused); err == nil {
		conn.Close()
		t.Error("the address of -S is served besides the sockets that were passed")
	}
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	p.endsWith(t, 0)
}

// notifications is a socket like that of systemd's, and its address.
func notifications(t *testing.T, dir string) (*net.UnixConn, string) {
	t.Helper()
	path := filepath.Join(dir, "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := os.Chmod(path, 0o777); err != nil {
		t.Fatal(err)
	}
	return conn, path
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	dir, address := folder(t), "127.0.0.1:"+port(t)
	conn, path := notifications(t, dir)
	_, number, _ := net.SplitHostPort(address)
	launch(t, dir, command{
		env:  []string{"NOTIFY_SOCKET=" + path},
		args: quiet("-l", "puredb:"+accounts(t, dir), "-S", "127.0.0.1,"+number, "-g", filepath.Join(dir, "pid")),
	})
	message := make([]byte, 100)
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	n, err := conn.Read(message)
	if err != nil || string(message[:n]) != "READY=1" {
		t.Fatalf("systemd was told %q, %v; want READY=1", message[:n], err)
	}
	works(t, user(t, address, "ann"))
}

func TestNotReady(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	conn, path := notifications(t, dir)
	p := launch(t, dir, command{
		env:  []string{"NOTIFY_SOCKET=" + path},
		args: quiet("-l", "puredb:/nowhere", "-S", "192.0.2.1,"+port(t), "-g", filepath.Join(dir, "pid")),
	})
	p.endsWith(t, 1)
	if err := conn.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	message := make([]byte, 100)
	if n, err := conn.Read(message); err == nil {
		t.Errorf("systemd was told %q by a server that could not start", message[:n])
	}
}
