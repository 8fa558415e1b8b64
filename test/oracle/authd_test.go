//go:build oracle

package oracle

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pureftpd/internal/authd"
	"pureftpd/test/dialogue"
	"pureftpd/test/harness"
)

// Who lets a user of the recorded answers in: the daemon, or the database that is asked about whom the daemon does not know.
const (
	byDaemon   = "by-daemon"
	byDatabase = "by-database"
	byNobody   = "530"
	sentAway   = "421"
	crashed    = "closed"
	turnedAway = "too many clients"
)

// outcomes says what the original makes of the answers in internal/authd/testdata, and what we do if that is something else. See
// docs/differences.md.
func outcomes() map[string][2]string {
	all := map[string][2]string{"crlf": {sentAway, byDaemon}, "bw0": {crashed, byDaemon}}
	for outcome, names := range map[string]string{
		byDaemon:   "ok order endxyz unknown spaces dup full ratio0",
		byDatabase: "notfound empty noauthok upper",
		byNobody:   "noend end-nonl bad auth2 uid0 nodir reldir big",
	} {
		for name := range strings.FieldsSeq(names) {
			all[name] = [2]string{outcome, outcome}
		}
	}
	return all
}

// more are answers that are not recorded; DIR stands for the folder.
func more() map[string]string {
	const yes = "auth_ok:1\nuid:2101\ngid:2101\ndir:DIR/home/./\n"
	return map[string]string{
		"files0": yes + "user_quota_files:0\nuser_quota_size:1000\nend\n",
		"size0":  yes + "user_quota_files:10\nuser_quota_size:0\nend\n",
		"files1": yes + "user_quota_files:1\nuser_quota_size:1000\nend\n",
		"many0":  yes + "per_user_max:0\nend\n",
		"many1":  yes + "per_user_max:1\nend\n",
		"tilde0": "auth_ok:1\nuid:2101\ngid:2101\ndir:DIR/home\nslow_tilde_expansion:0\nend\n",
		"tilde1": "auth_ok:1\nuid:2101\ngid:2101\ndir:DIR/home\nslow_tilde_expansion:1\nend\n",
	}
}

// limits is what the users of more may do.
const limits = `
C: USER files1
S: 220 *
S: 331 *
C: PASS secret
S: 230 *
C: EPSV
S: 229 *
D: open
C: STOR a
S: 150 *
D> x
D: close
S: 226 *
C: EPSV
S: 229 *
D: open
C: STOR b
S: 552 *
C: DELE a
S: 250 *
C2: USER size0
S2: 220 *
S2: 331 *
C2: PASS secret
S2: 230 *
C2: EPSV
S2: 229 *
D2: open
C2: STOR c
S2: 150 *
D2> x
D2: close
S2: 552 *
C3: USER many0
S3: 220 *
S3: 331 *
C3: PASS secret
S3: 230 *
C4: USER many0
S4: 220 *
S4: 331 *
C4: PASS secret
S4: 230 *
C5: USER many1
S5: 220 *
S5: 331 *
C5: PASS secret
S5: 230 *
C6: USER many1
S6: 220 *
S6: 331 *
C6: PASS secret
S6: 421 *
C7: USER tilde0
S7: 220 *
S7: 331 *
C7: PASS secret
S7: 230 *
C7: CWD ~joe
S7: 250 *
C8: USER tilde1
S8: 220 *
S8: 331 *
C8: PASS secret
S8: 230 *
C8: CWD ~joe
S8: 550 *
C8: QUIT
S8: 221 *
C7: QUIT
S7: 221 *
C9: USER files0
S9: 220 *
S9: 331 *
C9: PASS secret
S9: 230 *
C9: EPSV
S9: 229 *
D9: open
C9: STOR c
S9: 552 *
`

