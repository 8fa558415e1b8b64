package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestSelfSignedIsStored(t *testing.T) {
	for _, two := range []bool{false, true} {
		dir := t.TempDir()
		var log said
		c := Config{
			Certificate: in(dir, "cert.pem"), SelfSigned: SelfSignedMissing, Report: log.report,
			Names: []string{"ftp.example.com", "192.0.2.1", "2001:db8::1"},
		}
		if two {
			c.Key = in(dir, "key.pem")
		}
		first, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		made := log.take()
		if len(made) != 1 || !strings.HasPrefix(made[0], c.Certificate+": made a self-signed certificate; ") ||
			!strings.HasSuffix(made[0], "SHA-256 fingerprint "+first.Fingerprint()) {
			t.Errorf("reported %q", made)
		}
		second, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		if lines := log.take(); len(lines) != 1 || !strings.HasSuffix(lines[0], first.Fingerprint()) {
			t.Errorf("at the second start: reported %q", lines)
		}
		if first.Fingerprint() != second.Fingerprint() {
			t.Error("the second start made another certificate")
		}
		keyFile := c.Certificate
		if two {
			keyFile = c.Key
		}
		if info, err := os.Stat(keyFile); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the key has mode %v, %v", info.Mode(), err)
		}
		left, err := os.ReadDir(dir)
		if err != nil || len(left) > 2 || !two && len(left) != 1 {
			t.Errorf("left in the directory: %v, %v", left, err)
		}
		roots := x509.NewCertPool()
		roots.AddCert(second.current.Load().main.leaf())
		for _, name := range c.Names {
			versions(t, func(t *testing.T, version uint16) {
				client := &tls.Config{RootCAs: roots, ServerName: name, MinVersion: version, MaxVersion: version}
				ok(t, second.Session(anywhere(), anywhere()).Control, client)
			})
		}
	}
}

// Names that a certificate cannot hold are left out, and do not keep a server from starting.
func TestSelfSignedNames(t *testing.T) {
	long := strings.Repeat("a", 70) + ".example.com"
	for _, test := range []struct{ names, want []string }{
		{nil, []string{"localhost"}},
		{[]string{"", "h\u00f6st", "a b", strings.Repeat("x", 256)}, []string{"localhost"}},
		{[]string{"h\u00f6st", "Host_1", "192.0.2.1", "::1"}, []string{"192.0.2.1", "::1", "host_1"}},
		{[]string{long}, []string{long}}, // longer than a common name
	} {
		p, err := makeSelfSigned(test.names, today())
		if err != nil || !slices.Equal(namesOf(p), test.want) {
			t.Errorf("makeSelfSigned(%.80q): %v, %v; want %q", test.names, p, err, test.want)
		}
	}
}

// Where there is no place for it the server starts all the same, and a file that appears later is used.
func TestSelfSignedWithoutPlace(t *testing.T) {
	dir := t.TempDir()
	var log said
	s, err := New(Config{Certificate: in(dir, "none/cert.pem"), SelfSigned: SelfSignedMissing, Report: log.report, Now: today})
	if err != nil {
		t.Fatal(err)
	}
	lines := log.take()
	if len(lines) != 1 || !strings.Contains(lines[0], "the next start makes another one") ||
		!strings.HasSuffix(lines[0], s.Fingerprint()) {
		t.Errorf("reported %q", lines)
	}
	r := &reloading{t: t, s: s}
	for range 3 {
		if got := r.look(); got != "localhost" {
			t.Errorf("shows %s", got)
		}
	}
	if lines := log.take(); len(lines) != 0 {
		t.Errorf("reported %q", lines)
	}
	if err := os.Mkdir(in(dir, "none"), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, in(dir, "none/cert.pem"), bearing(t, "real"))
	if got := r.look(); got != "real" {
		t.Errorf("shows %s", got)
	}
}

// A file of somebody's is never replaced, whatever is wrong with it.
func TestSelfSignedReplacesNothing(t *testing.T) {
	h := issue(t, nil, server())
	for name, files := range map[string]map[string][]byte{
		"an empty certificate":      {"cert.pem": {}, "key.pem": h.keyPEM(t)},
		"a key without":             {"key.pem": h.keyPEM(t)},
		"a certificate without":     {"cert.pem": h.certPEM()},
		"a key that does not match": {"cert.pem": h.certPEM(), "key.pem": issue(t, nil, server()).keyPEM(t)},
	} {
		dir := t.TempDir()
		for file, text := range files {
			put(t, in(dir, file), text)
		}
		s, err := New(Config{Certificate: in(dir, "cert.pem"), Key: in(dir, "key.pem"), SelfSigned: SelfSignedMissing})
		if err == nil {
			t.Errorf("%s: New = %v", name, s)
		}
		left, err := os.ReadDir(dir)
		if err != nil || len(left) != len(files) {
			t.Errorf("%s: left in the directory: %v, %v", name, left, err)
		}
		for file, text := range files {
			if got, err := os.ReadFile(in(dir, file)); err != nil || string(got) != string(text) {
				t.Errorf("%s: %s changed, %v", name, file, err)
			}
		}
	}
}
