//go:build backends

package logins

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// nobody is who the directory runs as.
const nobody = 65534

// A slapd is a running OpenLDAP server, on loopback, in a folder of its own.
type slapd struct {
	dir              string
	port, securePort int
	cmd              *exec.Cmd
	root             string // of the unpacked package
}

// unpacked returns the folder of Debian packages.
func unpacked(t *testing.T, name string, packages ...string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "pure-ftpd-"+name)
	if out, err := exec.Command("./unpack.sh", append([]string{dir}, packages...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return filepath.Join(dir, "root")
}

// newSlapd starts a directory with the entries of an LDIF text.
func newSlapd(t *testing.T, ldif string) *slapd {
	t.Helper()
	root := unpacked(t, "slapd", "slapd")
	dir, err := os.MkdirTemp("", "slapd-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	d := &slapd{dir: dir, port: freePort(t), securePort: freePort(t), root: filepath.Join(dir, "root")}
	// The package's files are in a folder that nobody may not enter.
	if out, err := exec.Command("cp", "-r", root, d.root).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	d.certify(t)
	schema := filepath.Join(d.root, "etc/ldap/schema")
	ours, err := os.ReadFile("../../docs/pureftpd.schema")
	if err != nil {
		t.Fatal(err)
	}
	d.put(t, "pureftpd.schema", string(ours))
	d.put(t, "slapd.conf", strings.NewReplacer("DIR", dir, "ROOT", d.root, "SCHEMA", schema).Replace(`
include SCHEMA/core.schema
include SCHEMA/cosine.schema
include SCHEMA/nis.schema
include DIR/pureftpd.schema
modulepath ROOT/usr/lib/ldap
moduleload back_mdb
pidfile DIR/pid
TLSCACertificateFile DIR/ca.pem
TLSCertificateFile DIR/cert.pem
TLSCertificateKeyFile DIR/key.pem
database mdb
maxsize 33554432
suffix "dc=example,dc=org"
rootdn "cn=admin,dc=example,dc=org"
rootpw hunter2
directory DIR/db
access to attrs=userPassword by anonymous auth by * none
access to * by * read
`))
	d.put(t, "data.ldif", ldif)
	if err := os.Mkdir(filepath.Join(dir, "db"), 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("chown", "-R", strconv.Itoa(nobody), dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := d.command("-T", "add", "-q", "-f", d.path("slapd.conf"), "-l", d.path("data.ldif")).CombinedOutput(); err != nil {
		t.Fatalf("slapadd: %v\n%s", err, out)
	}
	d.start(t)
	t.Cleanup(func() { d.stop(t) })
	return d
}

func (d *slapd) path(name string) string { return filepath.Join(d.dir, name) }

func (d *slapd) put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(d.path(name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// command is a command of slapd, as nobody.
func (d *slapd) command(args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(d.root, "usr/sbin/slapd"), args...)
	cmd.Env = []string{"LD_LIBRARY_PATH=" + filepath.Join(d.root, "usr/lib/x86_64-linux-gnu"), "PATH=/usr/bin:/bin"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}, Pdeathsig: syscall.SIGKILL}
	return cmd
}

// start starts the server and waits until it listens.
func (d *slapd) start(t *testing.T) {
	t.Helper()
	log, err := os.OpenFile(d.path("log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	d.cmd = d.command("-d", "0", "-f", d.path("slapd.conf"), "-h", fmt.Sprintf("ldap://127.0.0.1:%d ldaps://127.0.0.1:%d ldapi://%s",
		d.port, d.securePort, strings.ReplaceAll(d.path("socket"), "/", "%2F")))
	d.cmd.Stdout, d.cmd.Stderr = log, log
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", d.port))
		if err == nil {
			conn.Close()
			return
		}
		if i == 500 {
			text, _ := os.ReadFile(d.path("log"))
			t.Fatalf("slapd does not listen: %s", text)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// stop kills the server.
func (d *slapd) stop(t *testing.T) {
	t.Helper()
	if d.cmd == nil {
		return
	}
	if err := d.cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = d.cmd.Wait() // killed, as it was meant to be
	d.cmd = nil
}

// signal sends the server a signal.
func (d *slapd) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := d.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// certify makes an authority and its certificate for localhost and for the machine's name, which the OpenLDAP library means by it.
func (d *slapd) certify(t *testing.T) {
	t.Helper()
	make := func(name string, template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		template.SerialNumber, template.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: name}
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
		if parent == nil {
			parent, signer = template, key
		}
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return cert, key
	}
	ca, caKey := make("authority of a test", &x509.Certificate{
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	cert, key := make("localhost", &x509.Certificate{
		DNSNames: []string{"localhost", machine}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, ca, caKey)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	d.put(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw})))
	d.put(t, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})))
	d.put(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
