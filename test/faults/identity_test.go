//go:build privileged

package faults

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	restingID = 65534 // nobody, in a stage that has no account for the server

	// What threads have in force, and what they may put in force for one step.
	effective = 1<<unix.CAP_SETUID | 1<<unix.CAP_SETGID
	permitted = effective | 1<<unix.CAP_NET_BIND_SERVICE | 1<<unix.CAP_DAC_READ_SEARCH | 1<<unix.CAP_CHOWN
)

// testIdentity looks at the threads of a server while it rests and while it works.
func testIdentity(t *testing.T, l *lab) {
	top := folder(t)
	home := top + "/home"
	users := ""
	for _, u := range []struct{ name, home string }{{user, home}, {"new", top + "/made/for/new"}} {
		users += fmt.Sprintf("%s:%s:%d:%d::%s/./::::::::::::\n", u.name, password, userID, userID, u.home)
	}
	s := l.startFor(t, home, users, "-j")
	checkTasks(t, s, "before the first login", false)
	in := s.login(t)
	checkTasks(t, s, "in an idle session", false)

	write(t, s.path("big"), pattern(64<<20, 1))
	slow, _, err := in.open("RETR big")
	if err != nil || slow == nil {
		t.Fatal(err)
	}
	other := s.login(t)
	end := time.Now().Add(2 * time.Second)
	for n := 0; time.Now().Before(end); n++ {
		if _, err := io.CopyN(io.Discard, slow, 256<<10); err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"STOR up <", "RETR up >", "LIST >", "MKD d", "RMD d", "DELE up"} {
			if _, err := other.run(line); err != nil {
				t.Fatal(err)
			}
		}
		checkTasks(t, s, "in a transfer", true)
	}
	if _, err := io.Copy(io.Discard, slow); err != nil {
		t.Error(err)
	}
	in.expect(t, 226, "")

	made := s.loginAs(t, "new")
	checkTasks(t, s, "after a home was made", false)
	owned(t, top+"/made", 0, 0o755)
	owned(t, top+"/made/for", 0, 0o755)
	owned(t, top+"/made/for/new", userID, 0o755)
	made.alive(t)
	testOwnership(t, s, in)
	checkTasks(t, s, "in the end", false)
}

// checkTasks checks all threads. One that works may have the user's identity for files, but never his capabilities.
func checkTasks(t *testing.T, s *site, when string, busy bool) {
	t.Helper()
	for _, one := range tasks(t, s.pid) {
		for _, key := range []string{"Uid", "Gid"} {
			ids := strings.Fields(one[key])
			who := strconv.Itoa(restingID)
			if busy && ids[3] == strconv.Itoa(userID) {
				who = ids[3]
			}
			if got := strings.Join(ids, " "); got != fmt.Sprintf("%d %[1]d %[1]d %s", restingID, who) {
				t.Errorf("%s: %s is %s, want %d at rest", when, key, got, restingID)
			}
		}
		if !busy && one["Groups"] != "" {
			t.Errorf("%s: a thread is in the groups %s", when, one["Groups"])
		}
		for _, set := range []struct {
			key  string
			want uint64
		}{{"CapEff", effective}, {"CapPrm", permitted}, {"CapInh", 0}, {"CapAmb", 0}, {"CapBnd", 0}} {
			got, err := strconv.ParseUint(one[set.key], 16, 64)
			if err != nil || got != set.want {
				t.Errorf("%s: %s is %#x, want %#x", when, set.key, got, set.want)
			}
		}
		if one["NoNewPrivs"] != "1" || one["Seccomp"] != "2" {
			t.Errorf("%s: NoNewPrivs %s, Seccomp %s; want 1 and 2", when, one["NoNewPrivs"], one["Seccomp"])
		}
	}
}

// testOwnership checks whose files uploads are, and that root's stay closed to the user.
func testOwnership(t *testing.T, s *site, in *client) {
	if err := errors.Join(in.store("mine", []byte("mine")), in.want(257, "MKD dir"), in.store("dir/mine", nil)); err != nil {
		t.Error(err)
	}
	owned(t, s.path("mine"), userID, 0o644)
	owned(t, s.path("dir"), userID, 0o755)
	owned(t, s.path("dir/mine"), userID, 0o644)

	secret := []byte("only root reads this")
	if err := errors.Join(os.WriteFile(s.path("root"), secret, 0o600), os.Mkdir(s.path("closed"), 0o700)); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"RETR root >", "STOR root <", "APPE root <", "CWD closed", "MLSD closed >", "STOR closed/x <"} {
		text, err := in.run(line)
		if err != nil || text[0] != '5' || strings.Contains(text, string(secret)) {
			t.Errorf("%q: answered %q, %v; want a refusal", line, text, err)
		}
	}
	if got, _, err := in.get("LIST closed/"); err != nil || bytes.Contains(got, []byte("..")) {
		t.Errorf("LIST of root's folder: %q, %v", got, err)
	}
	holds(t, s.path("root"), secret)
}

func owned(t *testing.T, path string, id uint32, mode os.FileMode) {
	t.Helper()
	var st syscall.Stat_t
	if err := syscall.Lstat(path, &st); err != nil {
		t.Error(err)
		return
	}
	if st.Uid != id || st.Gid != id || st.Mode&0o7777 != uint32(mode) {
		t.Errorf("%s belongs to %d:%d with mode %#o, want %d with %#o", path, st.Uid, st.Gid, st.Mode&0o7777, id, mode)
	}
}
