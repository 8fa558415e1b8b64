//go:build backends

package backends

import (
	"bufio"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pureftpd/internal/passhash"
	"pureftpd/test/harness"
)

var originalFlag = flag.String("original", "", "the `program` pure-ftpd-mysql; without it, it is fetched")

// needRoot skips a test that only root can run; under CI it must run.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() == 0 {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("not root")
	}
	t.Skip("not root")
}

// original is the path of Debian's server.
func original(t *testing.T) string {
	t.Helper()
	if *originalFlag != "" {
		return *originalFlag
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("./fetch.sh", filepath.Join(cache, "pure-ftpd-mysql-original"))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// login logs in over FTP and returns the code of the reply to PASS.
func login(t *testing.T, s *harness.Server, user, password string) string {
	t.Helper()
	conn, err := s.Dial("", "")
	if err != nil {
		return err.Error()
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	if code := reply(t, conn, r); code != "220" {
		return "greeting " + code
	}
	fmt.Fprintf(conn, "USER %s\r\n", user)
	if code := reply(t, conn, r); code != "331" {
		return "USER " + code
	}
	fmt.Fprintf(conn, "PASS %s\r\n", password)
	return reply(t, conn, r)
}

// loginToOriginal is login, again if it is turned away.
func loginToOriginal(t *testing.T, s *harness.Server, user, password string) (code string) {
	t.Helper()
	harness.Crowd(func() (let bool) {
		code = login(t, s, user, password)
		return code != "greeting 421"
	})
	return code
}

// reply reads a reply and returns its code, or "closed".
func reply(t *testing.T, conn net.Conn, r *bufio.Reader) string {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(60 * time.Second)); err != nil {
		t.Error(err)
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return "closed"
		}
		if len(line) > 3 && line[3] == ' ' {
			return line[:3]
		}
	}
}

// TestOriginal tries the same logins on the original and on ours, with the same file and tables.
func TestOriginal(t *testing.T) {
	needRoot(t)
	theirs := original(t)
	ours, err := harness.Build(t.TempDir(), "pure-ftpd")
	if err != nil {
		t.Fatal(err)
	}
	d := startMariaDB(t)
	argon2, err := passhash.Make("secret", passhash.Cost{Memory: 64, Passes: 1})
	if err != nil {
		t.Fatal(err)
	}
	const sha512 = "$6$saltsalt$k6IL1FCSzOZWchODEZ2aRhYzMZk.mPTx/iKXA.jk2aeHr1drg1Gk6Sx4BLqQl4Xa2VoCIk8bJ1M9Y4ZIDfm4a." // of nothing known
	d.users(t,
		row{"joe", md5Secret, 2101, 2101, d.dir}, row{"ann", argon2, 2101, 2101, d.dir}, row{"clear", "secret", 2101, 2101, d.dir},
		row{"root", md5Secret, 0, 2101, d.dir}, row{"wheel", md5Secret, 2101, 0, d.dir},
		row{"none", "", 2101, 2101, d.dir}, row{"star", "*", 2101, 2101, d.dir}, row{"sha", sha512, 2101, 2101, d.dir},
		row{"homeless", md5Secret, 2101, 2101, ""}, row{"a b", md5Secret, 2101, 2101, d.dir}, row{"o'neil", md5Secret, 2101, 2101, d.dir},
		row{"me@example.com", md5Secret, 2101, 2101, d.dir}, row{"x/y", md5Secret, 2101, 2101, d.dir},
	)
	d.exec(t, "CREATE TABLE ids (who VARCHAR(20), uid VARCHAR(20), gid VARCHAR(20))",
		`INSERT INTO ids VALUES ('num','2101','2101'), ('name','joe','joe'), ('rootname','root','joe'), ('rootgroup','joe','root'),
			('nosuch','nosuch','2101'), ('null',NULL,'2101'), ('empty','','2101'), ('twice','2101','2101'), ('twice','2101','2101'),
			('tail','2101x','2101'), ('zero','0','2101')`,
		`CREATE PROCEDURE pw(who VARCHAR(255)) BEGIN SELECT Password FROM users WHERE User=who; SELECT 'more'; END`)
	names := []string{"joe", "ann", "clear", "root", "wheel", "none", "star", "sha", "homeless", "a b", "o'neil", "me@example.com", "x/y",
		"nobody", "JOE", "joe'", `joe"`, `joe\`, "joe' OR '1'='1", "j%", "' OR 1 -- "}
	ids := []string{"num", "name", "rootname", "rootgroup", "nosuch", "null", "empty", "twice", "tail", "zero", "unlisted"}
	byIDs := "MYSQLGetPW SELECT 'secret'\nMYSQLCrypt cleartext\nMYSQLGetUID SELECT uid FROM ids WHERE who='\\L'\n" +
		"MYSQLGetGID SELECT gid FROM ids WHERE who='\\L'\nMYSQLGetDir SELECT '" + d.dir + "'"
	for _, test := range []struct {
		name, more string
		logins     []string
		differs    map[string]string // login: why ours is another outcome, from docs/differences.md
	}{
		{"any", "", names, nil},
		{"argon2", "MYSQLCrypt argon2", names[:3], nil},
		{"crypt", "MYSQLCrypt crypt", names[:3], nil},
		{"cleartext", "MYSQLCrypt cleartext", names[:8], nil},
		{"double-quotes", `MYSQLGetPW SELECT Password FROM users WHERE User="\L"`, names, nil},
		{"in-a-longer-string", `MYSQLGetPW SELECT Password FROM users WHERE CONCAT(User,'@',"127.0.0.1")='\L@\R'`, names[:3], nil},
		{"addresses", `MYSQLGetPW SELECT Password FROM users WHERE User='\L' AND '\I'='127.0.0.1' AND '\R'='127.0.0.1' AND \D=2130706433 AND '\P'>0`,
			names[:3], nil},
		{"defaults", "MYSQLDefaultUID 2101\nMYSQLDefaultGID 2101", names[:5], nil},
		{"default-names", "MYSQLDefaultUID joe\nMYSQLDefaultGID joe", names[:5], nil},
		{"transactions", "MYSQLTransactions On", names[:3], nil},
		{"procedure", `MYSQLGetPW CALL pw('\L')`, names[:3], nil},
		{"statements", `MYSQLGetPW SELECT Password FROM users WHERE User='\L'; SELECT 1`, names[:3], nil},
		{"two-columns", `MYSQLGetPW SELECT Password, Uid FROM users WHERE User='\L'`, names[:1], nil},
		{"many-rows", `MYSQLGetPW SELECT Password FROM users`, names[:1], nil},
		{"limits", "MYSQLGetQTAFS SELECT 100\nMYSQLGetQTASZ SELECT 10\nMYSQLGetBandwidthUL SELECT 50\nMYSQLGetRatioUL SELECT 1\nMYSQLGetRatioDL SELECT 5", names[:3], nil},
		{"ids", byIDs, ids, map[string]string{"tail": "uid or gid with text behind the number"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel() // most of the time is the pauses after failures
			config := d.queries(test.more)
			start := func(binary string) *harness.Server {
				return harness.Start(t, ports, harness.Config{
					Binary: binary, Staged: true, Options: []string{"-l", "mysql:$DIR/mysql.conf"}, Files: map[string]string{"mysql.conf": config},
				})
			}
			servers := map[string]*harness.Server{"original": start(theirs), "ours": start(ours)}
			var mu sync.Mutex
			got := map[string]string{}
			var group sync.WaitGroup
			for which, s := range servers {
				turns := make(chan struct{}, 6)
				try := login
				if which == "original" {
					try = loginToOriginal
				}
				for _, user := range test.logins {
					for _, password := range []string{"secret", "wrong"} {
						group.Go(func() {
							turns <- struct{}{}
							defer func() { <-turns }()
							code := try(t, s, user, password)
							mu.Lock()
							defer mu.Unlock()
							got[which+" "+user+" "+password] = code
						})
					}
				}
			}
			group.Wait()
			granted := 0
			for _, user := range test.logins {
				for _, password := range []string{"secret", "wrong"} {
					a, b := got["original "+user+" "+password], got["ours "+user+" "+password]
					if a == "230" {
						granted++
					}
					if _, listed := test.differs[user]; (a != b) != (listed && password == "secret") {
						t.Errorf("%q, %s: the original answers %s, ours %s", user, password, a, b)
					}
				}
			}
			t.Logf("%d logins, %d granted by the original", 2*len(test.logins), granted)
		})
	}
}

var ports = new(harness.Ports)

// TestServerReadsProtectedFiles logs in from an SQLite file that only root may read, after the server has become nobody, and
// sees the old hash replaced there.
func TestServerReadsProtectedFiles(t *testing.T) {
	needRoot(t)
	binary, err := harness.Build(t.TempDir(), "pure-ftpd")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "sql-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) }) // MkdirTemp: 0700, root's
	path := filepath.Join(dir, "users.db")
	stored := func(statement string) (value string) {
		db := openSQLite(t, path)
		defer db.Close()
		if err := db.QueryRow(statement).Scan(&value); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		return value
	}
	db := openSQLite(t, path)
	for _, s := range []string{
		"PRAGMA journal_mode=WAL", "CREATE TABLE users (login TEXT, pw TEXT)", "INSERT INTO users VALUES ('joe', '" + md5Secret + "')",
	} {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	queries := "SQLiteDatabase " + path + "\nSQLiteCrypt any\nSQLiteGetPW SELECT pw FROM users WHERE login='\\L'\n" +
		"SQLiteDefaultUID 2101\nSQLiteDefaultGID 2101\nSQLiteGetDir SELECT '/'\n"
	for _, more := range []string{"", "SQLiteSetPW UPDATE users SET pw='\\H' WHERE login='\\L'\n"} {
		s := harness.Start(t, ports, harness.Config{
			Binary: binary, Staged: true, Options: []string{"-l", "sqlite:$DIR/sqlite.conf", "--authcache", "30", "--authfailures", "100"},
			Files: map[string]string{"sqlite.conf": queries + more},
		})
		for range 2 {
			if code := login(t, s, "joe", "secret"); code != "230" {
				t.Errorf("%q: %s; want 230", more, code)
			}
		}
		if code := login(t, s, "joe", "wrong"); code != "530" {
			t.Errorf("%q: wrong password: %s; want 530", more, code)
		}
		want := "$1$"
		if more != "" {
			want = "$argon2id$"
		}
		if got := stored("SELECT pw FROM users"); !strings.HasPrefix(got, want) {
			t.Errorf("%q: %q is stored; want %s", more, got, want)
		}
	}
}

// TestServerWithoutDatabase: the login fails, the log says why, and no other backend is asked.
func TestServerWithoutDatabase(t *testing.T) {
	needRoot(t)
	binary, err := harness.Build(t.TempDir(), "pure-ftpd")
	if err != nil {
		t.Fatal(err)
	}
	config := "MYSQLServer 127.0.0.1\nMYSQLPort 1\nMYSQLUser ftp\nMYSQLCrypt any\nMYSQLGetPW SELECT 1\nMYSQLDefaultUID 1\nMYSQLDefaultGID 1\n" +
		"MYSQLGetDir SELECT 1\n"
	s := harness.Start(t, ports, harness.Config{
		Binary: binary, Staged: true, Options: []string{"-l", "mysql:$DIR/mysql.conf", "-l", "unix"},
		Files: map[string]string{"mysql.conf": config},
	})
	if code := login(t, s, "joe", "secret"); code != "530" { // joe is an account of the staged system
		t.Errorf("without its database: %s; want 530", code)
	}
	reason := "mysql: the accounts cannot be asked now: MySQL at 127.0.0.1:1: connect: "
	if err := s.Log.Expect([]string{reason}, func(pattern, line string) bool { return strings.Contains(line, pattern) }); err != nil {
		t.Error(err)
	}
	if code := login(t, s, "no/such", "secret"); code != "530" { // no login of this backend's: the next one is asked
		t.Errorf("an illegal login: %s; want 530", code)
	}
}
