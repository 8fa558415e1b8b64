package ldapauth

import (
	"crypto/tls"
	"crypto/x509"
	"reflect"
	"strings"
	"testing"

	"pureftpd/internal/auth/conffile"
)

// clientTLS trusts only these authorities.
func clientTLS(roots *x509.CertPool) *tls.Config {
	return &tls.Config{ServerName: "localhost", RootCAs: roots, MinVersion: tls.VersionTLS12}
}

func parse(t *testing.T, text string) (Config, error) {
	t.Helper()
	f, err := conffile.Parse("ldap.conf", text, keywords())
	if err != nil {
		t.Fatal(err)
	}
	return understand(f)
}

func TestDefaults(t *testing.T) {
	c, err := parse(t, "LDAPBaseDN dc=example,dc=org\n")
	filter, _ := ParseFilter(`(&(objectClass=posixAccount)(uid=\L))`)
	want := Config{
		Network: "tcp", Address: "localhost:389", BaseDN: "dc=example,dc=org", Filter: filter, HomeAttribute: "homeDirectory", Method: Bind,
	}
	if err != nil || !reflect.DeepEqual(c, want) {
		t.Errorf("understand = %+v, %v; want %+v", c, err, want)
	}
}

// The sample that the original ships.
func TestSample(t *testing.T) {
	c, err := parse(t, "# Sample\n\nLDAPScheme ldap\nLDAPServer ldap.example.com\nLDAPPort   389\nLDAPBaseDN cn=Users,dc=c9x,dc=org\n"+
		"LDAPBindDN cn=Manager,dc=c9x,dc=org\nLDAPBindPW r00tPaSsw0rD\n# LDAPDefaultUID 500\n# LDAPUseTLS  True\nLDAPAuthMethod PASSWORD\n")
	if err != nil || c.Address != "ldap.example.com:389" || c.BindDN != "cn=Manager,dc=c9x,dc=org" ||
		c.BindPassword != "r00tPaSsw0rD" || c.Method != Password || c.TLS != nil {
		t.Errorf("understand = %+v, %v", c, err)
	}
}

func TestUnderstand(t *testing.T) {
	const rest = "LDAPBaseDN dc=x\n"
	for _, test := range []struct {
		text string
		want func(c Config) bool
	}{
		{"LDAPPort 0", func(c Config) bool { return c.Address == "localhost:389" }},
		{"LDAPPort 65536", func(c Config) bool { return c.Address == "localhost:389" }},
		{"LDAPPort 1389", func(c Config) bool { return c.Address == "localhost:1389" }},
		{"LDAPServer ::1", func(c Config) bool { return c.Address == "[::1]:389" }},
		{"LDAPServer [::1]", func(c Config) bool { return c.Address == "[::1]:389" }},
		{"LDAPScheme LDAPS\nLDAPPort 636\nLDAPServer a.example", func(c Config) bool {
			return c.TLS != nil && !c.StartTLS && c.TLS.ServerName == "a.example" && !c.TLS.InsecureSkipVerify
		}},
		{"LDAPUseTLS tRUE", func(c Config) bool { return c.TLS != nil && c.StartTLS }},
		{"LDAPUseTLS yes", func(c Config) bool { return c.TLS == nil }},
		{"LDAPScheme ldapi", func(c Config) bool { return c.Network == "unix" && c.Address == "/var/run/slapd/ldapi" }},
		{"LDAPScheme ldapi\nLDAPServer %2Frun%2Fx", func(c Config) bool { return c.Network == "unix" && c.Address == "/run/x" }},
		{"LDAPScheme ldapi\nLDAPServer /run/x", func(c Config) bool { return c.Network == "unix" && c.Address == "/run/x" }},
		{"LDAPBindDN cn=a\nLDAPBindPW b", func(c Config) bool { return c.Method == Password }},
		{"LDAPBindPW b", func(c Config) bool { return c.Method == Bind && c.BindPassword == "" }},
		{"LDAPBindDN cn=a\nLDAPBindPW b\nLDAPAuthMethod bind", func(c Config) bool { return c.Method == Bind }},
		{"LDAPDefaultUID 5\nLDAPForceDefaultUID true\nLDAPDefaultGID 6", func(c Config) bool {
			return c.UID == DefaultID{5, true} && c.GID == DefaultID{6, false}
		}},
		{"LDAPHomeDir ftpHome\nLDAPDefaultHomeDirectory /srv", func(c Config) bool { return c.HomeAttribute == "ftpHome" && c.DefaultHome == "/srv" }},
		{`LDAPFilter (cn=\L)`, func(c Config) bool { return c.Filter.For("x") == "(cn=x)" }},
	} {
		if c, err := parse(t, rest+test.text); err != nil || !test.want(c) {
			t.Errorf("%s: %+v, %v", test.text, c, err)
		}
	}
}

func TestMistakes(t *testing.T) {
	_, err := parse(t, "LDAPScheme http\nLDAPFilter (uid=%s)\nLDAPVersion 2\nLDAPDefaultUID joe\nLDAPDefaultGID -1\n"+
		"LDAPDefaultHomeDirectory srv\nLDAPAuthMethod md5\nLDAPBindDN cn=a\n")
	for _, want := range []string{
		"ldap.conf:1: LDAPScheme: ", "ldap.conf:2: LDAPFilter: ", "ldap.conf:3: LDAPVersion: ", "ldap.conf:4: LDAPDefaultUID: ",
		"ldap.conf:5: LDAPDefaultGID: ", "ldap.conf:6: LDAPDefaultHomeDirectory: ", "ldap.conf:7: LDAPAuthMethod: ",
		"ldap.conf:8: LDAPBindDN: ", "ldap.conf: LDAPBaseDN: is missing",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("understand = %v; want %q", err, want)
		}
	}
	if _, err := parse(t, "LDAPBaseDN x\nLDAPScheme ldapi\nLDAPServer ldap.example.com\n"); err == nil {
		t.Error("ldapi to a host is understood")
	}
	if _, err := parse(t, "LDAPBaseDN x\nLDAPUseTLS true\nLDAPCAFile /nonexistent\n"); err == nil || !strings.Contains(err.Error(), "LDAPCAFile") {
		t.Errorf("a missing LDAPCAFile: %v", err)
	}
}
