//go:build backends

package backends

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"pureftpd/internal/auth/pgsqlauth"
	"pureftpd/internal/auth/sqlauth"
)

func postgres() engine {
	return engine{
		name: "PostgreSQL", prefix: "PGSQL", start: startPostgres,
		open: func(path string, p sqlauth.Parts) (*sqlauth.Backend, error) {
			return pgsqlauth.New(pgsqlauth.Config{Path: path, Parts: p})
		},
		table: `CREATE TABLE "users" ("User" TEXT NOT NULL, "Password" TEXT NOT NULL, "Uid" INTEGER NOT NULL default '-1',
			"Gid" INTEGER NOT NULL default '-1', "Dir" TEXT NOT NULL, PRIMARY KEY ("User"))`,
		column:   func(name string) string { return `"` + name + `"` },
		sleep:    "pg_sleep(30)::text",
		cipher:   `SELECT '/' || cipher FROM pg_stat_ssl WHERE pid=pg_backend_pid()`,
		tlsOn:    "PGSQLSSLMode verify-full\nPGSQLCAFile ",
		limitTo1: "ALTER ROLE ftp CONNECTION LIMIT 1",
		revoke:   "REVOKE ALL ON users FROM ftp",
	}
}

// startPostgres starts a server with an empty database. Over TCP it wants SCRAM.
func startPostgres(t *testing.T) *database {
	t.Helper()
	d := newDatabase(t, postgres())
	in := func(name string) string { return filepath.Join(d.dir, name) }
	programs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(programs) == 0 {
		t.Fatal("PostgreSQL is not there (see packages.txt)")
	}
	bin := programs[len(programs)-1]
	d.kill = syscall.SIGQUIT
	if out, err := d.command(bin+"/initdb", "-D", in("data"), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	const rules = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
	if err := os.WriteFile(in("data/pg_hba.conf"), []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	d.argv = []string{
		bin + "/postgres", "-D", in("data"), "-k", d.dir, "-p", fmt.Sprint(d.port), "-c", "listen_addresses=127.0.0.1",
		"-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "password_encryption=scram-sha-256",
		"-c", "ssl=on", "-c", "ssl_cert_file=" + in("cert.pem"), "-c", "ssl_key_file=" + in("key.pem"), "-c", "ssl_ca_file=" + in("ca.pem"),
	}
	open := func(name string) *sql.DB {
		db, err := sql.Open("pgx", fmt.Sprintf("host=%s port=%d user=postgres dbname=%s sslmode=disable", d.dir, d.port, name))
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		t.Cleanup(func() { db.Close() })
		return db
	}
	d.admin = open("postgres")
	d.run(t)
	t.Cleanup(func() { d.stop(t, syscall.SIGINT) })
	d.exec(t, "CREATE DATABASE pureftpd", `CREATE ROLE ftp LOGIN PASSWORD 'it''s a\secret'`)
	d.admin.Close() // a connection less
	d.admin = open("pureftpd")
	return d
}

// PGSQLServer may be the folder of the socket, and its port the name of the socket.
func TestPostgresSocket(t *testing.T) {
	d := startPostgres(t)
	d.users(t, row{"joe", md5Secret, 2001, 2002, "/home/joe"})
	b := d.backend(t, d.queries("PGSQLServer "+d.dir), sqlauth.Parts{})
	if _, err := b.Authenticate(t.Context(), credentials("joe", "secret")); err != nil {
		t.Error(err)
	}
	b = d.backend(t, d.queries("PGSQLSSLMode disable", "PGSQLGetDir "+d.engine.cipher+" AND '\\L'='\\L'"), sqlauth.Parts{})
	if _, err := b.Authenticate(t.Context(), credentials("joe", "secret")); err == nil {
		t.Error("a connection without TLS has a cipher")
	}
}

// Functions and several statements: the last one answers, in one transaction.
func TestPostgresFunctions(t *testing.T) {
	d := startPostgres(t)
	d.users(t, row{"joe", md5Secret, 2001, 2002, "/home/joe"})
	d.exec(t, "CREATE TABLE visits (who TEXT, host INET)", "GRANT ALL ON visits TO ftp",
		`CREATE FUNCTION pw(who TEXT) RETURNS TEXT LANGUAGE sql AS $$ SELECT "Password" FROM users WHERE "User"=who $$`)
	b := d.backend(t, d.queries(`PGSQLGetPW SELECT 1; SELECT pw('\L')`,
		`PGSQLGetDir INSERT INTO visits VALUES ('\L', '\R'); SELECT $x$/home;x$x$ WHERE '\R'::inet <<= '198.51.100.0/24' AND \P=2121`,
	), sqlauth.Parts{})
	if a, err := b.Authenticate(t.Context(), credentials("joe", "secret")); err != nil || a.Home != "/home;x" {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := b.Authenticate(t.Context(), credentials("joe", "wrong")); err == nil {
		t.Error("a wrong password is right")
	}
	if n := d.value(t, "SELECT COUNT(*) FROM visits WHERE who='joe' AND host='198.51.100.7'"); n != "1" {
		t.Errorf("%s rows were written; want 1, as a transaction with a wrong password is undone", n)
	}
}
