package tlsconf

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A reloading is a server whose files are looked at in every handshake.
type reloading struct {
	t    *testing.T
	s    *Server
	log  said
	path string
	dir  string
}

func newReloading(t *testing.T, edit func(*Config)) *reloading {
	t.Helper()
	r := &reloading{t: t, dir: t.TempDir()}
	r.path = put(t, in(r.dir, "main.pem"), bearing(t, "first"))
	c := Config{Certificate: r.path, Now: today, Report: r.log.report}
	if edit != nil {
		edit(&c)
	}
	var err error
	if r.s, err = New(c); err != nil {
		t.Fatal(err)
	}
	r.eager()
	r.log.take()
	return r
}

// eager drops the pause between two looks.
func (r *reloading) eager() {
	r.s.store.mu.Lock()
	defer r.s.store.mu.Unlock()
	r.s.store.spacing, r.s.store.next = -time.Hour, time.Time{} // also against looks that take long
}

// look is what a handshake does, and the name of the certificate it shows.
func (r *reloading) look() string {
	r.t.Helper()
	r.eager()
	return seen(r.t, r.s.Session(anywhere(), anywhere()), clientConfig(0))
}

// bearing is a file with a certificate of this name.
func bearing(t testing.TB, name string) []byte {
	t.Helper()
	return issue(t, nil, request{name: name, dns: []string{"ftp.example.com"}}).both(t)
}

func TestReload(t *testing.T) {
	r := newReloading(t, nil)
	if got := r.look(); got != "first" {
		t.Fatalf("shows %s", got)
	}
	put(t, r.path, bearing(t, "second"))
	if got := r.look(); got != "second" {
		t.Errorf("after a change: shows %s", got)
	}
	if lines := r.log.take(); len(lines) != 1 || !strings.Contains(lines[0], "the new certificate is in use") {
		t.Errorf("reported: %q", lines)
	}
}

// Whatever happens to the file, the old certificate stays in use; the fault is reported once, at the second look that finds
// it, and again when it is another one.
func TestBrokenReloadKeepsOld(t *testing.T) {
	expired := server()
	expired.from, expired.to = today().AddDate(-2, 0, 0), today().AddDate(-1, 0, 0)
	other := issue(t, nil, server())
	for name, edit := range map[string]func(*reloading){
		"removed":   func(r *reloading) { _ = os.Remove(r.path) },
		"empty":     func(r *reloading) { put(t, r.path, nil) },
		"half":      func(r *reloading) { put(t, r.path, other.both(t)[:300]) },
		"no key":    func(r *reloading) { put(t, r.path, other.certPEM()) },
		"other key": func(r *reloading) { put(t, r.path, slicesOf(other.certPEM(), issue(t, nil, server()).keyPEM(t))) },
		"expired":   func(r *reloading) { put(t, r.path, issue(t, nil, expired).both(t)) },
		"directory": func(r *reloading) { _, _ = os.Remove(r.path), os.Mkdir(r.path, 0o700) },
	} {
		r := newReloading(t, nil)
		r.look()
		edit(r)
		for i := range 4 {
			if got := r.look(); got != "first" {
				t.Errorf("%s: shows %s", name, got)
			}
			lines := r.log.take()
			if i == 1 != (len(lines) == 1) || len(lines) == 1 && !strings.HasSuffix(lines[0], "; the old one stays in use") {
				t.Errorf("%s, look %d: reported %q", name, i, lines)
			}
		}
		_ = os.Remove(r.path) // another fault, but where it was this one
		r.look()
		r.look()
		if lines := r.log.take(); (name == "removed") != (len(lines) == 0) {
			t.Errorf("%s, then removed: reported %q", name, lines)
		}
		put(t, r.path, bearing(t, "mended"))
		if got := r.look(); got != "mended" {
			t.Errorf("%s: after the repair shows %s", name, got)
		}
		if lines := r.log.take(); len(lines) != 1 || !strings.Contains(lines[0], "the new certificate is in use") {
			t.Errorf("%s, repaired: reported %q", name, lines)
		}
	}
}

