//go:build backends

package logins

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pureftpd/test/harness"
)

const hashOfSecret = "$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG."

// pamBinary builds the server and, beside it, the helper.
func pamBinary(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("these tests need root")
	}
	dir := t.TempDir()
	server, err := harness.Build(dir, "pure-ftpd")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-tags", "pam", "-o", dir, "pureftpd/cmd/pure-pamd")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return server
}

// pamUnix are the phases of the system's own passwords.
const pamUnix = "auth required pam_unix.so nodelay\naccount required pam_unix.so\nsession required pam_unix.so\n"

// A pamStage is what a server for PAM's tests has.
type pamStage struct {
	service string            // the file in pam.d
	files   map[string]string // more files
	setup   []string
	options []string // nil means -l pam
	inetd   bool
}

// start starts a server.
func (p pamStage) start(t *testing.T, binary string) *harness.Server {
	t.Helper()
	files := map[string]string{
		"etc/pam.d/pure-ftpd": p.service,
		"etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n" +
			"joe:x:2102:2102::$DIR/joe:/bin/sh\nsue:x:2103:2102::$DIR/joe:/bin/sh\nmin:x:99:2102::$DIR/joe:/bin/sh\n" +
			"old:x:2104:2102::$DIR/joe:/bin/sh\nnew:x:2105:2102::$DIR/joe:/bin/sh\nnosh:x:2106:2102::$DIR/joe:/bin/none\n" +
			"admin:x:2107:0::$DIR/joe:/bin/sh\n",
		"etc/group":  "root:x:0:\njoe:x:2102:\nmates:x:2109:joe\n",
		"etc/shadow": "old:" + hashOfSecret + ":19000:0:99999:7::19001:\nnew:" + hashOfSecret + ":0:0:99999:7:::\n",
	}
	for _, name := range []string{"root", "joe", "sue", "min", "nosh", "admin"} {
		files["etc/shadow"] += name + ":" + hashOfSecret + ":19000:0:99999:7:::\n"
	}
	maps.Copy(files, p.files)
	if p.options == nil {
		p.options = []string{"-l", "pam"}
	}
	var ports harness.Ports
	return harness.Start(t, &ports, harness.Config{
		Binary: binary, Staged: true, Inetd: p.inetd, Options: p.options, Files: files, Setup: append(p.setup, "chmod joe 777"),
	})
}

// script is the text of a program that a service file starts with pam_exec.
func script(body string) string { return "#!/bin/sh\n" + body + "\n" }

func TestPAM(t *testing.T) {
	binary := pamBinary(t)
	for name, test := range map[string]func(t *testing.T, binary string){
		"SystemAccounts": pamSystemAccounts, "Debian": pamDebian, "Permit": pamPermit, "Deny": pamDeny, "Phases": pamPhases,
		"Hangs": pamHangs, "KillsItsParent": pamKillsItsParent, "HelperDies": pamHelperDies, "Crowd": pamCrowd,
		"MissingService": pamMissingService, "Inetd": pamInetd,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, binary)
		})
	}
}

func pamSystemAccounts(t *testing.T, binary string) {
	s := pamStage{service: pamUnix, options: []string{"-l", "pam", "-u", "50"}}.start(t, binary)
	for _, test := range []struct{ user, password, code string }{
		{"joe", "secret", "230"}, {"joe", "wrong", "530"}, {"nosuch", "secret", "530"}, {"old", "secret", "530"},
		{"new", "secret", "530"}, {"root", "secret", "530"}, {"admin", "secret", "530"}, {"min", "secret", "230"}, {"joe", "", "530"},
	} {
		wantLogin(t, s, test.user, test.password, test.code)
	}
	wantLog(t, s, "joe is now logged in",
		"login of [joe] refused: pam: user unknown: denied: authentication: Authentication failure [unknown-user]",
		"login of [nosuch] refused: pam: user unknown: denied: ",
		"login of [old] refused: expired: account: User account has expired; modules say: ",
		"login of [new] refused: new password: account: ",
		"login of [root] refused: uid 0, gid 0 [root-id]", "login of [admin] refused: uid 2107, gid 0 [root-id]",
		"min is now logged in")
}

