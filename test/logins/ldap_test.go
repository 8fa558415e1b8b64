//go:build backends

package logins

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pureftpd/test/harness"
)

// people is what the directory of these tests holds. HOMES is a folder that all of them may write to.
const people = `dn: dc=example,dc=org
objectClass: domain
dc: example

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: ou=others,dc=example,dc=org
objectClass: organizationalUnit
ou: others

dn: uid=joe,ou=people,dc=example,dc=org
objectClass: account
objectClass: posixAccount
uid: joe
cn: Joe
uidNumber: 3001
gidNumber: 3002
homeDirectory: HOMES
userPassword: secret

dn: uid=crypt,ou=people,dc=example,dc=org
objectClass: account
objectClass: posixAccount
uid: crypt
cn: Crypt
uidNumber: 3003
gidNumber: 3004
homeDirectory: HOMES
userPassword: {CRYPT}` + hashOfSecret + `

dn: uid=ssha,ou=people,dc=example,dc=org
objectClass: account
objectClass: posixAccount
uid: ssha
cn: Ssha
uidNumber: 3005
gidNumber: 3006
homeDirectory: HOMES
userPassword: {SSHA}+RFhsab2AfzZ0VfEdyknXtUT06RhYmNk

dn: uid=zero,ou=people,dc=example,dc=org
objectClass: account
objectClass: posixAccount
uid: zero
cn: Zero
uidNumber: 0
gidNumber: 3006
homeDirectory: HOMES
userPassword: secret

dn: uid=off,ou=people,dc=example,dc=org
objectClass: account
objectClass: posixAccount
objectClass: PureFTPdUser
uid: off
cn: Off
uidNumber: 3007
gidNumber: 3008
homeDirectory: HOMES
userPassword: secret
FTPStatus: disabled

dn: uid=ids,ou=people,dc=example,dc=org
objectClass: account
objectClass: posixAccount
objectClass: PureFTPdUser
uid: ids
cn: Ids
uidNumber: 3009
gidNumber: 3010
homeDirectory: HOMES
userPassword: secret
FTPStatus: Enabled
FTPuid: 3109
FTPgid: 3110
FTPUploadRatio: 1
FTPDownloadRatio: 5
FTPUploadBandwidth: 100
FTPDownloadBandwidth: 200

dn: uid=o'neil,ou=people,dc=example,dc=org
objectClass: account
objectClass: posixAccount
uid: o'neil
cn: O'Neil
uidNumber: 3011
gidNumber: 3012
homeDirectory: HOMES
userPassword: secret

dn: uid=twin,ou=people,dc=example,dc=org
objectClass: account
objectClass: posixAccount
uid: twin
cn: Twin
uidNumber: 3013
gidNumber: 3014
homeDirectory: HOMES
userPassword: secret

dn: uid=twin,ou=others,dc=example,dc=org
objectClass: account
objectClass: posixAccount
uid: twin
cn: Twin
uidNumber: 3015
gidNumber: 3016
homeDirectory: HOMES
userPassword: secret
`

// An ldapLab is a directory, the two servers and a folder for their users.
type ldapLab struct {
	*slapd
	homes          string
	ours, original string
}

func newLDAPLab(t *testing.T) *ldapLab {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("these tests need root")
	}
	homes, err := os.MkdirTemp("", "homes-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(homes) })
	if err := os.Chmod(homes, 0o777); err != nil {
		t.Fatal(err)
	}
	l := &ldapLab{slapd: newSlapd(t, strings.ReplaceAll(people, "HOMES", homes)), homes: homes}
	if l.ours, err = harness.Build(t.TempDir(), "pure-ftpd"); err != nil {
		t.Fatal(err)
	}
	l.original = filepath.Join(unpacked(t, "original-ldap", "pure-ftpd-ldap"), "usr/sbin/pure-ftpd-ldap")
	return l
}

