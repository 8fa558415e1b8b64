//go:build privileged

package control

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pureftpd/test/harness"
)

// Groups and users of the test.
const (
	viewers   = 2201
	operators = 2202
	somebody  = 2203
)

// as runs a program as a user of a group.
func (s *site) as(uid, gid uint32, name string, args ...string) (status int, text string) {
	s.t.Helper()
	cmd := exec.Command(filepath.Join(programs, name), append([]string{"--dir", s.dir}, args...)...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		s.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// TestRights asks a server that has given up root in the name of other users. Nobody needs a setuid program (Q24).
func TestRights(t *testing.T) {
	if os.Getuid() != 0 {
		t.Fatal("this test needs root")
	}
	s := start(t, harness.Config{
		Staged: true, Setup: endless, Options: []string{"--controlviewers", "2201", "--controloperators", "2202"},
	})
	c := s.login()
	receive(c.passive())
	c.do("CWD /", "250")
	c.do("RETR /../endless", "150")
	for _, test := range []struct {
		what     string
		uid, gid uint32
		name     string
		args     string
		status   int
		want     string // part of what is printed
	}{
		{"root sees pathnames", 0, 0, "pure-ftpwho", "-s", 0, "| DL |/../endless|"},
		{"a viewer sees names", somebody, viewers, "pure-ftpwho", "-s", 0, "| DL |endless|"},
		{"a viewer kicks nobody", somebody, viewers, "pure-ftpctl", "kick --user ann", 1, "you have no rights to this"},
		{"an operator sees pathnames", somebody, operators, "pure-ftpwho", "-s", 0, "| DL |/../endless|"},
		{"an operator does not drain", somebody, operators, "pure-ftpctl", "drain", 1, "you have no rights to this"},
		{"an operator follows nobody", somebody, operators, "pure-ftpctl", "trace 4194305", 1, "you have no rights to this"},
		{"others see nothing", somebody, somebody, "pure-ftpwho", "-s", 1, "you have no rights to this"},
		{"nobody sees nothing", 65534, 65534, "pure-ftpwho", "-s", 1, "you have no rights to this"},
		{"an operator limits", somebody, operators, "pure-ftpctl", "limit user ann 1M", 0, "up 1 MB/s"},
		{"an operator kicks", somebody, operators, "pure-ftpctl", "kick --user ann", 0, "ended"},
	} {
		status, text := s.as(test.uid, test.gid, test.name, strings.Fields(test.args)...)
		if status != test.status || !strings.Contains(text, test.want) || test.status != 0 && strings.Contains(text, "endless") {
			t.Errorf("%s: status %d, %q; want %d and %q", test.what, status, text, test.status, test.want)
		}
	}
	c.want("421")
	names := s.sockets()
	if len(names) != 1 {
		t.Fatalf("sockets %q", names)
	}
	if st, err := os.Stat(filepath.Join(s.dir, names[0])); err != nil || st.Mode().Perm() != 0o666 || st.Sys().(*syscall.Stat_t).Uid != 0 {
		t.Errorf("the socket: %v, %v; want root's, open to all", st, err)
	}
	s.ctl("drain", "--wait")
	eventually(t, "the socket is removed by a server that is nobody", func() bool { return len(s.sockets()) == 0 })
}

// TestClosedByDefault has no groups: nobody but root gets as far as the socket.
func TestClosedByDefault(t *testing.T) {
	s := start(t, harness.Config{Staged: true})
	s.login()
	for _, uid := range []uint32{somebody, 65534} {
		if status, text := s.as(uid, uid, "pure-ftpwho", "-s"); status != 1 || !strings.Contains(text, "you have no rights to this") {
			t.Errorf("uid %d: status %d, %q", uid, status, text)
		}
	}
	if st, err := os.Stat(s.dir); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("the directory: %v, %v; want 0700", st.Mode(), err)
	}
	if len(s.who()) != 1 {
		t.Error("root does not see the session")
	}
}
