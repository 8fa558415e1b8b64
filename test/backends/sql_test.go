//go:build backends

package backends

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/auth/backendtest"
	"pureftpd/internal/auth/sqlauth"
)

const md5Secret = "$1$SBQ56/ff$rvzY4YFMELzUscTIBNcfa/" // of "secret"

func credentials(user, password string) auth.Credentials {
	return auth.Credentials{
		User: user, Password: auth.Secret(password),
		Local: netip.MustParseAddrPort("192.0.2.1:2121"), Remote: netip.MustParseAddrPort("198.51.100.7:40000"),
	}
}

// without is a configuration without the lines of some keys.
func without(config string, keys ...string) string {
	var kept strings.Builder
	for line := range strings.Lines(config) {
		drop := false
		for _, key := range keys {
			drop = drop || strings.HasPrefix(line, key)
		}
		if !drop {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// each runs a test on every kind of database.
func each(t *testing.T, test func(t *testing.T, d *database)) {
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) { test(t, e.start(t)) })
	}
}

// mustBreak wants an error that ends the login for a reason of the database's.
func mustBreak(t *testing.T, what string, err error, words ...string) {
	t.Helper()
	if !errors.Is(err, auth.ErrDown) || errors.Is(err, auth.ErrUnknown) || errors.Is(err, auth.ErrRefused) {
		t.Errorf("%s: %v; want ErrDown alone", what, err)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v; want %q in it", what, err, word)
		}
	}
	if strings.Contains(err.Error(), ftpPassword) || strings.Contains(err.Error(), "$1$") {
		t.Errorf("%s: %v shows a secret", what, err)
	}
}

func TestSuite(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		backendtest.Run(t, backendtest.Source{
			New: func(t *testing.T, v auth.Verifier, users []backendtest.User) auth.Backend {
				var rows []row
				for _, u := range users {
					rows = append(rows, row{u.Name, u.Hash, int(u.UID), int(u.GID), u.Home})
				}
				d.users(t, rows...)
				return d.backend(t, d.queries(), sqlauth.Parts{Verifier: v})
			},
			NewBroken: func(t *testing.T, v auth.Verifier) auth.Backend {
				return d.backend(t, d.queries(d.engine.prefix+"Database none"), sqlauth.Parts{Verifier: v})
			},
		})
	})
}

func TestLimitsAndIDs(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		d.users(t, row{"joe", md5Secret, 2001, 2002, "/home/joe"}, row{"root", md5Secret, 0, 2002, "/r"}, row{"neg", md5Secret, 2001, -1, "/n"})
		p := d.engine.prefix
		limits := []string{
			p + "GetQTAFS SELECT 10", p + "GetQTASZ SELECT 20.00", p + "GetRatioUL SELECT 3 WHERE '\\L'='joe'",
			p + "GetRatioDL SELECT '4'", p + "GetBandwidthUL SELECT NULL", p + "GetBandwidthDL SELECT CAST('6 ' AS CHAR(8))",
		}
		if p == "MYSQL" {
			limits[2] = p + "GetRatioUL SELECT IF('\\L'='joe', 3, 0)"
		}
		b := d.backend(t, d.queries(limits...), sqlauth.Parts{})
		a, err := b.Authenticate(t.Context(), credentials("joe", "secret"))
		want := account.Limits{
			MaxFiles: account.Limit{Set: true, N: 10}, MaxBytes: account.Limit{Set: true, N: 20 << 20},
			UploadRatio: 3, DownloadRatio: 4, DownloadRate: 6 << 10,
		}
		if err != nil || a.Limits != want || a.LegacyHash != "MD5-crypt" {
			t.Errorf("%+v, %v; want %+v", a, err, want)
		}
		for _, name := range []string{"root", "neg"} {
			if _, err := b.Authenticate(t.Context(), credentials(name, "secret")); !errors.Is(err, auth.ErrRefused) {
				t.Errorf("%s: %v; want a refusal", name, err)
			}
		}
		b = d.backend(t, d.queries(p+"GetQTAFS SELECT 'ten'"), sqlauth.Parts{})
		_, err = b.Authenticate(t.Context(), credentials("joe", "secret"))
		if r, ok := errors.AsType[*auth.Refusal](err); !ok || !strings.Contains(r.Reason, p+"GetQTAFS") {
			t.Errorf("junk in a limit: %v; want a refusal that names the key", err)
		}
	})
}

