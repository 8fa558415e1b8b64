//go:build clients

package acme

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pureftpd/internal/acmecert"
)

// A run is a keeper at work.
type run struct {
	t       *testing.T
	file    string
	reports chan string
	notes   chan string
	stop    func()
}

// keep runs a keeper until stop, or the test's end.
func keep(t *testing.T, c acmecert.Config) *run {
	t.Helper()
	r := &run{t: t, file: c.File(), reports: make(chan string, 100), notes: make(chan string, 100)}
	c.Agreed = true
	c.Report = func(text string) { r.reports <- text }
	c.Note = func(text string) { r.notes <- text }
	k, err := acmecert.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		k.Run(ctx)
	}()
	r.stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(r.stop)
	return r
}

// stored waits until a certificate is stored.
func (r *run) stored() {
	r.t.Helper()
	select {
	case <-r.notes:
	case text := <-r.reports:
		r.t.Fatal(text)
	case <-time.After(patience):
		r.t.Fatal("no certificate comes")
	}
}

// fails waits for a report with each of the texts.
func (r *run) fails(texts ...string) {
	r.t.Helper()
	select {
	case <-r.notes:
		r.t.Fatal("a certificate was stored")
	case got := <-r.reports:
		for _, want := range texts {
			if !strings.Contains(got, want) {
				r.t.Errorf("reports %q; want %q in it", got, want)
			}
		}
	case <-time.After(patience):
		r.t.Fatal("nothing is reported")
	}
}

// leaf checks the file as a client would, and returns the certificate.
func (r *run) leaf(roots *x509.CertPool, names ...string) *x509.Certificate {
	r.t.Helper()
	text, err := os.ReadFile(r.file)
	if err != nil {
		r.t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		r.t.Fatal(err)
	}
	chain := x509.NewCertPool()
	for _, der := range pair.Certificate[1:] {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			r.t.Fatal(err)
		}
		chain.AddCert(c)
	}
	for _, name := range names {
		if _, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: chain}); err != nil {
			r.t.Errorf("%s: %v", name, err)
		}
	}
	return pair.Leaf
}

// web is a web server that shows a directory.
func web(t *testing.T, address, dir string) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.FileServer(http.Dir(dir))}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		_ = s.Close()
		<-done
	})
}

// TestWays proves two names in each of the ways, and renews the certificate when it is old, and not before.
func TestWays(t *testing.T) {
	a := start(t, "127.0.0.1", 0)
	roots := a.roots(t)
	for _, test := range []struct {
		name string
		way  acmecert.Way
		at   string
	}{
		{"http", acmecert.HTTP, a.http}, {"tls-alpn", acmecert.TLSALPN, a.tls}, {"webroot", acmecert.Webroot, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := acmecert.Config{
				Names: []string{"a.example", "b.a.example"}, Email: "root@a.example", Directory: a.directory, Transport: a.transport,
				Storage: filepath.Join(t.TempDir(), "acme"), Way: test.way, Address: test.at,
			}
			if test.way == acmecert.Webroot {
				c.Webroot = t.TempDir()
				web(t, a.http, c.Webroot)
			}
			r := keep(t, c)
			r.stored()
			r.stop()
			first := r.leaf(roots, c.Names...)
			if info, err := os.Stat(r.file); err != nil || info.Mode() != 0o600 {
				t.Errorf("mode of the file = %v, %v; want 0600", info.Mode(), err)
			}

			c.Now = func() time.Time { return time.Now().Add(50 * 24 * time.Hour) }
			r = keep(t, c) // with the account and certificate that are there
			time.Sleep(200 * time.Millisecond)
			r.stop()
			if again := r.leaf(roots); !again.Equal(first) || len(r.notes)+len(r.reports) > 0 {
				t.Error("a certificate that was good for forty days was replaced")
			}

			c.Now = func() time.Time { return time.Now().Add(61 * 24 * time.Hour) }
			r = keep(t, c)
			r.stored()
			r.stop()
			if r.leaf(roots, c.Names...).Equal(first) {
				t.Error("a certificate that was good for a month was not replaced")
			}

			c.Now, c.Names = nil, append(c.Names, "c.example")
			r = keep(t, c)
			r.stored()
			r.leaf(roots, c.Names...)
			if test.way == acmecert.Webroot {
				left, err := filepath.Glob(filepath.Join(c.Webroot, ".well-known/acme-challenge/*"))
				if len(left) > 0 || err != nil {
					t.Errorf("left in the webroot: %q, %v", left, err)
				}
			}
		})
	}
}

// TestRefusals has the authority refuse in each of the ways that administrators meet. The report names the cure, and the old
// certificate stays.
func TestRefusals(t *testing.T) {
	a := start(t, "127.0.0.1", 0)
	c := acmecert.Config{
		Names: []string{"a.example"}, Directory: a.directory, Transport: a.transport,
		Storage: filepath.Join(t.TempDir(), "acme"), Address: a.http,
	}
	r := keep(t, c)
	r.stored()
	r.stop()
	old, err := os.ReadFile(r.file)
	if err != nil {
		t.Fatal(err)
	}
	c.Names = []string{"a.example", "none.example"}
	r = keep(t, c)
	r.fails("the authority says connection", "see that the DNS knows none.example", "the old one, for a.example, is good until",
		"next attempt in 1")
	r.stop()

	c.Names = []string{"a.example", "blocked.example"}
	r = keep(t, c)
	r.fails("the authority says rejectedIdentifier", "no certificates for this name")
	r.stop()

	c.Names = []string{"a.example", "b.example"}
	c.Way, c.Address = acmecert.TLSALPN, "127.0.0.1:0" // where it does not look
	r = keep(t, c)
	r.fails("the authority says unauthorized", "see that the authority finds port 443 of")
	r.stop()

	c.Way, c.Webroot = acmecert.Webroot, t.TempDir()
	r = keep(t, c)
	r.fails("the authority says connection", "http://", c.Webroot)
	r.stop()

	web(t, a.http, t.TempDir()) // which shows another directory
	r = keep(t, c)
	r.fails("the authority says unauthorized", "and not another server", c.Webroot)
	r.stop()

	c.Way, c.Address = acmecert.HTTP, a.http
	r = keep(t, c)
	r.fails("address already in use", "ACMEChallenge webroot:DIR", "next attempt in 1m")
	r.stop()

	a.stop()
	r = keep(t, c)
	r.fails("connection refused", "see that this machine can reach "+a.directory)
	r.stop()

	if now, err := os.ReadFile(r.file); !bytes.Equal(now, old) || err != nil {
		t.Errorf("the old certificate did not stay: %v", err)
	}
}

// TestStranger has an authority whose own certificate is nobody's.
func TestStranger(t *testing.T) {
	a := start(t, "127.0.0.1", 0)
	r := keep(t, acmecert.Config{
		Names: []string{"a.example"}, Directory: a.directory, Storage: filepath.Join(t.TempDir(), "acme"), Address: a.http,
	})
	r.fails("SSL_CERT_FILE", "there is none yet")
}
