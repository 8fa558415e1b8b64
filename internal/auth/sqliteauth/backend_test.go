package sqliteauth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/auth/backendtest"
	"pureftpd/internal/auth/sqlauth"
	"pureftpd/internal/passhash"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	md5Secret = "$1$SBQ56/ff$rvzY4YFMELzUscTIBNcfa/"
)

// queries are those of a usual file.
const queries = `
SQLiteCrypt any
SQLiteGetPW SELECT pw FROM users WHERE login='\L'
SQLiteGetUID SELECT uid FROM users WHERE login='\L'
SQLiteGetGID SELECT gid FROM users WHERE login='\L'
SQLiteGetDir SELECT dir FROM users WHERE login='\L'
`

const schema = `CREATE TABLE users (login TEXT PRIMARY KEY, pw TEXT, uid, gid, dir TEXT, qtfs, qtsz, rul, rdl, bul, bdl, sess)`

// database makes a file and runs statements in it.
func database(t *testing.T, statements ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users?.db") // a name that a URL has to escape
	db, err := sql.Open("sqlite", address(path, true))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if f, err := os.Create(path); err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// backend makes a backend over a database file.
func backend(t *testing.T, path, config string, p sqlauth.Parts) *sqlauth.Backend {
	t.Helper()
	b, err := New(Config{Path: file(t, "SQLiteDatabase "+path+"\n"+config), Parts: parts(p)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func parts(p sqlauth.Parts) sqlauth.Parts {
	if p.Verifier == nil {
		p.Verifier = passhash.New(passhash.Config{})
	}
	return p
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sqlite.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func credentials(user, password string) auth.Credentials {
	return auth.Credentials{
		User: user, Password: auth.Secret(password),
		Local: netip.MustParseAddrPort("192.0.2.1:2121"), Remote: netip.MustParseAddrPort("198.51.100.7:40000"),
	}
}

func TestSuite(t *testing.T) {
	backendtest.Run(t, backendtest.Source{
		New: func(t *testing.T, v auth.Verifier, users []backendtest.User) auth.Backend {
			statements := []string{schema}
			for _, u := range users {
				statements = append(statements, fmt.Sprintf("INSERT INTO users VALUES ('%s','%s',%d,%d,'%s',0,0,0,0,0,0,0)",
					u.Name, u.Hash, u.UID, u.GID, u.Home))
			}
			return backend(t, database(t, statements...), queries, sqlauth.Parts{Verifier: v})
		},
		NewBroken: func(t *testing.T, v auth.Verifier) auth.Backend {
			return backend(t, filepath.Join(t.TempDir(), "none.db"), queries, sqlauth.Parts{Verifier: v})
		},
	})
}

func TestLimits(t *testing.T) {
	const limits = `
SQLiteGetQTAFS SELECT qtfs FROM users WHERE login='\L'
SQLiteGetQTASZ SELECT qtsz FROM users WHERE login='\L'
SQLiteGetRatioUL SELECT rul FROM users WHERE login='\L'
SQLiteGetRatioDL SELECT rdl FROM users WHERE login='\L'
SQLiteGetBandwidthUL SELECT bul FROM users WHERE login='\L'
SQLiteGetBandwidthDL SELECT bdl FROM users WHERE login='\L'
SQLiteGetMaxSessions SELECT sess FROM users WHERE login='\L'
`
	row := func(values string) string {
		return "INSERT INTO users VALUES ('joe','" + md5Secret + "',2001,2002,'/home/joe'," + values + ")"
	}
	for _, test := range []struct {
		values string
		want   account.Limits
		reason string
	}{
		{"10,20,3,4,5,6,7", account.Limits{
			MaxFiles: account.Limit{Set: true, N: 10}, MaxBytes: account.Limit{Set: true, N: 20 << 20}, UploadRatio: 3, DownloadRatio: 4,
			UploadRate: 5 << 10, DownloadRate: 6 << 10, MaxSessions: account.Limit{Set: true, N: 7}}, ""},
		{"0,0,0,0,0,0,0", account.Limits{}, ""},
		{"NULL,NULL,NULL,NULL,NULL,'','0'", account.Limits{}, ""},
		{"'10.00',0,5,0,' 8 ',0,0", account.Limits{MaxFiles: account.Limit{Set: true, N: 10}, UploadRate: 8 << 10}, ""},
		{"'10x',0,0,0,0,0,0", account.Limits{}, "SQLiteGetQTAFS"},
		{"0,-1,0,0,0,0,0", account.Limits{}, "SQLiteGetQTASZ"},
		{"0,9223372036854775807,0,0,0,0,0", account.Limits{}, "SQLiteGetQTASZ"},
		{"0,0,'many',0,0,0,0", account.Limits{}, "SQLiteGetRatioUL"},
		{"0,0,0,1.5,0,0,0", account.Limits{}, "SQLiteGetRatioDL"},
		{"0,0,0,0,'0x10',0,0", account.Limits{}, "SQLiteGetBandwidthUL"},
		{"0,0,0,0,0,'1e3',0", account.Limits{}, "SQLiteGetBandwidthDL"},
		{"0,0,0,0,0,0,'.0'", account.Limits{}, "SQLiteGetMaxSessions"},
	} {
		b := backend(t, database(t, schema, row(test.values)), queries+limits, sqlauth.Parts{})
		a, err := b.Authenticate(t.Context(), credentials("joe", "secret"))
		if test.reason == "" {
			if err != nil || a.Limits != test.want {
				t.Errorf("%s: %+v, %v; want %+v", test.values, a.Limits, err, test.want)
			}
			continue
		}
		if r, ok := errors.AsType[*auth.Refusal](err); !ok || !strings.Contains(r.Reason, test.reason) {
			t.Errorf("%s: %v; want a refusal that names %s", test.values, err, test.reason)
		}
	}
	two := strings.Replace(queries, "", "SQLiteGetQTAFS SELECT uid FROM users UNION SELECT gid FROM users\n", 1)
	b := backend(t, database(t, schema, row("0,0,0,0,0,0,0")), two, sqlauth.Parts{})
	if _, err := b.Authenticate(t.Context(), credentials("joe", "secret")); !errors.Is(err, auth.ErrRefused) {
		t.Errorf("two rows of a limit: %v; want a refusal", err)
	}
}

func TestIDs(t *testing.T) {
	p := sqlauth.Parts{
		UserID: func(name string) (uint32, bool, error) {
			switch name {
			case "www":
				return 33, true, nil
			case "root":
				return 0, true, nil
			}
			return 0, false, nil
		},
		Groups: func(uid uint32) ([]uint32, error) { return []uint32{uid + 1}, nil },
	}
	p.GroupID = p.UserID
	for _, test := range []struct {
		uid, gid string
		ok       bool
	}{
		{"2001", "2002", true}, {"'2001'", "' 2002 '", true}, {"'www'", "2002", true}, {"2001", "'www'", true},
		{"4294967294", "4294967294", true},
		{"0", "2002", false}, {"2001", "0", false}, {"'root'", "2002", false}, {"2001", "'root'", false},
		{"'2001x'", "2002", false}, {"-1", "2002", false}, {"4294967295", "2002", false}, {"4294967296", "2002", false},
		{"'nobody-here'", "2002", false}, {"2001", "'nobody-here'", false}, {"'00'", "2002", false}, {"'+1'", "2002", false},
		{"' '", "2002", false}, {"1.5", "2002", false},
	} {
		insert := fmt.Sprintf("INSERT INTO users VALUES ('joe','%s',%s,%s,'/home/joe',0,0,0,0,0,0,0)", md5Secret, test.uid, test.gid)
		b := backend(t, database(t, schema, insert), queries, p)
		a, err := b.Authenticate(t.Context(), credentials("joe", "secret"))
		switch {
		case test.ok && (err != nil || a.UID == 0 || a.GID == 0 || len(a.Groups) != 1 || a.Groups[0] != a.UID+1):
			t.Errorf("%s, %s: %+v, %v; want an account", test.uid, test.gid, a, err)
		case !test.ok && !errors.Is(err, auth.ErrRefused):
			t.Errorf("%s, %s: %+v, %v; want a refusal", test.uid, test.gid, a, err)
		}
	}
}

// What stands where one value should: the user is unknown here, and the log says why.
func TestWhatIsNoAnswer(t *testing.T) {
	for _, test := range []struct{ values, want string }{
		{"NULL,2001,2002,'/h'", "SQLiteGetPW: NULL"},
		{"'',2001,2002,'/h'", "SQLiteGetPW: an empty value"},
		{"'x',NULL,2002,'/h'", "SQLiteGetUID: NULL"},
		{"'x',2001,NULL,'/h'", "SQLiteGetGID: NULL"},
		{"'x',2001,2002,NULL", "SQLiteGetDir: NULL"},
		{"'x',2001,2002,'" + strings.Repeat("h", 5000) + "'", "SQLiteGetDir: a value of 5000 bytes"},
	} {
		b := backend(t, database(t, schema, "INSERT INTO users VALUES ('joe',"+test.values+",0,0,0,0,0,0,0)"), queries, sqlauth.Parts{})
		_, err := b.Authenticate(t.Context(), credentials("joe", "x"))
		if !errors.Is(err, auth.ErrUnknown) || !errors.Is(err, auth.ErrDamaged) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.40s: %v; want ErrUnknown, ErrDamaged, %q", test.values, err, test.want)
		}
	}
	for query, want := range map[string]string{
		`SELECT pw, uid FROM users`:                 "2 columns",
		`SELECT pw FROM users UNION SELECT 'x'`:     "more than one row",
		`SELECT pw FROM users; SELECT pw FROM none`: "no such table",
	} {
		path := database(t, schema, "INSERT INTO users VALUES ('joe','y',1,1,'/h',0,0,0,0,0,0,0)")
		b := backend(t, path, queries+"SQLiteGetPW "+query, sqlauth.Parts{})
		_, err := b.Authenticate(t.Context(), credentials("joe", "x"))
		if err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, auth.ErrRefused) {
			t.Errorf("%s: %v; want %q", query, err, want)
		}
		if broken := strings.Contains(want, "table"); errors.Is(err, auth.ErrDown) != broken || errors.Is(err, auth.ErrUnknown) == broken {
			t.Errorf("%s: %v; ErrDown: want %v", query, err, broken)
		}
	}
}

func TestRefusals(t *testing.T) {
	path := database(t, schema,
		"INSERT INTO users VALUES ('rel','"+md5Secret+"',1,1,'home',0,0,0,0,0,0,0)",
		"INSERT INTO users VALUES ('root','"+md5Secret+"',0,1,'/h',0,0,0,0,0,0,0)")
	b := backend(t, path, queries, sqlauth.Parts{})
	for _, test := range []struct{ user, password, want string }{
		{"rel", "secret", "not an absolute path"},
		{"rel", "wrong", "wrong password"},
		{"root", "wrong", "wrong password"}, // what is wrong with the account is for who knows the password
		{"root", "secret", "not a number that accounts may have"},
	} {
		_, err := b.Authenticate(t.Context(), credentials(test.user, test.password))
		if r, ok := errors.AsType[*auth.Refusal](err); !ok || !strings.Contains(r.Reason, test.want) {
			t.Errorf("%s, %s: %v; want a refusal with %q", test.user, test.password, err, test.want)
		}
	}
}

func TestCrypt(t *testing.T) {
	hash, err := passhash.Make("secret", passhash.Cost{Memory: 64, Passes: 1})
	if err != nil || !strings.HasPrefix(hash, "$argon2id$") {
		t.Fatal(hash, err)
	}
	const scrypt = "$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D" // of "pleaseletmein"
	for _, test := range []struct {
		crypt, stored, password string
		ok                      bool
		legacy                  string
	}{
		{"any", hash, "secret", true, ""}, {"ANY", md5Secret, "secret", true, "MD5-crypt"}, {"any", scrypt, "pleaseletmein", true, ""},
		{"any", "secret", "secret", false, ""}, {"argon2", hash, "secret", true, ""}, {"argon2", md5Secret, "secret", false, ""},
		{"argon2", scrypt, "pleaseletmein", false, ""},
		{"scrypt", scrypt, "pleaseletmein", true, ""}, {"scrypt", hash, "secret", false, ""},
		{"crypt", md5Secret, "secret", true, "MD5-crypt"}, {"crypt", scrypt, "pleaseletmein", true, ""}, {"crypt", hash, "secret", false, ""},
		{"cleartext", "secret", "secret", true, "clear text"}, {"cleartext", "secret", "Secret", false, ""},
		{"cleartext", "secret ", "secret", false, ""}, {"cleartext", md5Secret, "secret", false, ""},
		{"cleartext", hash, "secret", false, ""}, {"cleartext", hash, hash, true, "clear text"}, {"cleartext", "x", "", false, ""},
	} {
		path := database(t, schema, "INSERT INTO users VALUES ('joe','"+test.stored+"',1,1,'/h',0,0,0,0,0,0,0)")
		b := backend(t, path, queries+"SQLiteCrypt "+test.crypt, sqlauth.Parts{})
		a, err := b.Authenticate(t.Context(), credentials("joe", test.password))
		if (err == nil) != test.ok || a.LegacyHash != test.legacy || err != nil && !errors.Is(err, auth.ErrRefused) {
			t.Errorf("%s %.12s %s: %q, %v; want %v, %q", test.crypt, test.stored, test.password, a.LegacyHash, err, test.ok, test.legacy)
		}
	}
}

func TestTokens(t *testing.T) {
	path := database(t, schema, "INSERT INTO users VALUES ('joe','"+md5Secret+"',1,1,'/h',0,0,0,0,0,0,0)")
	config := queries + `SQLiteGetDir SELECT '/' || '\L' || ' \I' || ' \P' || ' \R ' || '\D' || ' \x\\'` + "\n" +
		`SQLiteForceTildeExpansion 1` + "\n"
	b := backend(t, path, config, sqlauth.Parts{})
	c := credentials("joe", "secret")
	c.Remote = netip.MustParseAddrPort("[::ffff:198.51.100.7]:4")
	a, err := b.Authenticate(t.Context(), c)
	if want := `/joe 192.0.2.1 2121 198.51.100.7 3325256711 \x\\`; err != nil || a.Home != want || !a.SystemNames {
		t.Errorf("home = %q, %v; want %q", a.Home, err, want)
	}
	c.Remote = netip.MustParseAddrPort("[2001:db8::1]:4")
	if a, err = b.Authenticate(t.Context(), c); err != nil || a.Home != `/joe 192.0.2.1 2121 2001:db8::1  \x\\` {
		t.Errorf("home = %q, %v", a.Home, err)
	}
}

// What a client may send as a login changes no statement. The users table and every answer stay as they were.
func TestInjection(t *testing.T) {
	path := database(t, schema, "INSERT INTO users VALUES ('joe','"+md5Secret+"',1,1,'/h',0,0,0,0,0,0,0)")
	config := "SQLiteSetPW UPDATE users SET pw='\\H' WHERE login='nobody'\n" + queries // so that it may write
	b := backend(t, path, config, sqlauth.Parts{})
	logins := []string{
		"joe'", "joe''", "joe' OR '1'='1", "' OR 1 --", "' OR 1 OR '", "joe' --", "joe'; DROP TABLE users; --", "joe\\", "joe\\'", `joe"`,
		"joe\x00", "joe\x00' OR 1", "joe\r\nadmin", "joe\xff", "joe\xc0\xa7", "joe\xbf\x27", "\u02bcjoe", "joe%", "%", "_oe", "j_e", "jo-",
		"\\L", "joe\\L", "$1", "?", ":a", "@a", "joe /* */", "joe-- ", "joe ", " joe", "+joe", "joe+", "'+joe+'", "joe'@'host", "1.0", "' ' 'joe", "'.'",
	}
	for _, login := range logins {
		for _, password := range []string{"secret", "", "' OR '1'='1", login} {
			a, err := b.Authenticate(t.Context(), credentials(login, password))
			if !errors.Is(err, auth.ErrUnknown) || errors.Is(err, auth.ErrDamaged) {
				t.Errorf("%q, %q: %+v, %v; want ErrUnknown", login, password, a, err)
			}
		}
	}
	if _, err := b.Authenticate(t.Context(), credentials("joe", "secret")); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestDefaults(t *testing.T) {
	path := database(t, schema, "INSERT INTO users VALUES ('joe','"+md5Secret+"',1,1,'/h',0,0,0,0,0,0,0)")
	config := strings.NewReplacer("SQLiteGetUID", "SQLiteDefaultUID 7\nSQLiteGetUID", "SQLiteGetGID", "#").Replace(queries) + "SQLiteDefaultGID www\n"
	b := backend(t, path, config, sqlauth.Parts{GroupID: func(name string) (uint32, bool, error) { return 33, name == "www", nil }})
	if a, err := b.Authenticate(t.Context(), credentials("joe", "secret")); err != nil || a.UID != 7 || a.GID != 33 {
		t.Errorf("%+v, %v; want uid 7, gid 33", a, err)
	}
}

func TestMistakes(t *testing.T) {
	path := file(t, `SQLiteCrypt md5
SQLiteGetPW SELECT "\L"
SQLiteDefaultUID 0
SQLiteDatabase users.db
SQLiteTimeout soon
SQLiteConnections 0
SQLiteForceTildeExpansion perhaps
SQLiteSetPW UPDATE u SET p=?
`)
	_, err := New(Config{Path: path, Parts: parts(sqlauth.Parts{})})
	if err == nil {
		t.Fatal("New accepts mistakes")
	}
	for _, want := range []string{
		`:1: SQLiteCrypt: "md5" is none of`, `:2: SQLiteGetPW: \L is in a quoted name`, `:3: SQLiteDefaultUID: 0 is not`,
		":4: SQLiteDatabase: not an absolute", ":5: SQLiteTimeout: not a whole", ":6: SQLiteConnections: not a whole",
		":7: SQLiteForceTildeExpansion: neither", ":8: SQLiteSetPW: '?' outside", ": SQLiteGetGID: is missing, and so is SQLiteDefaultGID",
		": SQLiteGetDir: is missing",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("New = %v; want %q in it", err, want)
		}
	}
	if n := strings.Count(err.Error(), "\n") + 1; n != 10 {
		t.Errorf("New = %v: %d mistakes; want 10", err, n)
	}
}

// A legacy hash and clear text are made anew after a login, once; the old password still opens, a wrong one does not.
func TestRehash(t *testing.T) {
	for _, test := range []struct{ crypt, stored string }{{"any", md5Secret}, {"crypt", md5Secret}, {"cleartext", "secret"}} {
		path := database(t, schema, "INSERT INTO users VALUES ('joe','"+test.stored+"',1,1,'/h',0,0,0,0,0,0,0)")
		config := queries + "SQLiteCrypt " + test.crypt + "\n" + `SQLiteSetPW UPDATE users SET pw='\H' WHERE login='\L' AND pw='\O'` + "\n"
		var reports []string
		b := backend(t, path, config, sqlauth.Parts{Report: func(m string) { reports = append(reports, m) }})
		if _, err := b.Authenticate(t.Context(), credentials("joe", "wrong")); !errors.Is(err, auth.ErrRefused) {
			t.Errorf("%s: wrong password: %v", test.crypt, err)
		}
		if got := password(t, path); got != test.stored {
			t.Errorf("%s: after a wrong password %q is stored", test.crypt, got)
		}
		a, err := b.Authenticate(t.Context(), credentials("joe", "secret"))
		first := password(t, path)
		if err != nil || a.LegacyHash != "" || !strings.HasPrefix(first, "$argon2id$v=19$m=19456,t=2,p=1$") || len(reports) != 0 {
			t.Errorf("%s: %+v, %v, stored %q, reports %q", test.crypt, a, err, first, reports)
		}
		if a, err = b.Authenticate(t.Context(), credentials("joe", "secret")); err != nil || a.LegacyHash != "" {
			t.Errorf("%s: with the new hash: %+v, %v", test.crypt, a, err)
		}
		for _, wrong := range []string{"Secret", first, test.stored + "x"} {
			if _, err := b.Authenticate(t.Context(), credentials("joe", wrong)); !errors.Is(err, auth.ErrRefused) {
				t.Errorf("%s: %q with the new hash: %v", test.crypt, wrong, err)
			}
		}
		if got := password(t, path); got != first {
			t.Errorf("%s: the new hash was replaced by %q", test.crypt, got)
		}
	}
}

// A certificate stands for the password, and the one that is stored stays: none was shown to make a new hash of.
func TestCertifiedLogin(t *testing.T) {
	for _, test := range []struct {
		crypt, stored string
		ok            bool
	}{{"any", md5Secret, true}, {"cleartext", "secret", true}, {"any", "*", false}, {"any", "!" + md5Secret, false}} {
		path := database(t, schema, "INSERT INTO users VALUES ('joe','"+test.stored+"',1,1,'/h',0,0,0,0,0,0,0)")
		config := queries + "SQLiteCrypt " + test.crypt + "\n" + `SQLiteSetPW UPDATE users SET pw='\H' WHERE login='\L' AND pw='\O'` + "\n"
		b := backend(t, path, config, sqlauth.Parts{Report: func(m string) { t.Error(m) }})
		c := credentials("joe", "")
		c.Certified = true
		_, err := b.Authenticate(t.Context(), c)
		if (err == nil) != test.ok || password(t, path) != test.stored {
			t.Errorf("%s %s: %v, and %q is stored", test.crypt, test.stored, err, password(t, path))
		}
		c.Certified = false
		if _, err := b.Authenticate(t.Context(), c); !errors.Is(err, auth.ErrRefused) {
			t.Errorf("%s %s: without certificate and password: %v", test.crypt, test.stored, err)
		}
	}
}

func TestFailedRehashOnlyLogs(t *testing.T) {
	for query, want := range map[string]string{
		`UPDATE none SET pw='\H'`:                      "no such table",
		`UPDATE users SET pw='\H' WHERE login='other'`: "no row was changed",
	} {
		path := database(t, schema, "INSERT INTO users VALUES ('joe','"+md5Secret+"',1,1,'/h',0,0,0,0,0,0,0)")
		var reports []string
		b := backend(t, path, queries+"SQLiteSetPW "+query+"\n", sqlauth.Parts{Report: func(m string) { reports = append(reports, m) }})
		a, err := b.Authenticate(t.Context(), credentials("joe", "secret"))
		if err != nil || a.LegacyHash != "MD5-crypt" || password(t, path) != md5Secret || len(reports) != 1 ||
			!strings.Contains(reports[0], want) || strings.Contains(reports[0], "secret") || !strings.Contains(reports[0], "[joe]") {
			t.Errorf("%s: %+v, %v, reports %q; want one with %q", query, a, err, reports, want)
		}
	}
}

func password(t *testing.T, path string) (stored string) {
	t.Helper()
	db, err := sql.Open("sqlite", address(path, false))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow("SELECT pw FROM users WHERE login='joe'").Scan(&stored); err != nil {
		t.Fatal(err)
	}
	return stored
}

func TestReadOnly(t *testing.T) {
	path := database(t, schema, "INSERT INTO users VALUES ('joe','"+md5Secret+"',1,1,'/h',0,0,0,0,0,0,0)")
	b := backend(t, path, queries+"SQLiteGetPW UPDATE users SET pw='x'; SELECT pw FROM users\n", sqlauth.Parts{})
	if _, err := b.Authenticate(t.Context(), credentials("joe", "x")); !errors.Is(err, auth.ErrDown) || password(t, path) != md5Secret {
		t.Errorf("a writing query: %v, stored %q; want ErrDown", err, password(t, path))
	}
}

// The guard is held whenever the file may be touched, and is let go of while the password is checked.
func TestGuard(t *testing.T) {
	path := database(t, schema, "INSERT INTO users VALUES ('joe','"+md5Secret+"',1,1,'/h',0,0,0,0,0,0,0)")
	runs, held := 0, false
	var asked string
	guard := func(fn func() error) error {
		if held {
			t.Error("guards within each other")
		}
		runs++
		held = true
		defer func() { held = false }()
		return fn()
	}
	v := &watching{Verifier: passhash.New(passhash.Config{}), look: func() {
		if held {
			t.Error("a password is checked under the guard")
		}
	}}
	b, err := New(Config{
		Path:  file(t, "SQLiteDatabase "+path+"\n"+queries),
		Guard: func(p string) sqlauth.Guard { asked = p; return guard }, Parts: sqlauth.Parts{Verifier: v},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Authenticate(t.Context(), credentials("joe", "secret")); err != nil {
		t.Error(err)
	}
	if err := b.Close(); err != nil || asked != path || runs < 10 {
		t.Errorf("Close = %v, guard of %q, %d runs", err, asked, runs)
	}
	denied := errors.New("denied")
	b, err = New(Config{
		Path:  file(t, "SQLiteDatabase "+path+"\n"+queries),
		Guard: func(string) sqlauth.Guard { return func(func() error) error { return denied } }, Parts: parts(sqlauth.Parts{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.Authenticate(t.Context(), credentials("joe", "secret")); !errors.Is(err, denied) || !errors.Is(err, auth.ErrDown) {
		t.Errorf("a guard that fails: %v", err)
	}
}

type watching struct {
	*passhash.Verifier
	look func()
}

func (w *watching) Verify(ctx context.Context, stored, password string) (bool, error) {
	w.look()
	return w.Verifier.Verify(ctx, stored, password)
}

func TestThousandParallelLogins(t *testing.T) {
	statements := []string{schema}
	for i := range 50 {
		statements = append(statements, fmt.Sprintf("INSERT INTO users VALUES ('u%d','%s',%d,1,'/h%d',0,0,0,0,0,0,0)", i, md5Secret, i+1, i))
	}
	b := backend(t, database(t, statements...), queries+"SQLiteConnections 4\n", sqlauth.Parts{})
	var group sync.WaitGroup
	for i := range 1000 {
		group.Go(func() {
			name := fmt.Sprintf("u%d", i%50)
			a, err := b.Authenticate(t.Context(), credentials(name, "secret"))
			if err != nil || a.Name != name || a.UID != uint32(i%50+1) || a.Home != fmt.Sprintf("/h%d", i%50) {
				t.Errorf("%s: %+v, %v", name, a, err)
			}
		})
	}
	group.Wait()
}
