package pgsqlauth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"pureftpd/internal/auth/conffile"
	"pureftpd/internal/auth/sqlauth"
	"pureftpd/internal/passhash"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const queries = "PGSQLCrypt any\nPGSQLGetPW SELECT 1\nPGSQLDefaultUID 1\nPGSQLDefaultGID 1\nPGSQLGetDir SELECT 1\n"

// The separator behind a keyword may be missing, so none may begin with another.
func TestKeywordsAreApart(t *testing.T) {
	for _, a := range keywords() {
		for _, b := range keywords() {
			if a != b && strings.HasPrefix(strings.ToLower(b), strings.ToLower(a)) {
				t.Errorf("%s begins with %s", b, a)
			}
		}
	}
}

// What the file says arrives at the library as it is, and the environment does not.
func TestServer(t *testing.T) {
	for name, value := range map[string]string{
		"PGHOST": "wrong", "PGPORT": "1", "PGUSER": "wrong", "PGPASSWORD": "wrong", "PGDATABASE": "wrong", "PGSSLMODE": "verify-full",
		"PGAPPNAME": "wrong", "PGTARGETSESSIONATTRS": "read-write", "PGSSLROOTCERT": "/nowhere", "PGPASSFILE": "/nowhere",
	} {
		t.Setenv(name, value)
	}
	const password = `it's a\ "secret" sslmode=disable`
	for _, test := range []struct {
		port string
		want uint16
	}{{"", 5432}, {"PGSQLPort .s.PGSQL.5432\n", 5432}, {"PGSQLPort 5433\n", 5433}, {"PGSQLPort 0\n", 5432}} {
		file, err := conffile.Parse("f", test.port+"PGSQLServer db.example\nPGSQLUser o'neil\nPGSQLDatabase d b\nPGSQLPassword "+password, keywords())
		if err != nil {
			t.Fatal(err)
		}
		s, err := serverOf(file)
		if err != nil {
			t.Fatal(err)
		}
		if s.Host != "db.example" || s.Port != test.want || s.User != "o'neil" || s.Password != password || s.Database != "d b" ||
			s.TLSConfig == nil || len(s.Fallbacks) != 1 || s.RuntimeParams["application_name"] != "pure-ftpd" || s.ValidateConnect != nil {
			t.Errorf("%q: %s:%d, %s, %s, %s, TLS %v, %d fallbacks", test.port, s.Host, s.Port, s.User, s.Password, s.Database, s.TLSConfig != nil, len(s.Fallbacks))
		}
	}
}

func TestMistakes(t *testing.T) {
	const server = "PGSQLServer a\nPGSQLUser b\nPGSQLPassword hunter2\nPGSQLDatabase d\n"
	for _, test := range []struct{ text, want string }{
		{queries, "PGSQLServer: is missing"},
		{queries, "PGSQLPassword: is missing"},
		{queries + server + "PGSQLSSLMode full", "PGSQLSSLMode: none of"},
		{queries + server + "PGSQLSSLMode verify-full\nPGSQLCAFile /nowhere/ca", "nowhere"},
		{server + "PGSQLCrypt any", "PGSQLGetPW: is missing"},
		{queries + server + `PGSQLGetDir SELECT "\L"`, "PGSQLGetDir: \\L is in a quoted name"},
	} {
		path := filepath.Join(t.TempDir(), "pgsql.conf")
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := New(Config{Path: path, Parts: sqlauth.Parts{Verifier: passhash.New(passhash.Config{})}})
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v; want %q", test.text, err, test.want)
		}
	}
}