// Certificate and key that are replaced one after the other do not match for a moment, which is not worth a word.
func TestTwoFilesChangeOneAfterTheOther(t *testing.T) {
	dir := t.TempDir()
	first, second := issue(t, nil, request{name: "first", dns: []string{"x"}}), issue(t, nil, request{name: "second", dns: []string{"x"}})
	key := put(t, in(dir, "key.pem"), first.keyPEM(t))
	cert := put(t, in(dir, "cert.pem"), first.certPEM())
	r := newReloading(t, func(c *Config) { c.Certificate, c.Key = cert, key })
	put(t, key, second.keyPEM(t))
	if got := r.look(); got != "first" {
		t.Errorf("with one file changed: shows %s", got)
	}
	put(t, cert, second.certPEM())
	if got := r.look(); got != "second" {
		t.Errorf("with both changed: shows %s", got)
	}
	if lines := r.log.take(); len(lines) != 1 || !strings.Contains(lines[0], "the new certificate is in use") {
		t.Errorf("reported: %q", lines)
	}
}

// An expired certificate gives way to another expired one: it may at least have the right names.
func TestReloadOfExpired(t *testing.T) {
	old := request{name: "old", dns: []string{"x"}, from: today().AddDate(-2, 0, 0), to: today().AddDate(-1, 0, 0)}
	r := newReloading(t, func(c *Config) { put(t, c.Certificate, issue(t, nil, old).both(t)) })
	old.name = "newer"
	put(t, r.path, issue(t, nil, old).both(t))
	if got := r.look(); got != "newer" {
		t.Errorf("shows %s", got)
	}
}

func TestReloadOfDirectory(t *testing.T) {
	dir := t.TempDir()
	write := func(name, common string) {
		put(t, in(dir, name), issue(t, nil, request{name: common, dns: []string{"a.example.com"}}).both(t))
	}
	r := newReloading(t, func(c *Config) { c.Directory = dir })
	shows := func(want string) {
		t.Helper()
		r.eager()
		client := clientConfig(0)
		client.ServerName = "a.example.com"
		if got := seen(t, r.s.Session(anywhere(), anywhere()), client); got != want {
			t.Errorf("shows %s; want %s", got, want)
		}
	}
	reported := func(want ...string) {
		t.Helper()
		if lines := r.log.take(); !slices.EqualFunc(lines, want, strings.Contains) {
			t.Errorf("reported %q; want %q", lines, want)
		}
	}
	shows("first")
	write("a.pem", "A1")
	shows("A1")
	reported()
	write("a.pem", "A2")
	shows("A2")
	reported("the new certificate is in use")
	put(t, in(dir, "a.pem"), []byte("rubbish"))
	put(t, in(dir, "new.pem"), []byte("rubbish"))
	shows("A2")
	reported()
	shows("A2")
	shows("A2")
	reported("a.pem: not a PEM file; it should hold lines that begin with -----BEGIN CERTIFICATE-----; the old one stays in use",
		"new.pem: not a PEM file; it should hold lines that begin with -----BEGIN CERTIFICATE-----; it is not used until then")
	if err := os.Remove(in(dir, "a.pem")); err != nil {
		t.Fatal(err)
	}
	shows("first")
	shows("first")
	reported()
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	shows("first")
	shows("first")
	reported("no such file or directory; create it, or name the right one; the old certificates stay in use")
}

