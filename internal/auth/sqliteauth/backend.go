package sqliteauth

import (
	"errors"
	"net/url"
	"os"
	"strconv"
	"strings"

	"modernc.org/sqlite"

	"pureftpd/internal/auth/conffile"
	"pureftpd/internal/auth/sqlauth"
)

const prefix = "SQLite"

// busyTimeout is how long a login waits for a program that writes to the file, in milliseconds.
const busyTimeout = 3000

// A Config names the file and the parts of a Backend.
type Config struct {
	Path string // the configuration file

	// Open opens the configuration file. nil means os.Open.
	Open func(path string) (*os.File, error)

	// Guard returns the guard under which the database file at path is opened, read and written. nil means none.
	Guard func(path string) sqlauth.Guard

	sqlauth.Parts
}

func dialect() sqlauth.Dialect {
	return sqlauth.Dialect{NameQuotes: "`[", Marks: "?:@$", Last: true}
}

func keywords() []string { return append(sqlauth.Keys(prefix), "SQLiteDatabase") }

// New reads the file and returns a Backend, which does not open the database yet. The error holds all mistakes of the file.
func New(c Config) (*sqlauth.Backend, error) {
	file, err := conffile.Load(c.Path, c.Open, keywords())
	if err != nil {
		return nil, err
	}
	path := file.Text("SQLiteDatabase")
	var failed error
	switch {
	case path == "":
		failed = file.Mistake("SQLiteDatabase", "is missing")
	case !strings.HasPrefix(path, "/"):
		failed = file.Mistake("SQLiteDatabase", "not an absolute path")
	}
	connector, err := sqlite.NewConnector(address(path, file.Has("SQLiteSetPW")))
	if err != nil {
		failed = errors.Join(failed, file.Mistake("SQLiteDatabase", "%v", err))
	}
	d := sqlauth.Database{
		Prefix: prefix, Where: "SQLite " + path, Dialect: dialect(), Connector: connector, Finalize: true,
	}
	if c.Guard != nil {
		d.Guard = c.Guard(path)
	}
	backend, common := sqlauth.New(file, d, c.Parts)
	if err = errors.Join(failed, common); err != nil {
		if backend != nil {
			err = errors.Join(err, backend.Close())
		}
		return nil, err
	}
	return backend, nil
}

// address is how SQLite is told about the file. A schema in it that runs code of its own is not trusted.
func address(path string, writable bool) string {
	query := url.Values{"_pragma": {"busy_timeout(" + strconv.Itoa(busyTimeout) + ")", "trusted_schema(0)"}}
	query.Set("mode", "rw")
	if !writable {
		query.Set("mode", "ro")
		query.Add("_pragma", "query_only(1)")
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String()
}
