package ldapauth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/passhash"
)

const md5Secret = "$1$SBQ56/ff$rvzY4YFMELzUscTIBNcfa/" // of "secret"

func start(t *testing.T, c Config) *Backend {
	t.Helper()
	b := New(c, Parts{Verifier: passhash.New(passhash.Config{}), Limit: 2 * time.Second})
	t.Cleanup(func() { b.Close() })
	return b
}

func (d *directory) add(uid, password string, more ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries[uid] = map[string]string{"uidNumber": "2001", "gidNumber": "2002", "homeDirectory": "/home/" + uid, "userPassword": password}
	for i := 0; i < len(more); i += 2 {
		d.entries[uid][more[i]] = more[i+1]
	}
}

func login(t *testing.T, b *Backend, user, password string) (account.Account, error) {
	t.Helper()
	return b.Authenticate(t.Context(), auth.Credentials{User: user, Password: auth.Secret(password)})
}

func TestMethods(t *testing.T) {
	d := newDirectory(t)
	d.add("joe", "secret")
	d.add("hash", "{CRYPT}"+md5Secret)
	d.add("argon", "{Argon2}$argon2id$v=19$m=64,t=2,p=1$23HOWxmcurnawWrLCPddQg$XU6/x4yOrQA6e7pRz9BgY4VUI5V9+1Jxha75gpUF0ME")
	d.add("ssha", "{SSHA}abcdef")
	d.add("bare", md5Secret)
	d.add("hidden", "")
	for _, test := range []struct {
		method         Method
		user, password string
		want           auth.Cause // "" for a login
	}{
		{Bind, "joe", "secret", ""}, {Bind, "joe", "wrong", auth.WrongPassword}, {Bind, "joe", "", auth.WrongPassword},
		{Bind, "nosuch", "secret", auth.UnknownUser}, {Bind, "ssha", "{SSHA}abcdef", ""}, // as the directory says
		{Password, "joe", "secret", ""}, {Password, "joe", "secre", auth.WrongPassword}, {Password, "joe", "", auth.WrongPassword},
		{Password, "hash", "secret", ""}, {Password, "hash", "wrong", auth.WrongPassword}, {Password, "hash", "", auth.WrongPassword},
		{Password, "hash", "{CRYPT}" + md5Secret, auth.WrongPassword}, {Password, "hash", md5Secret, auth.WrongPassword},
		{Password, "argon", "wrong", auth.WrongPassword},
		{Password, "ssha", "{SSHA}abcdef", auth.BadRecord}, {Password, "bare", md5Secret, auth.BadRecord},
		{Password, "hidden", "", auth.UnknownUser}, {Password, "nosuch", "secret", auth.UnknownUser},
	} {
		a, err := login(t, start(t, d.config(test.method)), test.user, test.password)
		if (err == nil) != (test.want == "") || err != nil && auth.CauseOf(err) != test.want {
			t.Errorf("%d: Authenticate(%q, %q) = %v; want %q", test.method, test.user, test.password, err, test.want)
		}
		if err == nil && (a.Name != test.user || a.UID != 2001 || a.GID != 2002 || a.Home != "/home/"+test.user) {
			t.Errorf("Authenticate(%q) = %+v", test.user, a)
		}
	}
	b := start(t, d.config(Password))
	if a, err := login(t, b, "hash", "secret"); err != nil || a.LegacyHash != "MD5-crypt" || b.SampleHash() != md5Secret {
		t.Errorf("Authenticate = %+v, %v, sample %q", a, err, b.SampleHash())
	}
}

