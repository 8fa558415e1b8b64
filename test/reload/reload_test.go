package reload

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestReload changes settings while a session runs, by pure-ftpctl and by SIGHUP.
func TestReload(t *testing.T) {
	t.Parallel()
	s := start(t, manner{more: "MaxClientsPerIP 2\n"})
	old := s.login()
	s.configure("MaxClientsPerIP 3\nNoRename yes\nBind 127.0.0.1,$NEXT\nMaxIdleTime 15\nMaxIdleTime 15\n")
	r := s.ctl("reload")
	for _, want := range []string{
		": reloaded, 2 settings changed\n",
		"  maxclientsperip is 3, was 2 [" + s.file + ":10]\n",
		"  norename is yes, was no [" + s.file + ":11]\n",
		s.expand("  bind needs a restart to be 127.0.0.1, $NEXT, was 127.0.0.1, $PORT [" + s.file + ":8, " + s.file + ":12]\n"),
		"  warning: " + s.file + ":14: MaxIdleTime: takes the place of what line 13 said\n",
	} {
		if r.status != 0 || r.errs != "" || !strings.Contains(r.out, want) {
			t.Errorf("pure-ftpctl reload: %+v; want %q in it", r, want)
		}
	}
	if got, want := s.setting("norename"), "norename yes "+s.file+":11"; got != want {
		t.Errorf("in force: %q; want %q", got, want)
	}
	if got := s.setting("bind"); !strings.Contains(got, s.expand(", $PORT ")) {
		t.Errorf("in force: %q; want the port it listens on", got)
	}
	old.do("MKD made", "257")
	old.do("RNFR made", "350")
	young := s.login()
	young.do("RNFR made", "55")
	s.login() // a third from the same address
	if len(strings.Split(s.ctl("list").out, "\n")) != 1+3+1 {
		t.Errorf("the list of sessions of both settings:\n%s", s.ctl("list").out)
	}
	s.configure("MaxClientsPerIP 3\n")
	if err := s.process.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "SIGHUP reloads", func() bool { return s.setting("norename") == "norename no default" })
	young.do("RNFR made", "55") // it keeps what it began with
	if r := s.ctl("reload"); r.status != 0 || !strings.Contains(r.out, "reloaded, 0 settings changed") {
		t.Errorf("nothing has changed: %+v", r)
	}
}

// TestBrokenFileChangesNothing tells all that is wrong with it.
func TestBrokenFileChangesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, broken := range map[string]string{
		"mistakes":          "MaxClientsPerIP 9\nMaxIdleTime never\nNoSuchThing yes\n",
		"no certificate":    "MaxClientsPerIP 9\nTLS 1\nCertFile " + dir + "/none.pem\n",
		"no folder for log": "MaxClientsPerIP 9\nAltLog clf:" + dir + "/none/log\n",
		"database":          "MaxClientsPerIP 9\nMySQLConfigFile " + dir + "/none.conf\n",
		"no group":          "MaxClientsPerIP 9\nControlAdmins no-such-group\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, manner{})
			s.configure(broken)
			want := map[string][]string{
				"mistakes": {s.file + ":11: MaxIdleTime: ", s.file + ":12: NoSuchThing: "}, "no certificate": {"none.pem"},
				"no folder for log": {"none/log"}, "database": {"none.conf"}, "no group": {`"no-such-group"`},
			}[name]
			r := s.ctl("reload")
			for _, text := range want {
				if r.status != 1 || !strings.Contains(r.errs, text) {
					t.Errorf("pure-ftpctl reload: %+v; want %q, and status 1", r, text)
				}
			}
			if got := s.setting("maxclientsperip"); got != "maxclientsperip no limit default" {
				t.Errorf("in force: %q; want what was there", got)
			}
			s.login().do("PWD", "257")
			s.configure("MaxClientsPerIP 9\n")
			if r := s.ctl("reload"); r.status != 0 || s.setting("maxclientsperip") != "maxclientsperip 9 "+s.file+":10" {
				t.Errorf("after it was mended: %+v", r)
			}
			figures := s.ctl("metrics").out
			for _, result := range []string{"ok", "failed"} {
				if line := fmt.Sprintf("\npureftpd_reloads_total{result=%q} 1\n", result); !strings.Contains(figures, line) {
					t.Errorf("metrics have no line%s", line)
				}
			}
		})
	}
}

// TestMistakesAreLogged finds what is wrong with a file where SIGHUP was the question.
func TestMistakesAreLogged(t *testing.T) {
	t.Parallel()
	s := start(t, manner{more: "LogTo stderr\n"})
	s.login()
	s.configure("LogTo stderr\nMaxIdleTime never\n")
	if err := s.process.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the log tells the mistake", func() bool {
		return strings.Contains(s.stderr.String(), "not reloaded: "+s.file+":11: MaxIdleTime: ")
	})
}

// TestTLSByReload switches TLS on, with a certificate that only root can write, and to another policy.
func TestTLSByReload(t *testing.T) {
	t.Parallel()
	s := start(t, manner{})
	clear := s.login()
	s.connect().do("AUTH TLS", "5")
	s.configure("TLS 2\nTLSSelfSigned yes\nCertFile $DIR/etc/made.pem\n")
	if r := s.ctl("reload"); r.status != 0 || !strings.Contains(r.out, "made a self-signed certificate") {
		t.Fatalf("pure-ftpctl reload: %+v; want TLS with a certificate that was made", r)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "etc", "made.pem")); err != nil {
		t.Errorf("the certificate: %v; want it stored", err)
	}
	s.connect().do("USER ann", "421")
	s.connect().do("AUTH TLS", "234")
	clear.do("PWD", "257")
	s.configure("TLS 2\nTLSSelfSigned yes\nCertFile $DIR/etc/made.pem\nImplicitTLSListen $NEXT\n")
	if r := s.ctl("reload"); r.status != 0 || !strings.Contains(r.out, "implicittlslisten needs a restart") {
		t.Errorf("a port more: %+v", r)
	}
	if err := os.Remove(filepath.Join(s.dir, "etc", "made.pem")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "etc", "made.pem"), []byte("nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := s.ctl("reload"); r.status != 1 || !strings.Contains(r.errs, "made.pem") {
		t.Errorf("the same settings with a file that has become another: %+v; want it refused", r)
	}
	s.connect().do("AUTH TLS", "234")
}

