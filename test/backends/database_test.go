//go:build backends

package backends

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pureftpd/internal/auth/sqlauth"
	"pureftpd/internal/passhash"
)

const (
	startLimit = 60 * time.Second // from starting a database to its first connection
	stopLimit  = 20 * time.Second

	nobody = 65534
)

// An engine is a kind of database under test.
type engine struct {
	name, prefix string
	start        func(t *testing.T) *database
	open         func(path string, p sqlauth.Parts) (*sqlauth.Backend, error)

	table    string // creates the original's table
	column   func(name string) string
	sleep    string // an expression that takes half a minute and is NULL or empty
	cipher   string // a query for the cipher of its own connection, as a path
	tlsOn    string // keys that want a verified server
	limitTo1 string // lets the user ftp have one connection
	revoke   string
}

// engines are all kinds of databases.
func engines() []engine { return []engine{mariadb(), postgres()} }

// A database is a running server with an empty database pureftpd, in which the user ftp, password "it's a\secret", may do
// what he likes.
type database struct {
	engine engine
	dir    string
	port   int
	socket string // for the engine's key, "" if it has none
	admin  *sql.DB
	argv   []string
	kill   syscall.Signal // ends it at once, with all its processes
	cmd    *exec.Cmd
	ended  chan struct{}
}

const ftpPassword = `it's a\secret`

// newDatabase makes a folder and a port for a database.
func newDatabase(t *testing.T, e engine) *database {
	t.Helper()
	dir, err := os.MkdirTemp("", "sql-") // short enough for a socket in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &database{engine: e, dir: dir, port: l.Addr().(*net.TCPAddr).Port}
	l.Close()
	certificates(t, dir)
	if os.Getuid() == 0 {
		err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
			if err == nil {
				err = os.Lchown(path, nobody, nobody)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return d
}

// certificates writes ca.pem, and cert.pem and key.pem of a server at 127.0.0.1 with no other name.
func certificates(t *testing.T, dir string) {
	t.Helper()
	write := func(name, kind string, der []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sign := func(template, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) []byte {
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	newKey := func() *ecdsa.PrivateKey {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	caKey, key := newKey(), newKey()
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign,
	}
	write("ca.pem", "CERTIFICATE", sign(ca, ca, caKey, caKey))
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "database"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	write("cert.pem", "CERTIFICATE", sign(server, ca, key, caKey))
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write("key.pem", "EC PRIVATE KEY", der)
}

// command is a program that runs as nobody.
func (d *database) command(argv ...string) *exec.Cmd {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = d.dir
	cmd.Env = append(os.Environ(), "HOME="+d.dir, "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	return cmd
}

// run starts the server and waits until it answers.
func (d *database) run(t *testing.T) {
	t.Helper()
	out, err := os.OpenFile(filepath.Join(d.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	d.cmd, d.ended = d.command(d.argv...), make(chan struct{})
	d.cmd.Stdout, d.cmd.Stderr = out, out
	if err := d.cmd.Start(); err != nil {
		t.Fatalf("%v (see packages.txt)", err)
	}
	go func(cmd *exec.Cmd, ended chan struct{}) {
		_ = cmd.Wait() // how it ended does not matter: the tests kill it
		close(ended)
	}(d.cmd, d.ended)
	limit := time.Now().Add(startLimit)
	for {
		err := d.admin.Ping()
		if err == nil {
			return
		}
		select {
		case <-d.ended:
			err = fmt.Errorf("it has ended: %w", err)
			limit = time.Time{}
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(limit) {
			log, _ := os.ReadFile(filepath.Join(d.dir, "log"))
			t.Fatalf("%s does not start: %v\n%.4000s", d.engine.name, err, log)
		}
	}
}

// stop ends the server with a signal.
func (d *database) stop(t *testing.T, s syscall.Signal) {
	t.Helper()
	if d.cmd == nil {
		return
	}
	if err := d.cmd.Process.Signal(s); err != nil {
		t.Error(err)
	}
	select {
	case <-d.ended:
	case <-time.After(stopLimit):
		t.Errorf("%s did not end by itself", d.engine.name)
		d.cmd.Process.Kill()
		<-d.ended
	}
	d.cmd = nil
}

// exec runs statements as administrator.
func (d *database) exec(t *testing.T, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := d.admin.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// A row is a user.
type row struct {
	user, password string
	uid, gid       int
	dir            string
}

// users makes the original's table anew, with rows.
func (d *database) users(t *testing.T, rows ...row) {
	t.Helper()
	d.exec(t, "DROP TABLE IF EXISTS users", d.engine.table)
	if d.engine.prefix == "PGSQL" {
		d.exec(t, "GRANT ALL ON users TO ftp")
	}
	quote := strings.NewReplacer("'", "''")
	for _, r := range rows {
		d.exec(t, fmt.Sprintf("INSERT INTO users VALUES ('%s','%s',%d,%d,'%s')",
			quote.Replace(r.user), quote.Replace(r.password), r.uid, r.gid, r.dir))
	}
}

// value is the first column of the first row of a query.
func (d *database) value(t *testing.T, query string) (value string) {
	t.Helper()
	if err := d.admin.QueryRow(query).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

// queries are those of the original's sample file, with more lines after them; a line that repeats a key counts.
func (d *database) queries(more ...string) string {
	p, column := d.engine.prefix, d.engine.column
	get := func(key, name string) string {
		return fmt.Sprintf("%s%s  SELECT %s FROM users WHERE %s='\\L'\n", p, key, column(name), column("User"))
	}
	text := fmt.Sprintf("# a sample\n%sServer 127.0.0.1\n%[1]sPort %[2]d\n%[1]sUser ftp\n%[1]sPassword   %[3]s\n%[1]sDatabase pureftpd\n"+
		"%[1]sCrypt any\n", p, d.port, ftpPassword) +
		get("GetPW", "Password") + get("GetUID", "Uid") + get("GetGID", "Gid") + get("GetDir", "Dir")
	return text + strings.Join(more, "\n") + "\n"
}

// backend opens a backend with a configuration.
func (d *database) backend(t *testing.T, config string, p sqlauth.Parts) *sqlauth.Backend {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sql.conf")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if p.Verifier == nil {
		p.Verifier = passhash.New(passhash.Config{})
	}
	b, err := d.engine.open(path, p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil && !d.isDown() {
			t.Error(err)
		}
	})
	return b
}

func (d *database) isDown() bool { return d.cmd == nil }
