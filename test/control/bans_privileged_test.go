//go:build privileged

package control

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"pureftpd/test/harness"
)

// apart says that the test runs in a network of its own.
const apart = "PURE_FTPD_TEST_NETWORK"

// inNetwork runs the test again in a network of its own, where it may have any address, and reports whether this is that run.
func inNetwork(t *testing.T, setup string) bool {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("this test needs root")
	}
	if os.Getenv(apart) != "" {
		return true
	}
	cmd := exec.Command("sh", "-ec", setup+"\nexec \"$0\" \"$@\"", os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), apart+"=yes")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("in a network of its own: %v\n%s", err, out)
	}
	return false
}

// TestBanOfAnIPv6Network has hosts of one /64 guess, and those of the next one log in. The log tells of the ban once.
func TestBanOfAnIPv6Network(t *testing.T) {
	if !inNetwork(t, `ip link set lo up
for a in 2001:db8::1 2001:db8::2 2001:db8::3 2001:db8:0:1::1; do ip -6 addr add $a/64 dev lo nodad; done`) {
		return
	}
	s := start(t, harness.Config{Staged: true, Options: []string{"-S", "::1,$PORT", "--banafter", "2", "--bantime", "3600"}})
	dial := func(from, code string) *client {
		conn, err := s.Dial(from, "::1")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		c := &client{t, conn, bufio.NewReader(conn)}
		c.want(code)
		return c
	}
	for i, want := range []string{"530", "421"} {
		c := dial(fmt.Sprint("2001:db8::", i+1), "220")
		c.do("USER ann", "331")
		c.do("PASS wrong", want)
	}
	for range 3 {
		dial("2001:db8::3", "421")
	}
	other := dial("2001:db8:0:1::1", "220")
	other.do("USER ann", "331")
	other.do("PASS secret", "230")
	if out := s.ctl("bans"); !strings.Contains(out, "2001:db8::/64 ") {
		t.Errorf("bans prints\n%s", out)
	}
	if r := s.program("pure-ftpctl", "unban", "2001:db8:0:1::1"); r.status != 1 {
		t.Errorf("unban of the next network: %+v", r)
	}
	s.ctl("unban", "2001:db8::3")
	again := dial("2001:db8::3", "220")
	again.do("USER ann", "331")
	again.do("PASS secret", "230")
	s.ctl("ban", "2001:db8:0:1::/64", "for", "1h", "no guests")
	other.want("421")
	want := []string{
		"(?@?) [WARNING] Banned 2001:db8::/64 until 20*: 2 failed logins within 10 minutes; \"pure-ftpctl unban 2001:db8::/64\" lifts it",
		"(?@?) [NOTICE] control socket: uid 0 (process *) lifted the ban of 2001:db8::3",
		"(?@?) [NOTICE] control socket: uid 0 (process *) banned 2001:db8:0:1::/64 for 3600 seconds: \"no guests\"",
	}
	if err := s.Log.Expect(want, matches); err != nil {
		t.Error(err)
	}
	if n := strings.Count(strings.Join(s.Log.Lines(), "\n"), "anned 2001:db8::/64"); n != 1 {
		t.Errorf("the log tells of the ban %d times", n)
	}
}

// matches reports whether a line begins and ends as a pattern does; a star stands for anything.
func matches(pattern, line string) bool {
	for i, part := range strings.Split(pattern, "*") {
		at := strings.Index(line, part)
		if at < 0 || i == 0 && at > 0 {
			return false
		}
		line = line[at+len(part):]
	}
	return line == ""
}

// TestRolesAndBans: a viewer neither sees nor makes bans, an operator does.
func TestRolesAndBans(t *testing.T) {
	if os.Getuid() != 0 {
		t.Fatal("this test needs root")
	}
	s := start(t, harness.Config{Staged: true, Options: []string{"--controlviewers", "2201", "--controloperators", "2202"}})
	s.login()
	for _, test := range []struct {
		gid    uint32
		args   string
		status int
		want   string
	}{
		{viewers, "bans", 1, "you have no rights to this"},
		{viewers, "ban 127.0.0.9 1h", 1, "you have no rights to this"},
		{viewers, "unban 127.0.0.9", 1, "you have no rights to this"},
		{operators, "ban 127.0.0.9 1h", 0, "127.0.0.9 is kept out for 1h"},
		{operators, "bans", 0, "127.0.0.9 "},
		{operators, "unban 127.0.0.9", 0, "127.0.0.9 is let in"},
	} {
		if status, text := s.as(somebody, test.gid, "pure-ftpctl", strings.Fields(test.args)...); status != test.status || !strings.Contains(text, test.want) {
			t.Errorf("%s of group %d: %d, %s", test.args, test.gid, status, text)
		}
	}
}
