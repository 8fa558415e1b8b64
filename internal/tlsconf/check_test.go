package tlsconf

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Every fault of a start, in the words an administrator reads: the lines of New's error, and what it reports. A file holds
// the certificates of a proper server unless the case says otherwise.
func TestFaultsAtStart(t *testing.T) {
	good := newTree(t, server())
	chain := slicesOf(good.leaf.certPEM(), good.between.certPEM())
	all := slicesOf(chain, good.leaf.keyPEM(t))
	stranger := issue(t, nil, server())
	dated := func(from, to int) tree {
		r := server()
		r.from, r.to = today().AddDate(0, 0, from), today().AddDate(0, 0, to)
		return newTree(t, r)
	}
	whole := func(tr tree) []byte { return slicesOf(tr.leaf.certPEM(), tr.between.certPEM(), tr.leaf.keyPEM(t)) }
	with := func(r request) []byte { // a server's certificate that clients know the root of
		tr := newTree(t, r)
		return whole(tr)
	}
	encrypted := pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte{0x30, 0}})
	old := pem.EncodeToMemory(&pem.Block{
		Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED"}, Bytes: []byte{0x30, 0},
	})
	rooted := slicesOf(chain, good.root.certPEM(), good.leaf.keyPEM(t))
	params := pem.EncodeToMemory(&pem.Block{Type: "DH PARAMETERS", Bytes: []byte{0x30, 0}})
	short := server()
	short.key = rsaKey(t, 1024)
	nameless := request{name: "ftp.example.com"}
	weak := server()
	weak.sha1 = true

	var text strings.Builder
	for _, test := range []struct {
		name string
		cert []byte // nil: no file
		key  []byte // nil: in the same file
		edit func(*Config)
	}{
		{name: "nothing wrong", cert: all},
		{name: "nothing wrong, with the root and DH parameters", cert: slicesOf(params, rooted)},
		{name: "nothing wrong, in two files", cert: chain, key: good.leaf.keyPEM(t)},
		{name: "no file"},
		{name: "no key file", cert: chain, edit: func(c *Config) { c.Key = c.Certificate + ".nokey" }},
		{name: "a directory", cert: all, edit: func(c *Config) { c.Certificate, c.Key = os.TempDir(), os.TempDir() }},
		{name: "unreadable", cert: all, edit: func(c *Config) {
			c.Open = func(path string) (*os.File, error) {
				return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
			}
		}},
		{name: "too long", cert: bytes.Repeat([]byte{'\n'}, maxPEM+1)},
		{name: "empty", cert: []byte(" \n")},
		{name: "not PEM", cert: []byte("hello")},
		{name: "DER", cert: good.leaf.cert.Raw},
		{name: "damaged PEM", cert: all[:200]},
		{name: "only DH parameters", cert: params},
		{name: "damaged certificate", cert: slicesOf(pem.EncodeToMemory(
			&pem.Block{Type: "CERTIFICATE", Bytes: good.leaf.cert.Raw[:100]}), good.leaf.keyPEM(t))},
		{name: "damaged key", cert: slicesOf(chain, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}}))},
		{name: "no certificate", cert: good.leaf.keyPEM(t)},
		{name: "no key", cert: chain},
		{name: "no key in the key file", cert: chain, key: chain},
		{name: "key does not match", cert: slicesOf(chain, stranger.keyPEM(t))},
		{name: "key file does not match", cert: all, key: stranger.keyPEM(t)},
		{name: "encrypted key", cert: slicesOf(chain, encrypted)},
		{name: "encrypted key of the old form", cert: slicesOf(chain, old)},
		{name: "DSA key", cert: slicesOf(chain, pem.EncodeToMemory(&pem.Block{Type: "DSA PRIVATE KEY", Bytes: []byte{1}}))},
		{name: "out of order", cert: slicesOf(good.leaf.keyPEM(t), good.between.certPEM(), good.leaf.certPEM())},
		{name: "not of the chain", cert: slicesOf(all, stranger.certPEM())},
		{name: "incomplete", cert: good.leaf.both(t)},
		{name: "unknown root", cert: whole(newTree(t, server())), edit: func(c *Config) { c.Roots = x509.NewCertPool() }},
		{name: "self-signed", cert: stranger.both(t)},
		{name: "expired", cert: whole(dated(-400, -1))},
		{name: "not yet valid", cert: whole(dated(1, 400))},
		{name: "ends soon", cert: whole(dated(-80, 10))},
		{name: "ends today", cert: whole(dated(-80, 0)), edit: func(c *Config) {
			c.Now = func() time.Time { return today().Add(-time.Hour) }
		}},
		{name: "RSA key of no use", cert: read(t, "testdata/rsa512.pem")},
		{name: "short RSA key", cert: with(short)},
		{name: "SHA-1", cert: with(weak)},
		{name: "no names", cert: with(nameless)},
		{name: "readable by others", cert: all, edit: func(c *Config) { chmod(t, c.Certificate, 0o644) }},
		{name: "key file readable by others", cert: chain, key: good.leaf.keyPEM(t), edit: func(c *Config) {
			chmod(t, c.Key, 0o604)
		}},
		{name: "readable by a group", cert: all, edit: func(c *Config) { chmod(t, c.Certificate, 0o640) }},
		{name: "no file, and clients are asked", edit: func(c *Config) { c.Clients = ClientsMust }},
		{name: "no client authorities", cert: all, edit: func(c *Config) {
			c.Clients, c.ClientCA = ClientsMust, c.Certificate+".noca"
		}},
		{name: "client authorities without a certificate", cert: all, edit: func(c *Config) {
			c.Clients, c.ClientCA = ClientsMay, put(t, c.Certificate+".ca", good.leaf.keyPEM(t))
		}},
		{name: "no directory", cert: all, edit: func(c *Config) { c.Directory = c.Certificate + ".nodir" }},
		{name: "a broken certificate in the directory", cert: all, edit: func(c *Config) {
			c.Directory = t.TempDir()
			put(t, in(c.Directory, "a.pem"), chain)
			put(t, in(c.Directory, "b.crt"), chain)
		}},
		{name: "a cipher list that leaves nothing", cert: all, edit: func(c *Config) { c.Ciphers = "CAMELLIA:@STRENGTH" }},
		{name: "a cipher list with mistakes", cert: all, edit: func(c *Config) { c.Ciphers = "HIGH:?" }},
		{name: "a cipher list that cannot all be had", cert: all, edit: func(c *Config) {
			c.Ciphers = "ECDHE+AESGCM:DHE-RSA-AES128-SHA:AES128-SHA:TLS_AES_128_GCM_SHA256:!aNULL:!aNUL:+SHA1"
		}},
		{name: "everything at once", cert: slicesOf(good.between.certPEM(), good.leaf.certPEM(), stranger.certPEM()),
			edit: func(c *Config) {
				c.Ciphers, c.Directory = "nosuch", c.Certificate+".nodir"
				c.Clients, c.ClientCA = ClientsMay, c.Certificate+".noca"
			}},
	} {
		dir := t.TempDir()
		var log said
		c := Config{
			Certificate: in(dir, "cert.pem"), Roots: good.roots, Report: log.report, Now: today,
		}
		if test.cert != nil {
			put(t, c.Certificate, test.cert)
		}
		if test.key != nil {
			c.Key = put(t, in(dir, "key.pem"), test.key)
		}
		if test.edit != nil {
			test.edit(&c)
		}
		if test.cert != nil && bytes.Contains(test.cert, []byte("CERTIFICATE")) && c.Roots == good.roots {
			c.Roots = rootsOf(t, test.cert, good)
		}
		s, err := New(c)
		if (s == nil) != (err != nil) {
			t.Errorf("%s: New = %v, %v", test.name, s, err)
		}
		fmt.Fprintf(&text, "%s\n", test.name)
		clean := strings.NewReplacer(dir, "DIR", c.Directory, "CERTDIR", os.TempDir(), "TMP")
		if c.Directory == "" {
			clean = strings.NewReplacer(dir, "DIR", os.TempDir(), "TMP")
		}
		if err != nil {
			joined, ok := err.(interface{ Unwrap() []error })
			if !ok {
				t.Fatalf("%s: %T is not joined", test.name, err)
			}
			for _, fault := range joined.Unwrap() {
				if strings.Contains(fault.Error(), "\n") {
					t.Errorf("%s: more than a line: %q", test.name, fault)
				}
				fmt.Fprintf(&text, "\terror: %s\n", clean.Replace(fault.Error()))
			}
		}
		for _, line := range log.take() {
			fmt.Fprintf(&text, "\tremark: %s\n", clean.Replace(line))
		}
	}
	golden(t, "testdata/faults.golden", text.String())
}

// rootsOf is what a client has to know for a file of this test: the root of the proper server, or that of the last
// certificate in the file if it is from another tree.
func rootsOf(t *testing.T, file []byte, good tree) *x509.CertPool {
	t.Helper()
	b, err := parsePEM(file)
	if err != nil || len(b.certs) < 2 {
		return good.roots
	}
	issuer := b.certs[1] // trusted itself: the issuer of the leaf
	if !issuer.IsCA || bytes.Equal(issuer.Raw, good.between.cert.Raw) {
		return good.roots
	}
	pool := good.roots.Clone()
	pool.AddCert(issuer)
	return pool
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func chmod(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs, got:\n%s", path, got)
	}
}

// The exit status of a start hangs on it.
func TestErrCiphers(t *testing.T) {
	for list, want := range map[string]bool{
		"HIGH": false, "nosuch": true, "@X": true, strings.Repeat("HIGH:", 20000): true,
	} {
		_, err := New(Config{Ciphers: list, SelfSigned: SelfSignedAlways})
		if errors.Is(err, ErrCiphers) != want {
			t.Errorf("New with %.10q: %v", list, err)
		}
	}
}