// Debian's own service file and its configuration folder.
func pamDebian(t *testing.T, binary string) {
	s := pamStage{
		service: "auth required pam_listfile.so item=user sense=deny file=/etc/ftpusers onerr=succeed\n" +
			"@include common-account\n@include common-session\n@include common-auth\nauth required pam_shells.so\n",
		files: map[string]string{
			"etc/pam.d/common-auth": "auth [success=1 default=ignore] pam_unix.so nullok\n" +
				"auth requisite pam_deny.so\nauth required pam_permit.so\n",
			"etc/pam.d/common-account": "account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\n" +
				"account requisite pam_deny.so\naccount required pam_permit.so\n",
			"etc/pam.d/common-session": "session [default=1] pam_permit.so\nsession requisite pam_deny.so\n" +
				"session required pam_permit.so\nsession required pam_unix.so\n",
			"etc/ftpusers":                          "root\nsue\n",
			"etc/shells":                            "/bin/sh\n",
			"etc/pure-ftpd/conf/PAMAuthentication":  "yes\n",
			"etc/pure-ftpd/conf/UnixAuthentication": "no\n",
			"etc/pure-ftpd/conf/MinUID":             "1000\n",
			"etc/pure-ftpd/conf/NoAnonymous":        "yes\n",
			"etc/pure-ftpd/conf/PureDB":             "/etc/pure-ftpd/pureftpd.pdb\n",
			"etc/pure-ftpd/conf/FSCharset":          "UTF-8\n",
			"etc/pure-ftpd/conf/Bind":               "127.0.0.1,$PORT\n",
			"etc/pure-ftpd/conf/DontResolve":        "yes\n",
		},
		setup: []string{
			"mkdir etc/pure-ftpd/auth", "symlink etc/pure-ftpd/auth/70pam ../conf/PAMAuthentication",
			"symlink etc/pure-ftpd/auth/65unix ../conf/UnixAuthentication",
		},
		options: []string{"/etc/pure-ftpd"},
	}.start(t, binary)
	for _, test := range []struct{ user, password, code string }{
		{"joe", "secret", "230"}, {"joe", "wrong", "530"}, {"sue", "secret", "530"}, {"nosh", "secret", "530"}, {"min", "secret", "530"},
		{"old", "secret", "530"},
	} {
		wantLogin(t, s, test.user, test.password, test.code)
	}
	wantLog(t, s, "joe is now logged in", "login of [min] refused: uid 99 is below 1000 [low-uid]")
}

// PAM may let in whom the system does not know, and the next source may.
func pamPermit(t *testing.T, binary string) {
	s := pamStage{
		service: "auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n",
		options: []string{"-l", "pam", "-l", "puredb:$DIR/users.pdb"},
	}.start(t, binary)
	wantLogin(t, s, "joe", "anything", "230")
	wantLogin(t, s, "ann", "secret", "230")
	wantLogin(t, s, "ann", "wrong", "530")
	wantLogin(t, s, "nosuch", "secret", "530")
	wantLogin(t, s, "root", "secret", "530")
	wantLog(t, s, "joe is now logged in", "ann is now logged in", "login of [ann] refused: wrong password [wrong-password]",
		`login of [nosuch] refused: pam: user unknown: no account: the system has no account "nosuch"; puredb: user unknown`,
		"[root-id]")
}

func pamDeny(t *testing.T, binary string) {
	s := pamStage{service: "auth required pam_deny.so\naccount required pam_deny.so\n"}.start(t, binary)
	wantLogin(t, s, "joe", "secret", "530")
	s = pamStage{
		service: "auth required pam_permit.so\naccount required pam_deny.so\n",
		options: []string{"-l", "pam", "-l", "unix"},
	}.start(t, binary)
	wantLogin(t, s, "joe", "secret", "530") // the account is refused, so nobody else is asked
	wantLog(t, s, "login of [joe] refused: forbidden: account: ")
}

