package start

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCertificateFaults ends starts that TLS cannot be spoken after: with a line for each fault, and the original's status.
func TestCertificateFaults(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	none, rubbish := filepath.Join(dir, "none.pem"), put(t, filepath.Join(dir, "rubbish.pem"), "rubbish")
	for _, test := range []struct {
		args   string
		status int
		parts  []string
	}{
		{"-Y 1 -2 NONE", 252, []string{"TLS: NONE: no such file or directory; create it"}},
		{"-Y 1 -2 RUBBISH", 252, []string{"TLS: RUBBISH: not a PEM file"}},
		{"-Y 3 -2 RUBBISH --certdir NONE", 252, []string{"TLS: RUBBISH: not a PEM file", "TLS: NONE: no such file"}},
		{"-Y 1 -2 RUBBISH --tlsselfsigned", 252, []string{"TLS: RUBBISH: not a PEM file"}},
		{"-Y 1 -J nosuch -2 NONE", 1, []string{`TLS: cipher list: "nosuch" leaves no cipher`, "TLS: NONE: no such file"}},
		{"-Y 1 -J nosuch -2 DIR/made.pem --tlsselfsigned", 1, []string{`TLS: cipher list: "nosuch"`}},
	} {
		names := strings.NewReplacer("NONE", none, "RUBBISH", rubbish, "DIR", dir)
		args := strings.Fields(names.Replace(test.args))
		for i := range test.parts {
			test.parts[i] = "pure-ftpd: " + names.Replace(test.parts[i])
		}
		start := append([]string{"-S", "127.0.0.1," + port(t), "-f", "none", "-l", "unix"}, args...)
		launch(t, dir, command{args: start}).endsWith(t, test.status, test.parts...)
		launch(t, dir, command{args: append([]string{"--check"}, args...)}).endsWith(t, test.status, test.parts...)
	}
	s := super(t, dir, command{args: []string{"-Y", "1", "-2", none, "-f", "none"}, output: inherited, both: true})
	c, p := s.connect()
	c.Reply(421)
	p.endsWith(t, 252)
}

// TestSelfSigned makes a certificate at the first start and keeps it; --check makes none.
func TestSelfSigned(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	file := filepath.Join(dir, "made.pem")
	args := []string{"-Y", "1", "--tlsselfsigned", "-2", file}
	check := launch(t, dir, command{args: append([]string{"--check"}, args...)})
	check.endsWith(t, 0)
	if out := check.stdout.String(); !strings.Contains(out, file+": not there; the start makes a self-signed certificate") {
		t.Errorf("--check: %q", out)
	}
	if _, err := os.Stat(file); err == nil {
		t.Fatal("--check has made a certificate")
	}
	var made [2]string
	for i := range made {
		address := "127.0.0.1:" + port(t)
		p := launch(t, dir, command{args: append([]string{"-S", strings.Replace(address, ":", ",", 1), "-f", "none"}, args...)})
		p.serves(t, address)
		said := p.stderr.String()
		if !strings.HasPrefix(said, "pure-ftpd: TLS: "+file) || !strings.Contains(said, "SHA-256 fingerprint") {
			t.Errorf("start %d: standard error %q", i, said)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		made[i] = string(text)
	}
	if made[0] != made[1] || !strings.Contains(made[0], "PRIVATE KEY") {
		t.Errorf("the second start made another certificate: %q, %q", made[0], made[1])
	}
}