// serve starts a server with a configuration file; PORT and SECURE are the directory's ports, SOCKET is its socket.
func (l *ldapLab) serve(t *testing.T, binary, config string, options ...string) *harness.Server {
	t.Helper()
	config = strings.NewReplacer("PORT", fmt.Sprint(l.port), "SECURE", fmt.Sprint(l.securePort),
		"SOCKET", strings.ReplaceAll(l.path("socket"), "/", "%2F")).Replace(config)
	authority, err := os.ReadFile(l.path("ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	var ports harness.Ports
	return harness.Start(t, &ports, harness.Config{
		Binary: binary, Staged: true,
		Options: append([]string{"-l", "ldap:/etc/ldap-users.conf", "-E", "-C", "2000"}, options...),
		Users:   "joe:secret:$UID:$GID::$DIR/home/./::::::::::::\n",
		Files: map[string]string{
			"etc/ldap-users.conf": config,
			"etc/ldap/ldap.conf":  "TLS_CACERT /etc/ldap/ca.pem\n",
			"etc/ldap/ca.pem":     string(authority),
		},
	})
}

const (
	plain   = "LDAPServer 127.0.0.1\nLDAPPort PORT\nLDAPBaseDN ou=people,dc=example,dc=org\n"
	asAdmin = "LDAPBindDN cn=admin,dc=example,dc=org\nLDAPBindPW hunter2\n"
)

// outcome logs in and tells the code and whose a new directory is.
func (l *ldapLab) outcome(s *harness.Server, user, password, mark string) (string, error) {
	c, err := dial(s)
	if err != nil {
		return "", err
	}
	defer c.conn.Close()
	code, err := c.login(user, password)
	if err != nil || code != "230" {
		return code, err
	}
	name := filepath.Join(l.homes, mark)
	made, err := c.ask("MKD " + mark)
	if err != nil || made != "257" {
		return "", fmt.Errorf("MKD: %s, %w", made, err)
	}
	var stat syscall.Stat_t
	err = syscall.Stat(name, &stat)
	return fmt.Sprintf("%s %d:%d", code, stat.Uid, stat.Gid), errors.Join(err, os.Remove(name))
}

// outcomeOfOriginal is outcome, again if the client is turned away.
func (l *ldapLab) outcomeOfOriginal(s *harness.Server, user, password, mark string) (code string, err error) {
	harness.Crowd(func() (let bool) {
		code, err = l.outcome(s, user, password, mark)
		return !errors.Is(err, errTurnedAway)
	})
	return code, err
}

func TestLDAP(t *testing.T) {
	l := newLDAPLab(t)
	for name, test := range map[string]func(*ldapLab, *testing.T){
		"LikeTheOriginal": (*ldapLab).likeTheOriginal, "Differences": (*ldapLab).differences, "Ways": (*ldapLab).ways,
		"Faults": (*ldapLab).faults, "Crowd": (*ldapLab).crowd,
	} {
		if !t.Run(name, func(t *testing.T) { test(l, t) }) {
			text, _ := os.ReadFile(l.path("log"))
			t.Logf("slapd: %.2000s", text)
		}
	}
}

// The same file and the same logins have the same outcome on the original.
func (l *ldapLab) likeTheOriginal(t *testing.T) {
	logins := []struct{ user, password string }{
		{"joe", "secret"}, {"joe", "wrong"}, {"joe", ""}, {"joe", "secret "}, {"JOE", "secret"}, {"crypt", "secret"}, {"crypt", "wrong"},
		{"ssha", "secret"}, {"ssha", "wrong"}, {"zero", "secret"}, {"off", "secret"}, {"ids", "secret"}, {"o'neil", "secret"}, {"nosuch", "secret"},
		{"jo*", "secret"}, {"joe)(uid=*", "secret"}, {`jo\65`, "secret"}, {"j\xc3\xb6e", "secret"}, {"joe+x", "secret"}, {"joe,ou=people", "secret"},
		{"joe\x01", "secret"}, {strings.Repeat("j", 120), "secret"}, {"joe%s", "secret"}, {"twin", "secret"},
	}
	for name, config := range map[string]string{
		"bind":            plain,
		"bind as admin":   plain + asAdmin + "LDAPAuthMethod bind\n",
		"password":        plain + asAdmin,
		"not shown":       plain + "LDAPAuthMethod PASSWORD\n",
		"filter":          plain + "LDAPFilter (&(objectClass=PureFTPdUser)(cn=\\L))\n",
		"fixed filter":    plain + "LDAPFilter (uid=crypt)\n",
		"defaults":        plain + "LDAPDefaultUID 4001\nLDAPDefaultGID 4002\n",
		"forced":          plain + "LDAPDefaultUID 4001\nLDAPDefaultGID 4002\nLDAPForceDefaultUID True\nLDAPForceDefaultGID true\n",
		"home":            plain + "LDAPHomeDir gecos\nLDAPDefaultHomeDirectory " + l.homes + "\n",
		"no home":         plain + "LDAPHomeDir gecos\n",
		"another name":    plain + "LDAPUseTLS True\n",
		"StartTLS":        startTLS,
		"wrong base":      "LDAPServer 127.0.0.1\nLDAPPort PORT\nLDAPBaseDN ou=nowhere,dc=example,dc=org\n",
		"wrong admin":     plain + "LDAPBindDN cn=admin,dc=example,dc=org\nLDAPBindPW wrong\n",
		"nobody is there": "LDAPServer 127.0.0.1\nLDAPPort 1\nLDAPBaseDN ou=people,dc=example,dc=org\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of the time goes to the pauses after failures
			ours, original := l.serve(t, l.ours, config), l.serve(t, l.original, config)
			var group sync.WaitGroup
			places := make(chan bool, 6)
			accepted := make(chan string, len(logins))
			for i, login := range logins {
				group.Go(func() {
					places <- true
					defer func() { <-places }()
					mark := fmt.Sprintf("%s-%d", strings.ReplaceAll(name, " ", "-"), i)
					got, err1 := l.outcome(ours, login.user, login.password, mark+"-a")
					want, err2 := l.outcomeOfOriginal(original, login.user, login.password, mark+"-b")
					if err := errors.Join(err1, err2); err != nil || got != want {
						t.Errorf("login of %q with %q: %s, the original %s, %v", login.user, login.password, got, want, err)
					}
					if strings.HasPrefix(got, "230") {
						accepted <- login.user + " " + got
					}
				})
			}
			group.Wait()
			close(accepted)
			n := 0
			for range accepted {
				n++
			}
			t.Logf("%d of %d were let in", n, len(logins))
		})
	}
}

