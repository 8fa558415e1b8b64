//go:build backends

package backends

import (
	"database/sql"
	"testing"

	_ "modernc.org/sqlite"
)

// openSQLite opens a file as an administrator would.
func openSQLite(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	return db
}
