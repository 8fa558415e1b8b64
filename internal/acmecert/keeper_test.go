package acmecert

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"io/fs"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/crypto/acme"

	"pureftpd/internal/replace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// keeper makes one whose authority cannot be reached.
func keeper(t *testing.T, change func(*Config)) *Keeper {
	t.Helper()
	c := Config{
		Names: []string{"a.example", "b.example"}, Agreed: true, Directory: "https://ca.invalid/dir",
		Storage: filepath.Join(t.TempDir(), "acme"), Address: "127.0.0.1:0",
		Transport: refusing{},
	}
	if change != nil {
		change(&c)
	}
	k, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// refusing is a network without an authority.
type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// made is a certificate as an authority would issue it, or a self-signed one.
func made(t *testing.T, from, to time.Time, selfSigned bool, names ...string) *issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, NotBefore: from, NotAfter: to,
	}
	parent := leaf
	if !selfSigned {
		parent = &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}}
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, parent, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &issued{[][]byte{der}, parsed, key}
}

const day = 24 * time.Hour

func TestDue(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var now time.Time
	k := keeper(t, func(c *Config) { c.Now = func() time.Time { return now } })
	for _, test := range []struct {
		name string
		cert *issued
		at   time.Duration
		want string
	}{
		{"young", made(t, begin, begin.Add(90*day), false, "a.example", "b.example", "c.example"), 56 * day, ""},
		{"old", made(t, begin, begin.Add(90*day), false, "a.example", "b.example"), 60 * day, "it ends on 2026-04-01"},
		{"short", made(t, begin, begin.Add(6*day), false, "a.example", "b.example"), 4 * day, "it ends on"},
		{"name", made(t, begin, begin.Add(90*day), false, "a.example"), day, "b.example"},
		{"made here", made(t, begin, begin.Add(3650*day), true, "a.example", "b.example"), day, "self-signed"},
	} {
		now = begin.Add(test.at + time.Second)
		err := k.due(test.cert.leaf)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: due = %v; want %q", test.name, err, test.want)
		}
	}
}

// TestStep goes through what a keeper does without an authority: what is there stays, and the report says what clients see.
func TestStep(t *testing.T) {
	var reports []string
	k := keeper(t, func(c *Config) { c.Report = func(text string) { reports = append(reports, text) } })
	now := time.Now()
	step := func(least, most time.Duration, want string) {
		t.Helper()
		reports = nil
		pause := k.step(t.Context())
		all := strings.Join(reports, "\n")
		if pause < least || pause > most || !strings.Contains(all, want) || (want == "") != (all == "") || strings.Count(all, "\n") > 0 {
			t.Errorf("step = %v, reports %q; want %v to %v, and one line with %q", pause, reports, least, most, want)
		}
	}
	step(time.Minute, 66*time.Second, "there is none yet; next attempt in 1m")
	step(2*time.Minute, 132*time.Second, "connection refused; see that this machine can reach https://ca.invalid/dir")
	for range 20 {
		k.step(t.Context())
	}
	step(12*time.Hour, 14*time.Hour, "none yet")

	put := func(c *issued) {
		t.Helper()
		if err := k.store(c); err != nil {
			t.Fatal(err)
		}
	}
	put(made(t, now.Add(-80*day), now.Add(10*day), false, "a.example", "b.example"))
	k.failures = 0
	step(time.Minute, 66*time.Second, "the old one, for a.example, b.example, is good until")
	put(made(t, now.Add(-90*day), now.Add(-day), false, "a.example", "b.example"))
	step(time.Minute, time.Hour, "the old one ended on")
	put(made(t, now, now.Add(3650*day), true, "a.example"))
	step(time.Minute, time.Hour, "a self-signed one is used meanwhile")
	put(made(t, now, now.Add(90*day), false, "a.example", "b.example"))
	step(12*time.Hour, 12*time.Hour, "")
	put(made(t, now.Add(-time.Hour), now.Add(2*time.Hour), false, "a.example", "b.example"))
	step(50*time.Minute, time.Hour, "")

	k.unstored = made(t, now, now.Add(90*day), false, "a.example", "b.example") // of an attempt that could not store it
	if err := os.Remove(k.File()); err != nil {
		t.Fatal(err)
	}
	step(time.Minute, time.Minute, "")
	if leaf, err := k.stored(); err != nil || k.unstored != nil || leaf.NotAfter.Before(now.Add(89*day)) {
		t.Errorf("a certificate that could not be stored is lost: %v", err)
	}
}

