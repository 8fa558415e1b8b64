package harness

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// The vectors were made with the original's own tools.
func TestPureDB(t *testing.T) {
	for _, name := range []string{"empty", "three", "collide"} {
		passwd, err := os.ReadFile(filepath.Join("testdata", name+".passwd"))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("testdata", name+".pdb"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(PureDB(string(passwd)), want) {
			t.Errorf("%s: the database differs from the original's", name)
		}
	}
}
