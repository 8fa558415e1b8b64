//go:build privileged

package start

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestSuperServers has real ones start the server, with switches where they can pass many, and with a configuration file.
func TestSuperServers(t *testing.T) {
	for name, start := range map[string]func(t *testing.T, s *stand) []string{
		"xinetd":                        xinetd,
		"inetd":                         inetd,
		"tcpserver":                     tcpserver,
		"systemd-socket-activate":       activate,
		"systemd-socket-activate-inetd": activateEach,
	} {
		t.Run(name, func(t *testing.T) {
			s := &stand{dir: folder(t), port: port(t), program: os.Getenv(programVariable)}
			s.pdb = accounts(t, s.dir)
			s.config = put(t, filepath.Join(s.dir, "pure-ftpd.conf"),
				"SyslogFacility none\nDontResolve yes\nChrootEveryone yes\nPerUserLimits 2:0\nPIDFile "+s.dir+"/pid\nPureDB "+s.pdb+"\n")
			words := start(t, s)
			daemon := launch(t, s.dir, command{root: true, bare: true, args: words})
			address := "127.0.0.1:" + s.port
			daemon.serves(t, address)
			works(t, user(t, address, "ann"))
			last := user(t, address, "ann")
			c := greeted(t, address)
			c.Ask(331, "USER ann")
			c.Ask(421, "PASS secret")
			last.Ask(221, "QUIT")
			last.Rest()
		})
	}
}

// A stand is what a super-server is told of the server.
type stand struct{ dir, port, program, pdb, config string }

func xinetd(t *testing.T, s *stand) []string {
	conf := put(t, filepath.Join(s.dir, "xinetd.conf"), fmt.Sprintf(`
service pure-ftpd
{
	type        = UNLISTED
	socket_type = stream
	protocol    = tcp
	bind        = 127.0.0.1
	port        = %s
	wait        = no
	user        = root
	server      = %s
	server_args = -H -A -f none -y 2:0 -l puredb:%s
	instances   = 30
}
`, s.port, s.program, s.pdb))
	return []string{os.Getenv(xinetdVariable), "-dontfork", "-stayalive", "-f", conf, "-pidfile", filepath.Join(s.dir, "xinetd.pid")}
}

func inetd(t *testing.T, s *stand) []string {
	line := fmt.Sprintf("127.0.0.1:%s stream tcp nowait root %s pure-ftpd %s\n", s.port, s.program, s.config)
	return []string{find(t, "inetd"), "-i", put(t, filepath.Join(s.dir, "inetd.conf"), line)}
}

func tcpserver(t *testing.T, s *stand) []string {
	return []string{find(t, "tcpserver"), "-HRl0", "127.0.0.1", s.port, s.program, "-H", "-A", "-f", "none", "-y", "2:0",
		"-l", "puredb:" + s.pdb}
}

func activate(t *testing.T, s *stand) []string {
	return []string{find(t, "systemd-socket-activate"), "-l", net.JoinHostPort("127.0.0.1", s.port), s.program, s.config}
}

func activateEach(t *testing.T, s *stand) []string {
	return []string{find(t, "systemd-socket-activate"), "--inetd", "-a", "-l", net.JoinHostPort("127.0.0.1", s.port),
		s.program, s.config}
}

// find returns the path of a program that a package in packages.txt brings.
func find(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		path, err = exec.LookPath(filepath.Join("/usr/sbin", name))
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}
