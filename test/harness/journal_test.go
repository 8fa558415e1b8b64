package harness

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
)

func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	j, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	conn, err := net.Dial("unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, text := range []string{"one", "two", "three"} {
		if _, err := conn.Write([]byte("<94>Nov 22 07:04:08 pure-ftpd: " + text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Expect([]string{"one", "<94>", "three"}, prefix); err != nil {
		t.Error(err)
	}
	if got := missing(j.lines, []string{"two", "one"}, prefix); got != "one" {
		t.Errorf("missing = %q; want one", got)
	}
}

// prefix is the simplest pattern.
func prefix(pattern, s string) bool { return strings.HasPrefix(s, pattern) }