// logins makes a folder with a program that answers about a user with the file of that name, and a database that knows all.
func logins(t *testing.T, pw maker) (dir, program, database string) {
	t.Helper()
	dir = folder(t)
	for _, home := range []string{"home/by-daemon", "other/by-database"} {
		must(t, os.MkdirAll(filepath.Join(dir, home), 0o755))
		must(t, os.Chown(filepath.Join(dir, filepath.Dir(home)), 2101, 2101))
	}
	answers := filepath.Join(dir, "answers")
	must(t, os.Mkdir(answers, 0o755))
	write := func(name, text string) {
		must(t, os.WriteFile(filepath.Join(answers, name), []byte(text), 0o644))
	}
	passwd := filepath.Join(dir, "passwd")
	for name := range outcomes() {
		text, err := os.ReadFile("../../internal/authd/testdata/reply-" + name + ".txt")
		must(t, err)
		write(name, strings.NewReplacer("/tmp/specB/home/joe", dir+"/home", ":2001\n", ":2101\n").Replace(string(text)))
		pw.run(t, "useradd", name, "-f", passwd, "-u", "2101", "-g", "2101", "-C", "64", "-d", dir+"/other")
	}
	for name, text := range more() {
		write(name, strings.ReplaceAll(text, "DIR", dir))
	}
	database = filepath.Join(dir, "pdb")
	pw.run(t, "mkdb", database, "-f", passwd)
	program = filepath.Join(dir, "program")
	must(t, os.WriteFile(program, []byte("#!/bin/sh\nexec cat '"+answers+"'/\"$AUTHD_ACCOUNT\"\n"), 0o755))
	return dir, program, database
}

// daemon starts a pure-authd and returns its socket. The test's end stops it.
func (m maker) daemon(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	socket := filepath.Join(dir, m.name+".sock")
	cmd := exec.Command(m.authd, append([]string{"-s", socket, "-p", socket + ".pid", "-r", program}, args...)...)
	cmd.Env = append(os.Environ(), "FOO=bar")
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(t, cmd.Start())
	t.Cleanup(func() {
		if err := errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()); err != nil {
			t.Error(err)
		}
	})
	for limit := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(socket + ".pid"); err == nil {
			if conn, err := net.Dial("unix", socket); err == nil {
				must(t, conn.Close())
				return socket
			}
		}
		if time.Now().After(limit) {
			t.Fatalf("%s does not listen", m.authd)
		}
	}
}

// outcome logs a user in and tells what comes of it.
func outcome(t *testing.T, s *harness.Server, user string) string {
	conn, err := s.Dial("", "")
	if err != nil {
		t.Error(err)
		return ""
	}
	c := textproto.NewConn(conn)
	defer func() { _ = c.Close() }()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Error(err)
	}
	ask := func(line string) int {
		if line != "" {
			if err := c.PrintfLine("%s", line); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
		code, text, err := c.ReadResponse(0)
		if err != nil && code == 0 && !errors.Is(err, io.EOF) {
			t.Errorf("%s: %q, %v", line, text, err)
		}
		return code
	}
	if ask("") == 421 {
		return turnedAway
	}
	ask("USER " + user)
	switch code := ask("PASS secret"); {
	case code == 0:
		return crashed
	case code != 230:
		return fmt.Sprint(code)
	case ask("CWD "+byDaemon) == 250:
		return byDaemon
	case ask("CWD "+byDatabase) == 250:
		return byDatabase
	}
	return "nowhere"
}

// TestAuthd has each server ask each daemon: about the recorded answers, and about users with limits.
func TestAuthd(t *testing.T) {
	ours, theirs := makers(t)
	dir, program, database := logins(t, ours)
	var ports harness.Ports
	script, err := dialogue.ParseScript(limits)
	must(t, err)
	for _, daemon := range []maker{ours, theirs} {
		socket := daemon.daemon(t, dir, program)
		for i, server := range []maker{theirs, ours} {
			t.Run(server.name+"-asks-"+daemon.name, func(t *testing.T) {
				s := harness.Start(t, &ports, harness.Config{
					Binary: server.server, Staged: true, Options: []string{"-l", "extauth:" + socket, "-l", "puredb:" + database},
					Files: map[string]string{"joe/here": "x"},
				})
				var logins sync.WaitGroup
				places := make(chan struct{}, 6) // most of the time goes into the pauses after a refusal
				for user, want := range outcomes() {
					logins.Go(func() {
						places <- struct{}{}
						defer func() { <-places }()
						got := ""
						harness.Crowd(func() (let bool) {
							got = outcome(t, s, user)
							return got != turnedAway || server == ours
						})
						if got != want[i] {
							t.Errorf("answer %s: %s; want %s", user, got, want[i])
						}
					})
				}
				logins.Wait()
				if err := dialogue.Play(script.For(server.name), s.Dial, s.Expand); err != nil {
					t.Error(err)
				}
				must(t, errors.Join(os.RemoveAll(dir+"/home/.ftpquota"), os.RemoveAll(dir+"/home/b"), os.RemoveAll(dir+"/home/c")))
			})
		}
	}
}