// Where the original does what nobody wants, ours does not; docs/differences.md has the list.
func (l *ldapLab) differences(t *testing.T) {
	twins := strings.Replace(plain, "ou=people,", "", 1)
	for _, test := range []struct{ name, config, user, password, ours, original, log string }{
		{"two entries", twins, "twin", "secret", "530", "230 3013:3014", "more than one entry matches LDAPFilter"},
		{"the hash is no password", plain + asAdmin, "ssha", "{SSHA}+RFhsab2AfzZ0VfEdyknXtUT06RhYmNk", "530", "230 3005:3006", "only the directory can check"},
		{"two places in the filter", plain + `LDAPFilter (|(uid=\L)(mail=\L))` + "\n", "joe", "secret", "230 3001:3002", "530", "joe is now logged in"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ours, original := l.serve(t, l.ours, test.config), l.serve(t, l.original, test.config)
			got, err1 := l.outcome(ours, test.user, test.password, "differs-a")
			want, err2 := l.outcome(original, test.user, test.password, "differs-b")
			if err := errors.Join(err1, err2); err != nil || got != test.ours || want != test.original {
				t.Errorf("%s, the original %s, %v; want %s, %s", got, want, err, test.ours, test.original)
			}
			wantLog(t, ours, test.log)
		})
	}
}

const startTLS = "LDAPServer localhost\nLDAPPort PORT\nLDAPBaseDN ou=people,dc=example,dc=org\nLDAPUseTLS True\n"

// The ways to the directory.
func (l *ldapLab) ways(t *testing.T) {
	for name, config := range map[string]string{
		"ldap":     plain,
		"StartTLS": startTLS,
		"ldaps":    "LDAPScheme ldaps\nLDAPServer localhost\nLDAPPort SECURE\nLDAPBaseDN ou=people,dc=example,dc=org\n",
		"ldapi":    "LDAPScheme ldapi\nLDAPServer SOCKET\nLDAPBaseDN ou=people,dc=example,dc=org\n",
		"CA file":  startTLS + "LDAPCAFile /etc/ldap/ca.pem\n",
	} {
		s := l.serve(t, l.ours, config)
		if got, err := l.outcome(s, "joe", "secret", "way"); err != nil || got != "230 3001:3002" {
			t.Errorf("%s: %s, %v", name, got, err)
		}
		wantLogin(t, s, "joe", "wrong", "530")
	}
}

