//go:build clients

package clients

import (
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"pureftpd/test/harness"
)

// The ports of the servers: one control port and portsOfServer-1 passive ones each.
const (
	firstPort     = 25000
	endPort       = 26000
	portsOfServer = 100
)

// The user of the harness's servers.
const (
	user     = "ann"
	password = "secret"
)

// waitLimit is how long a server may take to its first connection, and to let go of the last ones.
const waitLimit = 20 * time.Second

var serverFlag = flag.String("server", "", "test this `program` instead of building one; needs root")

// A lab has a server for each address family.
type lab struct {
	four, six *site
}

// A site is a running server as the clients see it.
type site struct {
	host string // 127.0.0.1 or ::1
	port int
	home string // the user's root, on the disk
}

func newLab(t *testing.T) *lab {
	binary := *serverFlag
	if binary == "" {
		t.Setenv("CGO_ENABLED", "0")
		var err error
		if binary, err = harness.Build(t.TempDir(), "pure-ftpd"); err != nil {
			t.Fatal(err)
		}
	}
	ports := new(harness.Ports)
	return &lab{
		four: newSite(t, ports, binary, "127.0.0.1"),
		six:  newSite(t, ports, binary, "::1"),
	}
}

func newSite(t *testing.T, ports *harness.Ports, binary, host string) *site {
	t.Helper()
	port := freePorts(t, host)
	server := harness.Start(t, ports, harness.Config{
		Binary: binary,
		Staged: *serverFlag != "",
		Options: []string{
			"-S", fmt.Sprintf("%s,%d", host, port),
			"-p", fmt.Sprintf("%d:%d", port+1, port+portsOfServer-1),
		},
	})
	address := net.JoinHostPort(host, strconv.Itoa(port))
	eventually(t, "the server takes a connection", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return &site{host: host, port: port, home: filepath.Join(server.Dir, "home")}
}

// freePorts returns the first of portsOfServer ports that nobody listens on.
func freePorts(t *testing.T, host string) int {
	t.Helper()
	for first := firstPort; first < endPort; first += portsOfServer {
		free := true
		for port := first; port < first+portsOfServer && free; port++ {
			l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
			if free = err == nil; free {
				l.Close()
			}
		}
		if free {
			return first
		}
	}
	t.Fatalf("no %d free ports from %d to %d", portsOfServer, firstPort, endPort-1)
	return 0
}

// own gives a tree in the user's root to the user.
func (s *site) own(t *testing.T, dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	info, err := os.Stat(s.home)
	if err != nil {
		t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	for _, e := range walk(t, dir) {
		err := os.Lchown(filepath.Join(dir, e.path), int(owner.Uid), int(owner.Gid))
		if err != nil {
			t.Fatal(err)
		}
	}
}

// quiet waits until the server holds no connection any more: until it has written all that a
// killed client sent.
func (s *site) quiet(t *testing.T) {
	t.Helper()
	eventually(t, "the server lets go of all connections", func() bool {
		return connections(t, s.port, s.port+portsOfServer) == 0
	})
}

// eventually waits until a condition of another process holds, which nobody announces.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	limit := time.After(waitLimit)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("it does not come to pass that %s", what)
		}
	}
}
