package pgsqlauth

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"pureftpd/internal/auth/conffile"
	"pureftpd/internal/auth/sqlauth"
)

const prefix = "PGSQL"

// defaultPort is that of the protocol.
const defaultPort = "5432"

// A Config names the file and the parts of a Backend.
type Config struct {
	Path string // the configuration file

	// Open opens the configuration file. nil means os.Open.
	Open func(path string) (*os.File, error)

	sqlauth.Parts
}

func dialect() sqlauth.Dialect {
	return sqlauth.Dialect{Nested: true, Dollar: true, EscapeString: true, Numbered: true, Last: true}
}

func keywords() []string {
	return append(sqlauth.Keys(prefix), "PGSQLServer", "PGSQLPort", "PGSQLUser", "PGSQLPassword", "PGSQLDatabase",
		"PGSQLSSLMode", "PGSQLCAFile", "PGSQLCertFile", "PGSQLKeyFile")
}

// New reads the file and returns a Backend, which does not connect yet. The error holds all mistakes of the file.
func New(c Config) (*sqlauth.Backend, error) {
	file, err := conffile.Load(c.Path, c.Open, keywords())
	if err != nil {
		return nil, err
	}
	server, failed := serverOf(file)
	if server == nil { // so that the common keys are read as well
		server = &pgx.ConnConfig{}
	}
	connector := stdlib.GetConnector(*server,
		// A connection that the server has ended meanwhile must not cost a login.
		stdlib.OptionShouldPing(func(context.Context, stdlib.ShouldPingParams) bool { return true }))
	backend, common := sqlauth.New(file, sqlauth.Database{
		Prefix: prefix, Where: "PostgreSQL at " + where(file), Dialect: dialect(), Connector: connector, Transactions: true,
	}, c.Parts)
	if err = errors.Join(failed, common); err != nil {
		if backend != nil {
			err = errors.Join(err, backend.Close())
		}
		return nil, err
	}
	return backend, nil
}

func where(file *conffile.File) string {
	host, number := file.Text("PGSQLServer"), port(file.Text("PGSQLPort"))
	if strings.HasPrefix(host, "/") {
		return host + "/.s.PGSQL." + number
	}
	return host + ":" + number
}

// port is the number of PGSQLPort; what is none, such as the name of the socket that the original's sample shows, is the
// usual one.
func port(text string) string {
	if n, err := strconv.Atoi(text); err == nil && n >= 1 && n <= 65535 {
		return text
	}
	return defaultPort
}

// serverOf is how the server is reached. Everything the library would take from the environment is said.
func serverOf(file *conffile.File) (*pgx.ConnConfig, error) {
	var failed error
	for _, key := range []string{"PGSQLServer", "PGSQLUser", "PGSQLPassword", "PGSQLDatabase"} {
		if !file.Has(key) {
			failed = errors.Join(failed, file.Mistake(key, "is missing"))
		}
	}
	modes := []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
	mode := strings.ToLower(file.Text("PGSQLSSLMode"))
	switch {
	case mode == "":
		mode = "prefer" // the original's library does
	case !slices.Contains(modes, mode):
		failed = errors.Join(failed, file.Mistake("PGSQLSSLMode", "none of %s", strings.Join(modes, ", ")))
	}
	if failed != nil {
		return nil, failed
	}
	settings := []string{
		"host", file.Text("PGSQLServer"), "port", port(file.Text("PGSQLPort")),
		"user", file.Text("PGSQLUser"), "password", file.Text("PGSQLPassword"), "dbname", file.Text("PGSQLDatabase"),
		"sslmode", mode, "application_name", "pure-ftpd", "passfile", "/dev/null", "target_session_attrs", "any",
		"sslrootcert", file.Text("PGSQLCAFile"), "sslcert", file.Text("PGSQLCertFile"), "sslkey", file.Text("PGSQLKeyFile"),
	}
	var text strings.Builder
	escape := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	for i := 0; i < len(settings); i += 2 {
		text.WriteString(settings[i] + "='" + escape.Replace(settings[i+1]) + "' ")
	}
	server, err := pgx.ParseConfig(text.String())
	if err != nil {
		return nil, file.Mistake("PGSQLServer", "%v", err) // the library leaves the password out of it
	}
	return server, nil
}