// The phases come in their order, and modules see whose login it is and where it comes from.
func pamPhases(t *testing.T, binary string) {
	const line = " required pam_exec.so quiet $DIR/note.sh\n"
	s := pamStage{
		service: "auth required pam_exec.so quiet expose_authtok $DIR/note.sh\nauth required pam_permit.so\naccount" + line + "session" + line,
		files: map[string]string{"note.sh": script(`password=-; [ $PAM_TYPE = auth ] && password=$(tr '\0' '\n')
echo "$PAM_TYPE $PAM_SERVICE $PAM_USER $PAM_RUSER $PAM_RHOST $PAM_TTY $password ${HOME-none}" >> $DIR/notes`)},
		setup: []string{"chmod note.sh 755"},
	}.start(t, binary)
	wantLogin(t, s, "joe", "secret $x", "230")
	got, err := os.ReadFile(filepath.Join(s.Dir, "notes"))
	want := ""
	for _, phase := range []string{"auth", "account", "open_session", "close_session"} {
		password := "-"
		if phase == "auth" {
			password = "secret $x"
		}
		want += phase + " pure-ftpd joe joe 127.0.0.1 pure-ftpd " + password + " none\n"
	}
	if err != nil || string(got) != want {
		t.Errorf("the modules saw %q, %v; want %q", got, err, want)
	}
}

