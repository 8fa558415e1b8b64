//go:build backends

package backends

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"

	"pureftpd/internal/auth/mysqlauth"
	"pureftpd/internal/auth/sqlauth"
)

func mariadb() engine {
	return engine{
		name: "MariaDB", prefix: "MYSQL", start: startMariaDB,
		open: func(path string, p sqlauth.Parts) (*sqlauth.Backend, error) {
			return mysqlauth.New(mysqlauth.Config{Path: path, Parts: p})
		},
		table: `CREATE TABLE users (User VARCHAR(255) BINARY NOT NULL, Password VARCHAR(255) BINARY NOT NULL,
			Uid INT NOT NULL default '-1', Gid INT NOT NULL default '-1', Dir VARCHAR(255) BINARY NOT NULL, PRIMARY KEY (User))`,
		column:   func(name string) string { return name },
		sleep:    "SLEEP(30)",
		cipher:   `SELECT CONCAT('/', VARIABLE_VALUE) FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME='Ssl_cipher'`,
		tlsOn:    "MYSQLTLS on\nMYSQLCAFile ",
		limitTo1: "GRANT USAGE ON *.* TO ftp WITH MAX_USER_CONNECTIONS 1",
		revoke:   "REVOKE ALL ON pureftpd.* FROM ftp",
	}
}

// startMariaDB starts a server with an empty database.
func startMariaDB(t *testing.T) *database {
	t.Helper()
	d := newDatabase(t, mariadb())
	in := func(name string) string { return filepath.Join(d.dir, name) }
	d.socket, d.kill = in("s"), syscall.SIGKILL
	install := d.command("mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal",
		"--skip-test-db", "--datadir="+in("data"))
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("mariadb-install-db: %v (see packages.txt)\n%s", err, out)
	}
	d.argv = []string{
		"/usr/sbin/mariadbd", "--no-defaults", "--datadir=" + in("data"), "--socket=" + d.socket, "--pid-file=" + in("pid"),
		"--tmpdir=" + d.dir, "--bind-address=127.0.0.1", fmt.Sprintf("--port=%d", d.port), "--skip-name-resolve",
		"--innodb-buffer-pool-size=16M",
		"--ssl-cert=" + in("cert.pem"), "--ssl-key=" + in("key.pem"), "--ssl-ca=" + in("ca.pem"),
	}
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.Logger = "root", "unix", d.socket, &mysql.NopLogger{}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		t.Fatal(err)
	}
	d.admin = sql.OpenDB(connector)
	d.admin.SetMaxOpenConns(1) // so that USE holds
	t.Cleanup(func() { d.admin.Close() })
	d.run(t)
	t.Cleanup(func() { d.stop(t, syscall.SIGTERM) })
	d.exec(t, "CREATE DATABASE pureftpd", "USE pureftpd",
		`CREATE USER ftp IDENTIFIED BY 'it''s a\\secret'`, "GRANT ALL ON pureftpd.* TO ftp")
	if err := os.Chmod(d.socket, 0o777); err != nil {
		t.Fatal(err)
	}
	return d
}

// The sample file says MYSQLSocket.
func TestMariaDBSocket(t *testing.T) {
	d := startMariaDB(t)
	d.users(t, row{"joe", md5Secret, 2001, 2002, "/home/joe"})
	b := d.backend(t, d.queries(), sqlauth.Parts{})
	if _, err := b.Authenticate(t.Context(), credentials("joe", "secret")); err != nil {
		t.Error(err)
	}
	config := "MYSQLSocket " + d.socket + "\n" + without(d.queries(), "MYSQLServer", "MYSQLPort")
	b = d.backend(t, config, sqlauth.Parts{})
	if _, err := b.Authenticate(t.Context(), credentials("joe", "secret")); err != nil {
		t.Error(err)
	}
}

// Stored procedures and several statements: the first answer counts, and everything is run.
func TestMariaDBProcedures(t *testing.T) {
	d := startMariaDB(t)
	d.users(t, row{"joe", md5Secret, 2001, 2002, "/home/joe"})
	d.exec(t, "CREATE TABLE visits (who VARCHAR(255), host VARCHAR(255)) ENGINE=InnoDB",
		`CREATE PROCEDURE pw(who VARCHAR(255)) BEGIN
			INSERT INTO visits VALUES (who, 'called'); SELECT Password FROM users WHERE User=who; SELECT 'more'; END`)
	for _, transactions := range []string{"off", "On"} {
		d.exec(t, "DELETE FROM visits")
		b := d.backend(t, d.queries("MYSQLTransactions "+transactions, `MYSQLGetPW CALL pw('\L')`,
			`MYSQLGetDir SET @dir='/home/x'; SELECT @dir; INSERT INTO visits VALUES ('\L', CONCAT('\R', '-\P')); SELECT 'no'`,
		), sqlauth.Parts{})
		a, err := b.Authenticate(t.Context(), credentials("joe", "secret"))
		if err != nil || a.Home != "/home/x" {
			t.Errorf("transactions %s: %+v, %v", transactions, a, err)
		}
		if n := d.value(t, "SELECT COUNT(*) FROM visits WHERE who='joe' AND host IN ('called', '198.51.100.7-2121')"); n != "2" {
			t.Errorf("transactions %s: %s rows were written; want 2", transactions, n)
		}
		if _, err := b.Authenticate(t.Context(), credentials("joe", "wrong")); err == nil {
			t.Error("a wrong password is right")
		}
		want := map[string]string{"off": "4", "On": "2"}[transactions] // a transaction is undone
		if n := d.value(t, "SELECT COUNT(*) FROM visits"); n != want {
			t.Errorf("transactions %s: after a wrong password %s rows; want %s", transactions, n, want)
		}
	}
}
