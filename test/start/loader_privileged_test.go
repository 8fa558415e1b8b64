//go:build privileged

package start

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pureftpd/internal/control"
)

// TestOneFileForAllStarts has super-servers name the file and no switch: the settings in force are the same in every mode, and those of
// --check (P1).
func TestOneFileForAllStarts(t *testing.T) {
	s := &stand{dir: folder(t), port: port(t), program: os.Getenv(programVariable)}
	s.pdb = accounts(t, s.dir)
	s.config = configure(t, s.dir, s.port, "ControlDir "+s.dir+"/run\n")
	check := launch(t, s.dir, command{root: true, args: []string{"--check", s.config}})
	check.endsWith(t, 0)
	listen := net.JoinHostPort("127.0.0.1", s.port)
	var want []control.Setting
	for _, mode := range []struct {
		name  string
		words []string
	}{
		{"standalone", []string{s.program, s.config}},
		{"xinetd", s.xinetdWith(t, s.config)},
		{"inetd", inetd(t, s)},
		{"tcpserver", []string{find(t, "tcpserver"), "-HRl0", "127.0.0.1", s.port, s.program, s.config}},
		{"systemd-socket-activate", activate(t, s)},
		{"systemd-socket-activate --inetd", activateEach(t, s)},
	} {
		daemon := launch(t, s.dir, command{root: true, bare: true, args: mode.words})
		daemon.serves(t, listen)
		c := user(t, listen, "ann")
		got := settingsIn(t, s.dir+"/run")
		if want == nil {
			want = got
			for _, e := range want {
				row(t, check, e.Name, e.Value, e.Origin)
			}
		}
		if len(got) == 0 || !slices.Equal(got, want) {
			t.Errorf("%s: the settings are %+v; want %+v", mode.name, got, want)
		}
		c.Ask(221, "QUIT")
		c.Rest()
		if err := daemon.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-daemon.ended
		refused(t, listen)
		await(t, mode.name+" has ended", func() bool { // the processes of sessions, too
			sockets, err := filepath.Glob(s.dir + "/run/*.sock")
			for _, name := range sockets {
				conn, err := net.Dial("unix", name)
				if err == nil {
					conn.Close()
					return false
				}
				_ = os.Remove(name) // of a server that was killed
			}
			return err == nil
		})
	}
}

// settingsIn are those that are in force in the only server of a directory.
func settingsIn(t *testing.T, dir string) []control.Setting {
	t.Helper()
	clients, err := control.Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []control.Setting
	for _, c := range clients {
		settings, err := c.Settings(context.Background())
		c.Close()
		if err != nil {
			continue // a session that was only greeted has ended
		}
		if list != nil && !slices.Equal(list, settings) {
			t.Errorf("two servers in %s differ", dir)
		}
		list = settings
	}
	return list
}

// xinetdWith is an entry of xinetd that names nothing but a file.
func (s *stand) xinetdWith(t *testing.T, file string) []string {
	conf := put(t, filepath.Join(s.dir, "xinetd-file.conf"), fmt.Sprintf(strings.Join([]string{
		"service pure-ftpd", "{", "type = UNLISTED", "socket_type = stream", "protocol = tcp", "bind = 127.0.0.1", "port = %s",
		"wait = no", "user = root", "server = %s", "server_args = %s", "}", "",
	}, "\n"), s.port, s.program, file))
	return []string{os.Getenv(xinetdVariable), "-dontfork", "-stayalive", "-f", conf, "-pidfile", filepath.Join(s.dir, "xinetd.pid")}
}