// A module that hangs ends in a failed login; others log in meanwhile, and what hung does not stay.
func pamHangs(t *testing.T, binary string) {
	s := pamStage{
		service: "auth required pam_exec.so quiet $DIR/hang.sh\nauth required pam_permit.so\naccount required pam_permit.so\n",
		files:   map[string]string{"hang.sh": script(`[ $PAM_USER = sue ] || exit 0; echo $$ > $DIR/pid-of-script; exec sleep 600`)},
		setup:   []string{"chmod hang.sh 755"},
		options: []string{"-l", "pam", "-l", "unix"},
	}.start(t, binary)
	done := make(chan string, 1)
	began := time.Now()
	go func() {
		code, err := login(s, "sue", "secret")
		done <- fmt.Sprint(code, err)
	}()
	for range 5 {
		wantLogin(t, s, "joe", "secret", "230")
	}
	if got := <-done; got != "530<nil>" {
		t.Errorf("login with a module that hangs: %s; want 530", got)
	}
	if took := time.Since(began); took < 55*time.Second || took > 90*time.Second {
		t.Errorf("it took %s; want about a minute", took)
	}
	wantLog(t, s, "[ERROR] login of [sue]: pam: the accounts cannot be asked now: failed: PAM took longer than 1m0s; its modules were stopped [backend-down]")
	text, err := os.ReadFile(filepath.Join(s.Dir, "pid-of-script"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || syscall.Kill(pid, 0) == nil {
		t.Errorf("the script %q still runs (%v)", text, err)
	}
}

// A module that takes its process with it ends in a failed login, and the next one works.
func pamKillsItsParent(t *testing.T, binary string) {
	s := pamStage{
		service: "auth required pam_exec.so quiet $DIR/kill.sh\nauth required pam_permit.so\naccount required pam_permit.so\n",
		files:   map[string]string{"kill.sh": script(`case $PAM_USER in sue) kill -KILL $PPID;; old) kill -SEGV $PPID;; esac`)},
		setup:   []string{"chmod kill.sh 755"},
		options: []string{"-l", "pam", "-l", "unix"},
	}.start(t, binary)
	wantLogin(t, s, "sue", "secret", "530")
	wantLogin(t, s, "old", "secret", "530")
	wantLogin(t, s, "joe", "secret", "230")
	wantLog(t, s, "[ERROR] login of [sue]: pam: the accounts cannot be asked now: failed: the process that asked PAM gave no answer: signal: killed",
		"[ERROR] login of [old]: pam: the accounts cannot be asked now: failed: the process that asked PAM gave no answer: ",
		"joe is now logged in")
}

// helperOf finds the helper of a server.
func helperOf(t *testing.T, binary string, s *harness.Server) int {
	t.Helper()
	want := filepath.Join(filepath.Dir(binary), "pure-pamd") + "\x00serve\x00"
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range lines {
		line, _ := os.ReadFile(path)
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if strings.HasPrefix(string(line), want) && sameMounts(pid, s) {
			return pid
		}
	}
	t.Fatal("there is no helper")
	return 0
}

// sameMounts tells whether a process lives in the system of a server.
func sameMounts(pid int, s *harness.Server) bool {
	here, err := os.Stat(filepath.Join(s.Dir, "etc"))
	there, failed := os.Stat(fmt.Sprintf("/proc/%d/root/etc", pid))
	return err == nil && failed == nil && os.SameFile(here, there)
}

// Without its helper the server lives, and says what to do; logins from other sources work.
func pamHelperDies(t *testing.T, binary string) {
	s := pamStage{service: pamUnix, options: []string{"-l", "puredb:$DIR/users.pdb", "-l", "pam"}}.start(t, binary)
	wantLogin(t, s, "joe", "secret", "230")
	if err := syscall.Kill(helperOf(t, binary, s), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	wantLogin(t, s, "joe", "secret", "530")
	wantLogin(t, s, "ann", "secret", "230")
	wantLog(t, s, "[ERROR] login of [joe]: pam: the accounts cannot be asked now: the helper for PAM has ended: restart the server [backend-down]")
}

// crowd is how many clients log in at the same time.
const crowd = 1000

func pamCrowd(t *testing.T, binary string) {
	s := pamStage{service: pamUnix, options: []string{"-l", "pam", "-c", "2000"}}.start(t, binary)
	began := time.Now()
	loginCrowd(t, s, "joe", "secret")
	t.Logf("%d logins took %s", crowd, time.Since(began))
}

// loginCrowd has all clients connect, and log in at once.
func loginCrowd(t *testing.T, s *harness.Server, user, password string) {
	t.Helper()
	var group sync.WaitGroup
	clients := make([]*talk, crowd)
	for i := range clients {
		c, err := dial(s)
		if err != nil {
			t.Fatal(err)
		}
		defer c.conn.Close()
		clients[i] = c
	}
	for _, c := range clients {
		group.Go(func() {
			if code, err := c.login(user, password); err != nil || code != "230" {
				t.Errorf("login: %s, %v", code, err)
			}
		})
	}
	group.Wait()
}

// Without a service file of its own PAM takes "other", and without that nobody gets in.
func pamMissingService(t *testing.T, binary string) {
	s := pamStage{setup: []string{"remove etc/pam.d/pure-ftpd"}}.start(t, binary)
	wantLogin(t, s, "joe", "secret", "530")
	wantLog(t, s, "[backend-down]")
}

// Under inetd each client has a server, and each server a helper, which ends with it.
func pamInetd(t *testing.T, binary string) {
	s := pamStage{service: pamUnix, inetd: true}.start(t, binary)
	c, err := dial(s)
	if err != nil {
		t.Fatal(err)
	}
	if code, err := c.login("joe", "secret"); err != nil || code != "230" {
		t.Errorf("login: %s, %v", code, err)
	}
	helper := helperOf(t, binary, s)
	if code, err := c.ask("QUIT"); err != nil || code != "221" {
		t.Errorf("QUIT: %s, %v", code, err)
	}
	for i := 0; syscall.Kill(helper, 0) == nil; i++ {
		if i == 500 {
			t.Fatal("the helper outlives its server")
		}
		time.Sleep(20 * time.Millisecond)
	}
}
