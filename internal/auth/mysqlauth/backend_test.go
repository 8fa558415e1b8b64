package mysqlauth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pureftpd/internal/auth"
	"pureftpd/internal/auth/sqlauth"
	"pureftpd/internal/passhash"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func config(t *testing.T, text string) Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mysql.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Config{Path: path, Parts: sqlauth.Parts{Verifier: passhash.New(passhash.Config{})}}
}

const queries = "MYSQLCrypt any\nMYSQLGetPW SELECT 1\nMYSQLDefaultUID 1\nMYSQLDefaultGID 1\nMYSQLGetDir SELECT 1\n"

// The separator behind a keyword may be missing, so none may begin with another.
func TestKeywordsAreApart(t *testing.T) {
	for _, a := range keywords() {
		for _, b := range keywords() {
			if a != b && strings.HasPrefix(strings.ToLower(b), strings.ToLower(a)) {
				t.Errorf("%s begins with %s", b, a)
			}
		}
	}
}

func TestServer(t *testing.T) {
	for _, test := range []struct{ text, where string }{
		{"MYSQLServer db.example", "db.example:3306"},
		{"MYSQLServer db.example\nMYSQLPort 3307\nMYSQLSocket /s", "db.example:3307"},
		{"MYSQLServer ::1\nMYSQLPort 0", "[::1]:3306"},
		{"MYSQLServer [::1]\nMYSQLPort 65536", "[::1]:3306"},
		{"MYSQLServer a\nMYSQLPort x", "a:3306"},
		{"MYSQLSocket /var/run/mysqld/mysqld.sock\nMYSQLTransactions ON", "/var/run/mysqld/mysqld.sock"},
		{"MYSQLServer a\nMYSQLTLS on\nMYSQLTransactions off", "a:3306"},
	} {
		b, err := New(config(t, "MYSQLUser ftp\n"+queries+test.text))
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		over, cancel := context.WithCancel(t.Context())
		cancel() // asked for a login that is over, it says whom it would ask
		_, err = b.Authenticate(over, auth.Credentials{User: "joe"})
		if err == nil || !strings.Contains(err.Error(), "MySQL at "+test.where+":") {
			t.Errorf("%s: %v; want MySQL at %s", test.text, err, test.where)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestMistakes(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"MYSQLUser ftp", "MYSQLServer: is missing, and so is MYSQLSocket"},
		{"MYSQLServer a", "MYSQLUser: is missing"},
		{"MYSQLUser ftp\nMYSQLSocket s", "MYSQLSocket: not an absolute path"},
		{"MYSQLUser ftp\nMYSQLServer a\nMYSQLTransactions perhaps", "MYSQLTransactions: neither on nor off"},
		{"MYSQLUser ftp\nMYSQLServer a\nMYSQLTLS maybe", "MYSQLTLS: none of"},
		{"MYSQLUser ftp\nMYSQLSocket /s\nMYSQLTLS on", "MYSQLTLS: needs MYSQLServer"},
		{"MYSQLUser ftp\nMYSQLServer a\nMYSQLCAFile /ca", "MYSQLCAFile: has no meaning without"},
		{"MYSQLUser ftp\nMYSQLServer a\nMYSQLTLS on\nMYSQLCAFile /nowhere/ca", "no such file"},
		{"MYSQLUser ftp\nMYSQLServer a\nMYSQLTLS on\nMYSQLCAFile /dev/null", "no certificate in"},
		{"MYSQLUser ftp\nMYSQLServer a\nMYSQLTLS on\nMYSQLCertFile /dev/null", "goes together with"},
		{"MYSQLUser ftp\nMYSQLServer a\nMYSQLTLS on\nMYSQLCertFile /dev/null\nMYSQLKeyFile /dev/null", "MYSQLCertFile: "},
		{"MYSQLUser ftp\nMYSQLServer a\nMYSQLCrypt md5", "MYSQLCrypt: \"md5\" is none of"},
	} {
		b, err := New(config(t, queries+test.text))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v; want %q", test.text, err, test.want)
		}
		if b != nil {
			t.Errorf("%s: a backend beside the mistakes", test.text)
		}
	}
}

// A server that takes connections and says nothing: all who wait for it fail together, in little more than the time of one.
func TestSilentServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	address := l.Addr().(*net.TCPAddr)
	b, err := New(config(t, queries+fmt.Sprintf("MYSQLServer 127.0.0.1\nMYSQLPort %d\nMYSQLUser ftp\nMYSQLTimeout 1\nMYSQLConnections 2\n", address.Port)))
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	var group sync.WaitGroup
	for range 40 {
		group.Go(func() {
			_, err := b.Authenticate(t.Context(), auth.Credentials{
				User: "joe", Password: "secret", Local: netip.AddrPortFrom(netip.IPv4Unspecified(), 21), Remote: address.AddrPort(),
			})
			if !errors.Is(err, auth.ErrDown) || errors.Is(err, auth.ErrUnknown) || !strings.Contains(err.Error(), "no answer in time") {
				t.Errorf("Authenticate = %v; want ErrDown alone, and why", err)
			}
		})
	}
	group.Wait()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("40 logins took %v; want little more than 1s", took)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}
