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

// The ports of the servers: two control ports and portsOfServer-2 passive ones each.
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

// A lab has a server for each kind of way, from the first test on that goes it.
type lab struct {
	t      *testing.T
	ports  *harness.Ports
	binary string
	sites  map[kindOfSite]*site
}

// A kindOfSite tells sites apart.
type kindOfSite struct {
	six     bool
	tls     bool
	binding string // TLSBinding
}

// A site is a running server as the clients see it.
type site struct {
	host string // 127.0.0.1 or ::1
	port int    // the first one; with TLS the next one is for implicit TLS
	dir  string // the server's folder
	home string // the user's root, on the disk
	// With TLS, the certificate that clients have to trust.
	certificate string
	log         *harness.Journal // nil if the log cannot be had
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
	return &lab{t: t, ports: new(harness.Ports), binary: binary, sites: make(map[kindOfSite]*site)}
}

// site returns the server at which a way ends.
func (l *lab) site(w way) *site {
	kind := kindOfSite{w.six, w.tls.on(), w.tls.binding}
	if l.sites[kind] == nil {
		l.sites[kind] = l.start(l.t, w)
	}
	return l.sites[kind]
}

// start starts a server for a way.
func (l *lab) start(t *testing.T, w way) *site {
	t.Helper()
	return l.startWith(t, w, "$DIR/tls.pem", nil)
}

// startWith starts a server for a way with a certificate among files.
func (l *lab) startWith(t *testing.T, w way, certificate string, files map[string]string) *site {
	t.Helper()
	host := "127.0.0.1"
	if w.six {
		host = "::1"
	}
	port := freePorts(t, host)
	options := []string{
		"-S", fmt.Sprintf("%s,%d", host, port),
		"-p", fmt.Sprintf("%d:%d", port+2, port+portsOfServer-1),
	}
	if w.tls.on() {
		options = append(options, "-Y", "3", "-2", certificate, "--tlsbinding", w.tls.binding,
			"--implicittlslisten", fmt.Sprintf("%s,%d", host, port+1))
	}
	server := harness.Start(t, l.ports, harness.Config{
		Binary:  l.binary,
		Staged:  os.Getuid() == 0 || *serverFlag != "",
		Options: options,
		Files:   files,
	})
	address := net.JoinHostPort(host, strconv.Itoa(port))
	eventually(t, "the server takes a connection", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return &site{
		host: host, port: port, dir: server.Dir, home: filepath.Join(server.Dir, "home"),
		certificate: filepath.Join(server.Dir, "tls.pem"), log: server.Log,
	}
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