// TestBandwidthByReload has the setting win over what was set by hand only if the setting has changed.
func TestBandwidthByReload(t *testing.T) {
	t.Parallel()
	s := start(t, manner{more: "TotalBandwidth 500\n"})
	limits := func() string {
		_, rest, _ := strings.Cut(s.ctl("status", "--json").out, `"limits"`)
		return strings.Join(strings.Fields(rest[:min(len(rest), 70)]), "")
	}
	if r := s.ctl("limit", "server", "2M"); r.status != 0 {
		t.Fatal(r)
	}
	s.configure("TotalBandwidth 500\nMaxIdleTime 3\n")
	s.ctl("reload")
	if got := limits(); !strings.Contains(got, "2097152") {
		t.Errorf("after a reload that does not concern it: %q; want what was set by hand", got)
	}
	s.configure("TotalBandwidth 600\n")
	s.ctl("reload")
	if got := limits(); got != "" {
		t.Errorf("after a reload that changes it: %q; want nothing set by hand", got)
	}
}

// TestReloadAtTheEnd is refused: the sessions that are left keep what they have.
func TestReloadAtTheEnd(t *testing.T) {
	t.Parallel()
	s := start(t, manner{})
	if err := os.Truncate(file(t, s.dir+"/home/large"), 64<<20); err != nil {
		t.Fatal(err)
	}
	c := s.login()
	data, err := c.passive()
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	c.do("RETR large", "150")
	s.ctl("drain")
	s.configure("NoRename yes\n")
	if r := s.ctl("reload"); r.status != 1 || !strings.Contains(r.errs, "the server accepts nobody any more") {
		t.Errorf("pure-ftpctl reload: %+v; want it refused", r)
	}
	if err := s.process.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if _, err := data.Read(make([]byte, 1)); err != nil {
		t.Errorf("the transfer after SIGHUP at the end: %v; want it to go on", err)
	}
}

func file(t *testing.T, path string) string {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSystemdIsTold of the beginning and the end, as Type=notify-reload asks.
func TestSystemdIsTold(t *testing.T) {
	t.Parallel()
	place := t.TempDir()
	if err := os.Chmod(place, 0o755); err != nil {
		t.Fatal(err)
	}
	for dir := place; dir != "/tmp" && dir != "/"; dir = filepath.Dir(dir) { // the server becomes nobody
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: place + "/notify", Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := os.Chmod(place+"/notify", 0o777); err != nil {
		t.Fatal(err)
	}
	s := start(t, manner{env: []string{"NOTIFY_SOCKET=" + place + "/notify"}})
	told := func() string {
		message := make([]byte, 200)
		if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		n, err := conn.Read(message)
		if err != nil {
			t.Fatal(err)
		}
		return string(message[:n])
	}
	if got := told(); got != "READY=1" {
		t.Fatalf("systemd was told %q at the start", got)
	}
	for _, configuration := range []string{"NoRename yes\n", "NoRename perhaps\n"} {
		s.configure(configuration)
		if err := s.process.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		if first, second := told(), told(); !strings.HasPrefix(first, "RELOADING=1\nMONOTONIC_USEC=") || second != "READY=1" {
			t.Errorf("systemd was told %q and %q; want the beginning and the end", first, second)
		}
	}
}

// TestInetdHasNothingToReload says so, and SIGHUP ends no session.
func TestInetdHasNothingToReload(t *testing.T) {
	t.Parallel()
	s := prepare(t, manner{})
	l, err := net.Listen("tcp", s.expand("127.0.0.1:$PORT"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	f, err := accepted.(*net.TCPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	s.launch(manner{change: func(c *exec.Cmd) { c.Stdin = f }})
	if err := errors.Join(f.Close(), accepted.Close(), conn.SetDeadline(time.Now().Add(patience))); err != nil {
		t.Fatal(err)
	}
	c := &client{t, conn, bufio.NewReader(conn)}
	c.want("220")
	if r := s.ctl("reload"); r.status != 1 || !strings.Contains(r.errs, "in inetd mode each session reads the configuration") {
		t.Errorf("pure-ftpctl reload: %+v; want that there is nothing to do", r)
	}
	if err := s.process.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	c.do("USER ann", "331")
	c.do("PASS secret", "230")
	c.do("QUIT", "221")
	<-s.ended
}

// TestAnswers has the socket tell a program the same as pure-ftpctl tells people.
func TestAnswers(t *testing.T) {
	t.Parallel()
	s := start(t, manner{})
	s.configure("NoRename yes\n")
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", fmt.Sprintf("%s/run/%d.sock", s.dir, s.process.Process.Pid))
	}}}
	t.Cleanup(client.CloseIdleConnections)
	reply, err := client.Post("http://x/v1/server/reload", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`{"changed":[{"name":"norename","old":"no","new":"yes","origin":"%s:10"}],"needs_restart":[],"warnings":[]}`, s.file)
	if got := strings.TrimSpace(string(body)); reply.StatusCode != 200 || got != want {
		t.Errorf("the answer: %d %s; want %s", reply.StatusCode, got, want)
	}
}
