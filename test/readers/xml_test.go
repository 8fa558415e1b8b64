//go:build clients

package readers

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pureftpd/test/harness"
)

// TestXML has xmllint read what pure-ftpwho -x says of sessions with hostile names: of users, and of files that are being moved.
func TestXML(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	server, err := harness.Build(dir, "pure-ftpd")
	if err != nil {
		t.Fatal(err)
	}
	who, err := harness.Build(dir, "pure-ftpwho")
	if err != nil {
		t.Fatal(err)
	}
	const user = `<&"'>]]>`
	s := harness.Start(t, new(harness.Ports), harness.Config{
		Binary: server, Staged: true, Options: []string{"-H", "--controldir", "$DIR/run"},
		Users: "ann:secret:$UID:$GID::$DIR/home/./::::::::::::\n" + user + ":secret:$UID:$GID::$DIR/home/./::::::::::::\n",
	})
	files := []string{"plain", `<!-- "&amp;' -->`, "é € \U0001F600", "\xff\xfe\x80", "\xed\xa0\x80 \xef\xbf\xbe", "]]>\x01\x1b\x7f\u0085"}
	for i, name := range files {
		conn, err := s.Dial("", "")
		if err != nil {
			t.Fatal(err)
		}
		c := harness.NewClient(t, conn, 2*patience)
		c.Reply(220)
		c.Login([]string{"ann", user}[i%2])
		data := c.Data()
		t.Cleanup(func() { data.Close() })
		c.Ask(150, "STOR "+name)
	}
	text, err := exec.Command(who, "--dir", filepath.Join(s.Dir, "run"), "-x", "-n").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(text), "<client "); got != len(files) {
		t.Errorf("%d sessions; want %d", got, len(files))
	}
	lint := exec.Command("xmllint", "--noout", "-")
	lint.Stdin = strings.NewReader(string(text))
	if out, err := lint.CombinedOutput(); err != nil {
		t.Errorf("xmllint: %v: %s\n%s", err, out, text)
	}
	count := exec.Command("xmllint", "--xpath", "count(//client[@state=' UL '][contains(@account, ']]>')])", "-")
	count.Stdin = strings.NewReader(string(text))
	if out, err := count.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "3" {
		t.Errorf("uploads of the user with the odd name: %s, %v; want 3\n%s", out, err, text)
	}
}