// TestAuthdEnvironment compares what a program finds with either daemon.
func TestAuthdEnvironment(t *testing.T) {
	ours, theirs := makers(t)
	dir := folder(t)
	program := filepath.Join(dir, "program")
	must(t, os.WriteFile(program, []byte("#!/bin/sh\nenv | grep -E '^(AUTHD_|FOO=)' | LC_ALL=C sort\n"+
		`echo "$# $0 $(pwd) $(umask) $(id -u):$(id -g):$(id -G)"; readlink /proc/$$/fd/0 /proc/$$/fd/2`+"\necho lost >&2\n"), 0o755))
	args := []string{"-u", "2101", "-g", "2102"}
	a, b := ours.daemon(t, dir, program, args...), theirs.daemon(t, dir, program, args...)
	for _, q := range []authd.Question{
		{Account: "joe", Password: "pw", LocalIP: "127.0.0.1", LocalPort: 21, RemoteIP: "127.0.0.1"},
		{Account: "al ice", Password: "p:w é'\"$(id)`\\", LocalIP: "::1", LocalPort: 990, RemoteIP: "::2", ServerName: "a.example", Encrypted: true},
		{Account: "cr\r", LocalIP: "::1", RemoteIP: "::2"},
	} {
		lines, err := q.Lines()
		must(t, err)
		var answers []string
		for _, socket := range []string{a, b} {
			conn, err := net.Dial("unix", socket)
			must(t, err)
			_, err = conn.Write(lines)
			must(t, err)
			answer, err := io.ReadAll(conn)
			must(t, errors.Join(err, conn.Close()))
			answers = append(answers, string(answer))
		}
		if answers[0] != answers[1] || !strings.Contains(answers[0], "AUTHD_ACCOUNT="+q.Account) {
			t.Errorf("the program prints\n%s\nand with the original\n%s", answers[0], answers[1])
		}
	}
}

// TestAuthdExitStatus gives both daemons the same wrong command lines.
func TestAuthdExitStatus(t *testing.T) {
	ours, theirs := makers(t)
	dir := t.TempDir()
	for _, args := range []string{
		"-h", "--help", "--bad", "-x", "-s", "", "-s s", "-r /bin/true", "-s s -r true", "-r /bin/true -s none/s -p pid",
	} {
		var status []int
		for _, m := range []maker{ours, theirs} {
			cmd := exec.Command(m.authd, slices.Collect(strings.FieldsSeq(args))...)
			cmd.Dir = dir
			if err := cmd.Run(); cmd.ProcessState == nil {
				t.Fatal(err)
			}
			status = append(status, cmd.ProcessState.ExitCode())
		}
		if status[0] != status[1] {
			t.Errorf("%q: exit status %d; the original's is %d", args, status[0], status[1])
		}
	}
}

// TestAuthdIsAway has a server ask a daemon that is not there. The original lets in whom the database knows; we say in the log why
// nobody is let in.
func TestAuthdIsAway(t *testing.T) {
	ours, theirs := makers(t)
	dir, _, database := logins(t, ours)
	var ports harness.Ports
	for _, test := range []struct {
		server maker
		want   string
		log    []string
	}{
		{theirs, byDatabase, nil},
		{ours, byNobody, []string{"login of [bad]: extauth: the accounts cannot be asked now: "}},
	} {
		t.Run(test.server.name, func(t *testing.T) {
			t.Parallel()
			s := harness.Start(t, &ports, harness.Config{
				Binary: test.server.server, Staged: true, Options: []string{"-l", "extauth:" + dir + "/none", "-l", "puredb:" + database},
			})
			begun := time.Now()
			if got := outcome(t, s, "bad"); got != test.want {
				t.Errorf("%s; want %s", got, test.want)
			}
			if took := time.Since(begun); took < 9*time.Second {
				t.Errorf("it took %v; want the ten seconds that a daemon may be away", took)
			}
			if err := s.Log.Expect(test.log, func(part, line string) bool { return strings.Contains(line, part) }); err != nil {
				t.Error(err)
			}
		})
	}
}