func TestInjection(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		d.users(t, row{"joe", md5Secret, 2001, 2002, "/home/joe"})
		column := d.engine.column
		b := d.backend(t, d.queries(fmt.Sprintf(`%sGetPW SELECT %s FROM users WHERE %s='\L' OR %[3]s LIKE 'x\L' OR %[3]s=\L`,
			d.engine.prefix, column("Password"), column("User"))), sqlauth.Parts{})
		for _, login := range []string{
			"joe'", "joe''", "joe' OR '1'='1", "' OR 1 --", "joe' -- ", "joe'; DROP TABLE users; --", `joe\`, `joe\'`, `joe"`, `\' OR 1`,
			"joe\x00", "joe\x00' OR 1", "joe\r\nadmin", "joe\xff", "joe\xc0\xa7", "joe\xbf\x27", "joe\xbf'", "\u02bcjoe", "jo\uff07e", "%", "_oe",
			"joe%", "j_e", `\L`, "$1", "?", "' ' 'joe", "'+joe+'", "joe'@'host", "User", "users.User", "1", "''", "'''", "joe'.'joe", "::text",
		} {
			for _, password := range []string{"secret", "' OR '1'='1"} {
				a, err := b.Authenticate(t.Context(), credentials(login, password))
				if !errors.Is(err, auth.ErrUnknown) || errors.Is(err, auth.ErrDamaged) {
					t.Errorf("%q: %+v, %v; want ErrUnknown", login, a, err)
				}
			}
		}
		if _, err := b.Authenticate(t.Context(), credentials("joe", "secret")); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

func TestThousandParallelLogins(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		var rows []row
		for i := range 50 {
			rows = append(rows, row{fmt.Sprintf("u%d", i), md5Secret, i + 1, 1, fmt.Sprintf("/h%d", i)})
		}
		d.users(t, rows...)
		b := d.backend(t, d.queries(), sqlauth.Parts{})
		began := time.Now()
		var group sync.WaitGroup
		for i := range 1000 {
			group.Go(func() {
				name, password := fmt.Sprintf("u%d", i%50), "secret"
				if i%10 == 9 {
					password = "wrong"
				}
				a, err := b.Authenticate(t.Context(), credentials(name, password))
				good := password == "secret" && err == nil && a.Name == name && a.UID == uint32(i%50+1) && a.Home == fmt.Sprintf("/h%d", i%50)
				if !good && (password == "secret" || !errors.Is(err, auth.ErrRefused)) {
					t.Errorf("%s, %s: %+v, %v", name, password, a, err)
				}
			})
		}
		group.Wait()
		t.Logf("1000 logins took %v", time.Since(began))
	})
}

func TestRehash(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		p, column := d.engine.prefix, d.engine.column
		stored := fmt.Sprintf("SELECT %s FROM users WHERE %s='joe'", column("Password"), column("User"))
		set := fmt.Sprintf(`%sSetPW UPDATE users SET %s='\H' WHERE %s='\L' AND %[2]s='\O'`, p, column("Password"), column("User"))
		for crypt, before := range map[string]string{"any": md5Secret, "cleartext": "secret"} {
			d.users(t, row{"joe", before, 2001, 2002, "/home/joe"}, row{"ann", before, 2001, 2002, "/home/joe"})
			b := d.backend(t, d.queries(p+"Crypt "+crypt, set), sqlauth.Parts{Report: func(m string) { t.Error(m) }})
			for range 2 {
				if a, err := b.Authenticate(t.Context(), credentials("joe", "secret")); err != nil || a.LegacyHash != "" {
					t.Errorf("%s: %+v, %v", crypt, a, err)
				}
			}
			if got := d.value(t, stored); !strings.HasPrefix(got, "$argon2id$") {
				t.Errorf("%s: %q is stored", crypt, got)
			}
			if got := d.value(t, strings.Replace(stored, "joe", "ann", 1)); got != before {
				t.Errorf("%s: another user's is %q", crypt, got)
			}
		}
		d.users(t, row{"joe", md5Secret, 2001, 2002, "/home/joe"})
		var reports []string
		b := d.backend(t, d.queries(strings.Replace(set, "UPDATE users", "UPDATE nowhere", 1)),
			sqlauth.Parts{Report: func(m string) { reports = append(reports, m) }})
		if _, err := b.Authenticate(t.Context(), credentials("joe", "secret")); err != nil || len(reports) != 1 || d.value(t, stored) != md5Secret {
			t.Errorf("a failing SetPW: %v, reports %q", err, reports)
		}
	})
}

func TestTLS(t *testing.T) {
	each(t, func(t *testing.T, d *database) {
		d.users(t, row{"joe", md5Secret, 2001, 2002, "/home/joe"})
		p := d.engine.prefix
		secure := []string{d.engine.tlsOn + d.dir + "/ca.pem", p + "GetDir " + d.engine.cipher}
		b := d.backend(t, d.queries(secure...), sqlauth.Parts{})
		a, err := b.Authenticate(t.Context(), credentials("joe", "secret"))
		if err != nil || !strings.Contains(a.Home, "TLS") {
			t.Errorf("with TLS: %q, %v; want a cipher", a.Home, err)
		}
		// The certificate is of 127.0.0.1 and not of localhost.
		b = d.backend(t, d.queries(append(secure, p+"Server localhost")...), sqlauth.Parts{})
		_, err = b.Authenticate(t.Context(), credentials("joe", "secret"))
		mustBreak(t, "another name", err, "certificate", "localhost")
		b = d.backend(t, d.queries(d.engine.tlsOn+"/etc/ssl/certs/ca-certificates.crt"), sqlauth.Parts{})
		_, err = b.Authenticate(t.Context(), credentials("joe", "secret"))
		mustBreak(t, "an unknown authority", err, "certificate")
	})
}