// What goes wrong with the directory ends logins, in bounded time and with a line that says what it was; sessions go on, the
// next source is not asked, and when the directory is back everything is as before.
func (l *ldapLab) faults(t *testing.T) {
	for _, test := range []struct{ name, config, log string }{
		{"wrong base", "LDAPServer 127.0.0.1\nLDAPPort PORT\nLDAPBaseDN ou=nowhere,dc=example,dc=org\n", `LDAPBaseDN "ou=nowhere,dc=example,dc=org" is not there`},
		{"wrong admin", plain + "LDAPBindDN cn=admin,dc=example,dc=org\nLDAPBindPW wrong\n", "bind as LDAPBindDN: LDAP Result Code 49"},
		{"another name", plain + "LDAPUseTLS True\n", "begin TLS with 127.0.0.1:"},
		{"TLS where there is none", "LDAPScheme ldaps\n" + plain, "connect to 127.0.0.1:"},
		{"nobody is there", "LDAPServer 127.0.0.1\nLDAPPort 1\nLDAPBaseDN dc=x\n", "dial tcp 127.0.0.1:1: connect: connection refused"},
	} {
		s := l.serve(t, l.ours, test.config, "-l", "puredb:$DIR/users.pdb")
		wantLogin(t, s, "joe", "secret", "530")
		wantLog(t, s, "[ERROR] login of [joe]: ldap: the accounts cannot be asked now: "+test.log)
		wantNoBan(t, s)
	}
	s := l.serve(t, l.ours, plain, "-l", "puredb:$DIR/users.pdb")
	session, err := dial(s)
	if err != nil {
		t.Fatal(err)
	}
	defer session.conn.Close()
	if code, err := session.login("crypt", "secret"); err != nil || code != "230" {
		t.Fatalf("login: %s, %v", code, err)
	}
	l.signal(t, syscall.SIGSTOP)
	done := make(chan string, 1)
	began := time.Now()
	go func() {
		code, err := login(s, "joe", "secret")
		done <- fmt.Sprint(code, err)
	}()
	if code, err := session.ask("NOOP"); err != nil || code != "200" {
		t.Errorf("NOOP meanwhile: %s, %v", code, err)
	}
	if got := <-done; got != "530<nil>" || time.Since(began) > 40*time.Second {
		t.Errorf("login while the directory stands still: %s after %s", got, time.Since(began))
	}
	wantLog(t, s, "no answer from 127.0.0.1:")
	l.signal(t, syscall.SIGCONT)
	wantLogin(t, s, "joe", "secret", "230")

	l.signal(t, syscall.SIGSTOP) // and killed while a search waits
	go func() {
		code, err := login(s, "joe", "secret")
		done <- fmt.Sprint(code, err)
	}()
	time.Sleep(time.Second)
	l.stop(t)
	if got := <-done; got != "530<nil>" {
		t.Errorf("login while the directory is killed: %s", got)
	}
	wantLogin(t, s, "joe", "secret", "530")
	wantLog(t, s, "connection refused")
	l.start(t)
	wantLogin(t, s, "joe", "secret", "230")
	if code, err := session.ask("NOOP"); err != nil || code != "200" {
		t.Errorf("NOOP afterwards: %s, %v", code, err)
	}
}

func (l *ldapLab) crowd(t *testing.T) {
	for name, config := range map[string]string{"bind": plain, "password": plain + asAdmin, "StartTLS": startTLS} {
		t.Run(name, func(t *testing.T) {
			s := l.serve(t, l.ours, config, "-c", "2000")
			began := time.Now()
			loginCrowd(t, s, "joe", "secret")
			t.Logf("%d logins took %s", crowd, time.Since(began))
		})
	}
}