// TestAnotherProcess has one that asks for the certificate already.
func TestAnotherProcess(t *testing.T) {
	k := keeper(t, func(c *Config) { c.Report = func(text string) { t.Errorf("reports %q", text) } })
	unlock, err := k.lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.lock(); !errors.Is(err, replace.ErrLocked) {
		t.Errorf("lock = %v; want %v", err, replace.ErrLocked)
	}
	if pause := k.step(t.Context()); pause != lockedPause {
		t.Errorf("step beside another process = %v; want %v", pause, lockedPause)
	}
	if err := unlock(); err != nil {
		t.Error(err)
	}
}

func TestRunEnds(t *testing.T) {
	k := keeper(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		k.Run(ctx)
	}()
	cancel()
	<-done
}

func TestStorage(t *testing.T) {
	calls := 0
	as := func(fn func() error) error {
		calls++
		return fn()
	}
	k := keeper(t, func(c *Config) { c.As = as })
	if err := k.store(made(t, time.Now(), time.Now().Add(day), false, "a.example")); err != nil {
		t.Fatal(err)
	}
	if calls != 2 {
		t.Errorf("%d accesses to files through As; want 2", calls)
	}
	for path, want := range map[string]fs.FileMode{
		k.home():                               fs.ModeDir | 0o700,
		k.File():                               0o600,
		filepath.Join(k.home(), "account.key"): 0o600,
	} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("mode of %s = %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
	again, err := New(k.Config)
	if err != nil || !again.account.Equal(k.account) {
		t.Errorf("the account's key does not survive: %v", err)
	}
	if err := os.WriteFile(filepath.Join(k.home(), "account.key"), []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(k.Config); err == nil || !strings.Contains(err.Error(), "remove it, and a new account is made") {
		t.Errorf("New with a broken key = %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(k.home(), ".*")); len(left) > 0 || err != nil {
		t.Errorf("left: %q, %v", left, err)
	}
}

// TestCheckOfWhatIsSent holds what an authority must not get into the file.
func TestCheckOfWhatIsSent(t *testing.T) {
	k := keeper(t, nil)
	now := time.Now()
	good := made(t, now.Add(-time.Hour), now.Add(day), false, "a.example", "b.example")
	other := made(t, now, now.Add(day), false, "a.example", "b.example")
	for name, test := range map[string]struct {
		cert  *issued
		chain [][]byte
		want  string
	}{
		"good":       {good, good.chain, ""},
		"with chain": {good, append(good.chain[:1:1], other.chain...), ""},
		"nothing":    {good, nil, "empty"},
		"junk":       {good, [][]byte{[]byte("junk")}, "malformed"},
		"junk chain": {good, append(good.chain[:1:1], []byte("junk")), "malformed"},
		"key":        {&issued{key: other.key}, good.chain, "another key"},
		"name":       {nil, nil, "b.example"},
		"ended":      {nil, nil, "clock is wrong"},
	} {
		switch name {
		case "name":
			test.cert = made(t, now, now.Add(day), false, "a.example")
			test.chain = test.cert.chain
		case "ended":
			test.cert = made(t, now.Add(-2*day), now.Add(-day), false, "a.example", "b.example")
			test.chain = test.cert.chain
		}
		_, err := k.check(test.chain, test.cert.key)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: check = %v; want %q", name, err, test.want)
		}
	}
}

// client is one of an account, for proofs.
func client(k *Keeper) *acme.Client { return &acme.Client{Key: k.account} }

func TestServe(t *testing.T) {
	var address string
	k := keeper(t, func(c *Config) {
		c.Listen = func(ctx context.Context, at string) (net.Listener, error) {
			l, err := new(net.ListenConfig).Listen(ctx, "tcp", at)
			if err == nil {
				address = l.Addr().String()
			}
			return l, err
		}
	})
	withdraw, err := k.present(t.Context(), client(k), "a.example", "to-ken_1")
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	want, err := client(k).HTTP01ChallengeResponse("to-ken_1")
	if err != nil {
		t.Fatal(err)
	}
	for path, status := range map[string]int{
		"/.well-known/acme-challenge/to-ken_1": 200, "/.well-known/acme-challenge/other": 404, "/": 404,
	} {
		res, err := web.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			t.Error(err)
		}
		if res.StatusCode != status || (status == 200) != (string(body) == want) {
			t.Errorf("%s: %d, %q; want %d", path, res.StatusCode, body, status)
		}
	}
	if err := withdraw(); err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("the port stays open")
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	k.Address = address
	if _, err := k.present(t.Context(), client(k), "a.example", "t"); err == nil || !strings.Contains(err.Error(), "ACMEChallenge webroot:") {
		t.Errorf("present where another server listens = %v; want the cure", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestHandshakes(t *testing.T) {
	var address string
	k := keeper(t, func(c *Config) {
		c.Way = TLSALPN
		c.Listen = func(ctx context.Context, at string) (net.Listener, error) {
			l, err := new(net.ListenConfig).Listen(ctx, "tcp", at)
			if err == nil {
				address = l.Addr().String()
			}
			return l, err
		}
	})
	withdraw, err := k.present(t.Context(), client(k), "a.example", "token")
	if err != nil {
		t.Fatal(err)
	}
	silent, err := net.Dial("tcp", address) // must not keep withdraw waiting
	if err != nil {
		t.Fatal(err)
	}
	for _, protos := range [][]string{{acme.ALPNProto}, {"http/1.1"}, nil} {
		conn, err := tls.Dial("tcp", address, &tls.Config{ServerName: "a.example", NextProtos: protos, InsecureSkipVerify: true})
		if authority := len(protos) == 1 && protos[0] == acme.ALPNProto; authority != (err == nil) {
			t.Errorf("a client that speaks %q: %v", protos, err)
		}
		if err == nil {
			_ = conn.Close()
		}
	}
	begun := time.Now()
	if err := withdraw(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took > visit/2 {
		t.Errorf("withdraw took %v", took)
	}
	_ = silent.Close()
}

func TestWebroot(t *testing.T) {
	dir := t.TempDir()
	k := keeper(t, func(c *Config) { c.Way, c.Webroot = Webroot, dir })
	withdraw, err := k.present(t.Context(), client(k), "a.example", "token")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, webrootFolder, "token")
	text, err := os.ReadFile(path)
	if want, _ := client(k).HTTP01ChallengeResponse("token"); string(text) != want || err != nil {
		t.Errorf("the file holds %q, %v; want %q", text, err, want)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o644 {
		t.Errorf("mode of the file = %v, %v; want one that web servers can read", info.Mode(), err)
	}
	if err := withdraw(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file stays: %v", err)
	}
	for _, token := range []string{"", "..", "a/b", "a\x00", "ä", strings.Repeat("a", 256)} {
		if _, err := k.present(t.Context(), client(k), "a.example", token); err == nil {
			t.Errorf("the token %q became a file", token)
		}
	}
}

// TestWebrootOfAnother has links in the webroot that would lead the server, which may be root, to somewhere else.
func TestWebrootOfAnother(t *testing.T) {
	outside := t.TempDir()
	for name, link := range map[string]string{"above": ".well-known", "folder": webrootFolder, "file": webrootFolder + "/token"} {
		dir := t.TempDir()
		k := keeper(t, func(c *Config) { c.Way, c.Webroot = Webroot, dir })
		if err := os.RemoveAll(filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(outside, "acme-challenge"), filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
		if _, err := k.present(t.Context(), client(k), "a.example", "token"); err == nil {
			t.Errorf("%s: a link was followed", name)
		}
	}
	if left, err := os.ReadDir(outside); len(left) > 0 || err != nil {
		t.Errorf("outside: %v, %v", left, err)
	}
}

func TestExplain(t *testing.T) {
	c := Config{Names: []string{"a.example", "b.example"}, Address: ":80"}
	problem := func(kind string) *acme.Error {
		return &acme.Error{StatusCode: 400, ProblemType: "urn:ietf:params:acme:error:" + kind, Detail: "de\ntail"}
	}
	for _, test := range []struct {
		err  error
		way  Way
		want string
	}{
		{&stepError{"challenge", "b.example", &acme.AuthorizationError{Errors: []error{problem("connection")}}}, HTTP,
			"the authority says connection: de tail; see that the DNS knows b.example, with the address of this machine, " +
				"and that firewall and router let the authority reach port 80 of b.example at :80"},
		{&stepError{"challenge", "b.example", &acme.AuthorizationError{Errors: []error{problem("unauthorized")}}}, Webroot,
			"finds http://b.example/.well-known/acme-challenge/ from /var/www"},
		{&stepError{"challenge", "b.example", &acme.AuthorizationError{Errors: []error{problem("tls")}}}, TLSALPN, "port 443 of b.example"},
		{&stepError{"challenge", "b.example", &acme.AuthorizationError{Errors: []error{problem("dns")}}}, HTTP, "the DNS knows b.example"},
		{&stepError{"order", "", problem("rateLimited")}, HTTP, "staging"},
		{&stepError{"order", "", &acme.OrderError{Problem: problem("caa")}}, HTTP, "CAA"},
		{&stepError{"account", "", problem("externalAccountRequired")}, HTTP, "choose another"},
		{&stepError{"order", "", x509.UnknownAuthorityError{}}, HTTP, "SSL_CERT_FILE"},
		{&stepError{"order", "", &net.OpError{Op: "dial", Err: &net.DNSError{Err: "x"}}}, HTTP, "look up names"},
		{&stepError{"order", "", context.DeadlineExceeded}, HTTP, "took too long"},
	} {
		c.Way, c.Webroot = test.way, "/var/www"
		if got := explain(test.err, c); !strings.Contains(got, test.want) || strings.ContainsAny(got, "\n\t") {
			t.Errorf("explain(%v) = %q; want %q in it", test.err, got, test.want)
		}
	}
}

// TestPause holds how often an authority is asked: one that refuses counts.
func TestPause(t *testing.T) {
	k := keeper(t, nil)
	k.early = 0
	limited := &acme.Error{ProblemType: "urn:ietf:params:acme:error:rateLimited", Header: http.Header{"Retry-After": {"172800"}}}
	refused := &acme.AuthorizationError{Errors: []error{&acme.Error{ProblemType: "urn:ietf:params:acme:error:dns"}}}
	for _, test := range []struct {
		err      error
		failures int
		want     time.Duration
	}{
		{errors.New("no network"), 1, time.Minute},
		{errors.New("no network"), 3, 4 * time.Minute},
		{errors.New("no network"), 1000, 12 * time.Hour},
		{refused, 1, 10 * time.Minute},
		{refused, 2, 20 * time.Minute},
		{refused, 100, 12 * time.Hour},
		{&stepError{"order", "", limited}, 1, 48 * time.Hour},
	} {
		k.failures = test.failures
		if got := k.pause(test.err); got != test.want {
			t.Errorf("pause after %d failures, %v = %v; want %v", test.failures, test.err, got, test.want)
		}
	}
}
