package options

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file in testdata, or rewrites it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs, got:\n%s", file, got)
	}
}

func TestHelp(t *testing.T) {
	golden(t, "help", About{Program: "pure-ftpd", Version: "1.2.3", Root: true}.Help())
	full := About{Program: "pure-ftpd", Version: "1.2.3", Root: true}
	user := full
	user.Root = false
	if got, want := full.Line()+"\n"+user.Help(), full.Help(); got != want {
		t.Errorf("help for root = %q; want the version and what others get", want)
	}
}

func TestReport(t *testing.T) {
	env := fakeEnv(map[string]string{"/etc/pure-ftpd.conf": `# a small server
ChrootEveryone     yes
Daemonize          yes
MaxClientsNumber   20
PassivePortRange   30000_30100     # two spellings, one meaning
PureDB             /etc/pureftpd.pdb
UnixAuthentication yes
MaxIdleTime        0
Umask              133:022
`})
	o, err := Parse([]string{"pure-ftpd-virtualchroot", "--check", "/etc/pure-ftpd.conf"}, env)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "check", o.Report())
}

func TestReportOfMistakes(t *testing.T) {
	env := fakeEnv(map[string]string{"/etc/pure-ftpd.conf": `ChrootEverybody yes
MaxClientsNumber many
PassivePortRange 30100 30000
TLS 2
Daemonize == yes
`})
	_, err := Parse(argv("/etc/pure-ftpd.conf"), env)
	if err == nil {
		t.Fatal("Parse accepts mistakes")
	}
	golden(t, "mistakes", err.Error()+"\n")
}