// What a user may not be called reaches no directory; what he may be called is a value there.
func TestInjection(t *testing.T) {
	d := newDirectory(t)
	d.add("joe", "secret")
	d.add("o'neil", "secret")
	b := start(t, d.config(Bind))
	for _, user := range []string{
		"", "*", "joe*", "j*e", "joe)(uid=*", "*)(objectClass=*", "joe)(|(uid=*", `joe\2a`, `\6aoe`, `joe\`, "joe\x00", "\x00joe", "(joe)", "joe&",
		"joe|x", "joe!", "joe=", "joe,dc=x", "joe\r\nuid: x", "jöe", "\xff\xfe", "\xc0\xaf", "joe\u200b", "joe\u202e", "joe;x", `"joe"`, "joe#",
		"joe%", "joe/", "joe<", "joe+x", "joe:x", " joe", "joe ", "j  oe", "\tjoe", "joe\n", strings.Repeat("j", 257), "joe~",
	} {
		if _, err := login(t, b, user, "secret"); !errors.Is(err, auth.ErrUnknown) {
			t.Errorf("Authenticate(%q) = %v; want ErrUnknown", user, err)
		}
	}
	if len(d.filters) != 0 {
		t.Errorf("the directory was asked %q", d.filters)
	}
	if _, err := login(t, b, "o'neil", "secret"); err != nil {
		t.Errorf("Authenticate(o'neil) = %v", err)
	}
	if _, err := login(t, b, "joe@example.org", "secret"); !errors.Is(err, auth.ErrUnknown) {
		t.Errorf("Authenticate(joe@example.org) = %v", err)
	}
}

func TestEntries(t *testing.T) {
	for _, test := range []struct {
		name   string
		more   []string
		change func(c *Config)
		want   string // in the error; "" for a login
		cause  auth.Cause
	}{
		{name: "as it is"},
		{name: "status enabled", more: []string{"FTPStatus", "Enabled"}},
		{name: "status true", more: []string{"FTPStatus", "TRUE"}},
		{name: "status off", more: []string{"FTPStatus", "disabled"}, want: `FTPStatus is "disabled"`, cause: auth.Forbidden},
		{name: "uid 0", more: []string{"uidNumber", "0"}, want: "uid 0, gid 2002", cause: auth.RootID},
		{name: "gid 0", more: []string{"gidNumber", "0"}, want: "uid 2001, gid 0", cause: auth.RootID},
		{name: "no uid", more: []string{"uidNumber", ""}, want: "uid 0", cause: auth.RootID},
		{name: "uid junk", more: []string{"uidNumber", "root"}, want: `uidNumber "root"`, cause: auth.BadRecord},
		{name: "uid with a tail", more: []string{"uidNumber", "2001x"}, want: `uidNumber "2001x"`, cause: auth.BadRecord},
		{name: "uid -1", more: []string{"uidNumber", "-1"}, want: `uidNumber "-1"`, cause: auth.BadRecord},
		{name: "uid wraps to root", more: []string{"uidNumber", "4294967296"}, want: "uidNumber 4294967296", cause: auth.BadRecord},
		{name: "uid is nobody's", more: []string{"uidNumber", "4294967295"}, want: "uidNumber 4294967295", cause: auth.BadRecord},
		{name: "gid junk", more: []string{"FTPgid", " 5"}, want: `FTPgid " 5"`, cause: auth.BadRecord},
		{name: "no home", more: []string{"homeDirectory", ""}, want: "there is no homeDirectory", cause: auth.BadRecord},
		{name: "relative home", more: []string{"homeDirectory", "joe"}, want: `homeDirectory "joe"`, cause: auth.BadRecord},
		{name: "default home", more: []string{"homeDirectory", ""}, change: func(c *Config) { c.DefaultHome = "/srv" }},
		{name: "junk quota", more: []string{"FTPQuotaFiles", "many"}, want: `FTPQuotaFiles "many"`, cause: auth.BadRecord},
		{name: "quota too large", more: []string{"FTPQuotaMBytes", "9223372036854775807"}, want: "FTPQuotaMBytes", cause: auth.BadRecord},
		{name: "junk bandwidth", more: []string{"FTPUploadBandwidth", "1e3"}, want: `FTPUploadBandwidth "1e3"`, cause: auth.BadRecord},
		{name: "junk ratio", more: []string{"FTPDownloadRatio", "-2"}, want: `FTPDownloadRatio "-2"`, cause: auth.BadRecord},
	} {
		d := newDirectory(t)
		d.add("joe", "secret", test.more...)
		c := d.config(Bind)
		if test.change != nil {
			test.change(&c)
		}
		a, err := login(t, start(t, c), "joe", "secret")
		if (err == nil) != (test.want == "") || err != nil && (!strings.Contains(err.Error(), test.want) || auth.CauseOf(err) != test.cause) {
			t.Errorf("%s: Authenticate = %+v, %v; want %q [%s]", test.name, a, err, test.want, test.cause)
		}
		if err == nil && (a.Home == "" || a.UID != 2001) {
			t.Errorf("%s: %+v", test.name, a)
		}
		if _, err := login(t, start(t, c), "joe", "wrong"); auth.CauseOf(err) != auth.WrongPassword {
			t.Errorf("%s: with a wrong password %v; want no word of the entry", test.name, err)
		}
	}
}

func TestNumbers(t *testing.T) {
	d := newDirectory(t)
	d.add("joe", "secret", "FTPuid", "5", "ftpgid", "6", "FTPQuotaFiles", "7", "FTPQuotaMBytes", "8", "FTPUploadBandwidth", "9",
		"FTPDownloadBandwidth", "10", "FTPUploadRatio", "11", "FTPDownloadRatio", "12")
	d.add("zero", "secret", "FTPuid", "0", "FTPQuotaFiles", "0", "FTPQuotaMBytes", "0", "FTPUploadRatio", "3")
	d.add("none", "secret", "uidNumber", "", "gidNumber", "0")
	c := d.config(Bind)
	a, err := login(t, start(t, c), "joe", "secret")
	want := account.Limits{
		MaxFiles: account.Limit{Set: true, N: 7}, MaxBytes: account.Limit{Set: true, N: 8 << 20},
		UploadRate: 9 << 10, DownloadRate: 10 << 10, UploadRatio: 11, DownloadRatio: 12,
	}
	if err != nil || a.UID != 5 || a.GID != 6 || a.Limits != want {
		t.Errorf("Authenticate = %+v, %v; want %+v", a, err, want)
	}
	if a, err := login(t, start(t, c), "zero", "secret"); err != nil || a.UID != 2001 || a.Limits != (account.Limits{}) {
		t.Errorf("Authenticate = %+v, %v; want no limits", a, err)
	}
	c.UID, c.GID = DefaultID{N: 77}, DefaultID{N: 88}
	for user, want := range map[string][2]uint32{"joe": {5, 6}, "none": {77, 88}} {
		if a, err := login(t, start(t, c), user, "secret"); err != nil || a.UID != want[0] || a.GID != want[1] {
			t.Errorf("Authenticate(%q) = %+v, %v; want %v", user, a, err, want)
		}
	}
	c.UID.Force, c.GID.Force = true, true
	if a, err := login(t, start(t, c), "joe", "secret"); err != nil || a.UID != 77 || a.GID != 88 {
		t.Errorf("forced: Authenticate = %+v, %v", a, err)
	}
}

// A connection serves many logins, and one that was cut meanwhile is replaced.
func TestConnectionsAreUsedAgain(t *testing.T) {
	d := newDirectory(t)
	d.add("joe", "secret")
	b := start(t, d.config(Bind))
	for range 10 {
		if _, err := login(t, b, "joe", "secret"); err != nil {
			t.Fatal(err)
		}
		if _, err := login(t, b, "joe", "wrong"); auth.CauseOf(err) != auth.WrongPassword {
			t.Fatal(err)
		}
	}
	if d.accepted != 2 {
		t.Errorf("%d connections; want one to search and one to bind", d.accepted)
	}
	d.cut()
	if _, err := login(t, b, "joe", "secret"); err != nil {
		t.Errorf("after the connections were cut: %v", err)
	}
}

func TestCrowd(t *testing.T) {
	d := newDirectory(t)
	d.add("joe", "secret")
	d.add("ann", "other")
	b := start(t, d.config(Bind))
	var group sync.WaitGroup
	for i := range 300 {
		group.Go(func() {
			user, password := "joe", "secret"
			if i%2 == 1 {
				user, password = "ann", "other"
			}
			if a, err := login(t, b, user, password); err != nil || a.Home != "/home/"+user {
				t.Errorf("Authenticate(%q) = %+v, %v", user, a, err)
			}
			if _, err := login(t, b, user, "wrong"); auth.CauseOf(err) != auth.WrongPassword {
				t.Errorf("Authenticate(%q) with a wrong password = %v", user, err)
			}
		})
	}
	group.Wait()
	if n := len(b.searches.idle) + len(b.binds.idle); n > 2*maxIdle {
		t.Errorf("%d connections are kept", n)
	}
}

// What goes wrong ends the login in bounded time, and asks no other backend.
func TestDown(t *testing.T) {
	silent := func(net.Conn, *ber.Packet) bool { return true }
	hangUp := func(c net.Conn, _ *ber.Packet) bool { c.Close(); return true }
	nonsense := func(c net.Conn, _ *ber.Packet) bool { c.Write([]byte("\x30\x84\xff\xff\xff\xff")); return true }
	http := func(c net.Conn, _ *ber.Packet) bool { c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")); return true }
	onlySearch := func(c net.Conn, p *ber.Packet) bool { return p.Children[1].Tag == bindRequest }
	busy := func(c net.Conn, p *ber.Packet) bool {
		if p.Children[1].Tag != bindRequest {
			return false
		}
		send(c, p.Children[0].Value.(int64), bindResponse, ldap.LDAPResultBusy)
		return true
	}
	for _, test := range []struct {
		name   string
		answer func(net.Conn, *ber.Packet) bool
		change func(d *directory, c *Config)
		want   string
	}{
		{name: "silent", answer: silent, want: "no answer from"},
		{name: "hangs up", answer: hangUp, want: "search: "},
		{name: "nonsense", answer: nonsense, want: ""},
		{name: "another protocol", answer: http, want: ""},
		{name: "searches only", answer: onlySearch, want: "no answer from"},
		{name: "busy", answer: busy, want: "bind as the user: "},
		{name: "is not there", change: func(d *directory, _ *Config) { d.listener.Close() }, want: "connection refused"},
		{name: "wrong base", change: func(d *directory, _ *Config) { d.result = ldap.LDAPResultNoSuchObject }, want: `LDAPBaseDN "dc=example,dc=org" is not there`},
		{name: "does not let search", change: func(d *directory, _ *Config) { d.result = ldap.LDAPResultInsufficientAccessRights }, want: "search: "},
		{name: "wrong password of the server", change: func(_ *directory, c *Config) { c.BindDN, c.BindPassword = "cn=ftp", "hunter2" }, want: "bind as LDAPBindDN"},
		{name: "no TLS there", change: func(_ *directory, c *Config) { c.TLS, c.StartTLS = clientTLS(nil), true }, want: ""},
		{name: "no socket", change: func(_ *directory, c *Config) { c.Network, c.Address = "unix", "/nonexistent/ldapi" }, want: "no such file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory(t)
			d.add("joe", "secret")
			c := d.config(Bind)
			if test.change != nil {
				test.change(d, &c)
			}
			d.mu.Lock()
			d.answer = test.answer
			d.mu.Unlock()
			began := time.Now()
			_, err := login(t, start(t, c), "joe", "secret")
			if !errors.Is(err, auth.ErrDown) || errors.Is(err, auth.ErrUnknown) || errors.Is(err, auth.ErrRefused) ||
				!strings.Contains(fmt.Sprint(err), test.want) || strings.Contains(fmt.Sprint(err), "hunter2") {
				t.Errorf("Authenticate = %v; want ErrDown and %q", err, test.want)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	d := newDirectory(t)
	d.add("joe", "secret")
	asked := make(chan bool, 1)
	d.answer = func(net.Conn, *ber.Packet) bool { asked <- true; return true }
	b := start(t, d.config(Bind))
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	_, err := b.Authenticate(ctx, auth.Credentials{User: "joe", Password: "secret"})
	if !errors.Is(err, context.Canceled) || errors.Is(err, auth.ErrUnknown) || errors.Is(err, auth.ErrDown) {
		t.Errorf("Authenticate = %v; want context.Canceled", err)
	}
	if _, err = b.Authenticate(ctx, auth.Credentials{User: "joe", Password: "secret"}); !errors.Is(err, context.Canceled) {
		t.Errorf("Authenticate = %v; want context.Canceled", err)
	}
}

// Two entries are nobody, whatever their passwords.
func TestAmbiguous(t *testing.T) {
	d := newDirectory(t)
	d.answer = func(c net.Conn, p *ber.Packet) bool {
		if p.Children[1].Tag != searchRequest {
			return false
		}
		for _, dn := range []string{"uid=a", "uid=b", "uid=c"} {
			sendEntry(c, p.Children[0].Value.(int64), dn, map[string]string{"uidNumber": "1"})
		}
		send(c, p.Children[0].Value.(int64), searchDone, ldap.LDAPResultSizeLimitExceeded)
		return true
	}
	_, err := login(t, start(t, d.config(Bind)), "joe", "secret")
	if !errors.Is(err, auth.ErrUnknown) || !errors.Is(err, auth.ErrDamaged) {
		t.Errorf("Authenticate = %v; want ErrUnknown and ErrDamaged", err)
	}
}