func TestReloadOfClientCA(t *testing.T) {
	oldCA, newCA := issue(t, nil, request{name: "Old CA", ca: true}), issue(t, nil, request{name: "New CA", ca: true})
	ca := put(t, in(t.TempDir(), "ca.pem"), oldCA.certPEM())
	r := newReloading(t, func(c *Config) { c.Clients, c.ClientCA = ClientsMust, ca })
	admits := func(issuer *holder) bool {
		r.eager()
		client := clientConfig(tls.VersionTLS13)
		client.Certificates = []tls.Certificate{tlsCert(issue(t, issuer, request{name: "ann", client: true}))}
		return shake(t, r.s.Session(anywhere(), anywhere()).Control, client).serverErr == nil
	}
	if !admits(oldCA) || admits(newCA) {
		t.Fatal("before the change")
	}
	put(t, ca, newCA.certPEM())
	if admits(oldCA) || !admits(newCA) {
		t.Error("after the change the old authority counts, or the new one does not")
	}
	put(t, ca, nil)
	for range 2 {
		if !admits(newCA) {
			t.Error("an empty file made the authority forgotten")
		}
	}
	if lines := r.log.take(); len(lines) != 1 || !strings.HasSuffix(lines[0], "the old ones stay in use") {
		t.Errorf("reported %q", lines)
	}
}

// The certificate is swapped a hundred times while clients come and go, and none of them fails.
func TestReloadUnderLoad(t *testing.T) {
	const swaps, clients = 100, 4
	r := newReloading(t, nil)
	texts := [][]byte{bearing(t, "even"), bearing(t, "odd")}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var done, failed atomic.Int64
	shown := sync.Map{}
	for i := range clients {
		wg.Go(func() {
			config := clientConfig([]uint16{tls.VersionTLS12, tls.VersionTLS13}[i%2])
			for ctx.Err() == nil {
				r.eager()
				session := r.s.Session(anywhere(), anywhere())
				config.ClientSessionCache = tls.NewLRUClientSessionCache(4)
				control := shake(t, session.Control, config)
				data := shake(t, session.Data, config)
				if control.serverErr != nil || control.clientErr != nil || data.serverErr != nil || data.clientErr != nil ||
					!data.server.DidResume {
					failed.Add(1)
					t.Errorf("control %v, %v; data %v, %v, resumed %v", control.serverErr, control.clientErr, data.serverErr,
						data.clientErr, data.server.DidResume)
					return
				}
				shown.Store(control.client.PeerCertificates[0].Subject.CommonName, true)
				done.Add(1)
			}
		})
	}
	for i := range swaps {
		put(t, r.path, texts[i%2])
		for before := done.Load(); done.Load() < before+2 && failed.Load() == 0; {
			time.Sleep(time.Millisecond) // until sessions have begun with it
		}
	}
	stop()
	wg.Wait()
	swapped := 0
	for _, line := range r.log.take() {
		if !strings.Contains(line, "the new certificate is in use") {
			t.Errorf("reported %q", line)
		}
		swapped++
	}
	if swapped < swaps*9/10 {
		t.Errorf("%d of %d swaps were seen in %d sessions", swapped, swaps, done.Load())
	}
	for _, name := range []string{"even", "odd"} {
		if _, ok := shown.Load(name); !ok {
			t.Errorf("no client has seen the certificate %s", name)
		}
	}
}

// Between two looks lies a second, however many handshakes there are.
func TestLooksAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		looks := 0
		s, err := New(Config{
			Certificate: put(t, in(dir, "a.pem"), bearing(t, "first")), Now: today,
			Stat: func(path string) (os.FileInfo, error) { looks++; return os.Stat(path) },
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			for range 100 {
				s.refresh()
			}
			time.Sleep(time.Second)
		}
		if looks < 3 || looks > 5 {
			t.Errorf("%d looks in 5 seconds", looks)
		}
	})
}

// A certificate that runs out while the server runs is announced once a day.
func TestDatesAreLookedAtDaily(t *testing.T) {
	now := today()
	r := newReloading(t, func(c *Config) { c.Now = func() time.Time { return now } })
	var days []string
	for hours := range 24 * 365 {
		now = today().Add(time.Duration(hours) * time.Hour)
		r.eager()
		r.s.refresh()
		for _, line := range r.log.take() {
			days = append(days, fmt.Sprintf("%d: %s", hours/24, line[len(r.path):]))
		}
	}
	if len(days) != 13 || days[0] != `352: : the certificate of "first" expires on 2027-05-01, in 13 days; renew it` {
		t.Errorf("%d announcements: %q", len(days), days)
	}
}
