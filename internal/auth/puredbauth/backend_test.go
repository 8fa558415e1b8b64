package puredbauth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/auth/backendtest"
	"pureftpd/internal/passhash"
	"pureftpd/internal/passwdfile"
	"pureftpd/internal/puredb"
)

const md5Secret = "$1$SBQ56/ff$rvzY4YFMELzUscTIBNcfa/" // of "secret"

// noHosts is a resolver that knows no name but one.
type noHosts struct{}

func (noHosts) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if host == "office.example" {
		return []netip.Addr{netip.MustParseAddr("192.0.2.2")}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// write puts records into a new file.
func write(t *testing.T, path string, records ...puredb.Record) {
	t.Helper()
	file, err := puredb.Encode(records)
	if err != nil {
		t.Fatal(err)
	}
	next := path + ".next"
	if err := os.WriteFile(next, file, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, path); err != nil {
		t.Fatal(err)
	}
}

// newBackend returns a backend over one record, whose login is joe, and the path of its file.
func newBackend(t *testing.T, value string) (b *Backend, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "users.pdb")
	write(t, path, puredb.Record{Key: "joe", Value: value})
	return New(Config{
		Path: path, Verifier: passhash.New(passhash.Config{}), Resolver: noHosts{}, Now: noon,
		Groups: func(uid uint32) ([]uint32, error) { return []uint32{uid + 1}, nil },
	}), path
}

func backendOf(t *testing.T, value string) *Backend {
	t.Helper()
	b, _ := newBackend(t, value)
	return b
}

// joe are credentials that fit, from 192.0.2.2 to 192.0.2.1.
func joe() auth.Credentials {
	return auth.Credentials{
		User: "joe", Password: "secret",
		Local: netip.MustParseAddrPort("192.0.2.1:21"), Remote: netip.MustParseAddrPort("192.0.2.2:40000"),
	}
}

func TestSuite(t *testing.T) {
	backendtest.Run(t, backendtest.Source{
		New: func(t *testing.T, v auth.Verifier, users []backendtest.User) auth.Backend {
			var records []puredb.Record
			for _, u := range users {
				value := fmt.Sprintf("%s:%d:%d::%s::::::::::::", u.Hash, u.UID, u.GID, u.Home)
				records = append(records, puredb.Record{Key: u.Name, Value: value})
			}
			path := filepath.Join(t.TempDir(), "users.pdb")
			write(t, path, records...)
			return New(Config{Path: path, Verifier: v})
		},
		NewBroken: func(t *testing.T, v auth.Verifier) auth.Backend {
			return New(Config{Path: filepath.Join(t.TempDir(), "missing.pdb"), Verifier: v})
		},
	})
}

func TestSuiteOfTheText(t *testing.T) {
	backendtest.Run(t, backendtest.Source{
		New: func(t *testing.T, v auth.Verifier, users []backendtest.User) auth.Backend {
			text := "# users\n"
			for _, u := range users {
				text += fmt.Sprintf("%s:%s:%d:%d::%s\n", u.Name, u.Hash, u.UID, u.GID, u.Home)
			}
			path := filepath.Join(t.TempDir(), "users.passwd")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			return New(Config{Source: &passwdfile.Index{Path: path}, Verifier: v})
		},
		NewBroken: func(t *testing.T, v auth.Verifier) auth.Backend {
			path := filepath.Join(t.TempDir(), "users.passwd")
			if err := os.WriteFile(path, []byte("joe:x:1:1::/joe\nann:x:1:1::ann\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			return New(Config{Source: &passwdfile.Index{Path: path}, Verifier: v})
		},
	})
}

// The accounts of the specification's vectors: what can be verified logs in, the rest says why not.
func TestHashesOfTheOriginal(t *testing.T) {
	b := New(Config{Path: "testdata/hashes.pdb", Verifier: passhash.New(passhash.Config{DES: true})})
	text, err := os.ReadFile("testdata/hashes.passwd")
	if err != nil {
		t.Fatal(err)
	}
	never := []string{"u_clear", "u_star", "u_bang", "u_star0"}
	for line := range strings.Lines(string(text)) {
		c := joe()
		c.User, _, _ = strings.Cut(line, ":")
		a, err := b.Authenticate(t.Context(), c)
		switch {
		case err == nil && slices.Contains(never, c.User):
			t.Errorf("%s logs in", c.User)
		case err == nil:
			if a.Name != c.User || a.UID != 2001 || a.GID != 2001 || a.Home != "/tmp/specB/home/joe/./" {
				t.Errorf("%s: %+v", c.User, a)
			}
		case !slices.Contains(never, c.User) || !errors.Is(err, auth.ErrRefused) ||
			!errors.Is(err, passhash.ErrScheme) && !errors.Is(err, passhash.ErrMalformed):
			t.Errorf("%s: Authenticate = %v", c.User, err)
		}
	}
}

func TestAccountOfALogin(t *testing.T) {
	for value, want := range map[string]account.Account{
		md5Secret + ":2001:2002::/srv/./joe": {
			Name: "joe", UID: 2001, GID: 2002, Groups: []uint32{2002}, Home: "/srv/./joe"},
		md5Secret + ":2001:2002:Joe:/home/joe:::::7:::::::": {
			Name: "joe", UID: 2001, GID: 2002, Groups: []uint32{2002}, Home: "/home/joe",
			Limits: account.Limits{MaxSessions: account.Limit{Set: true, N: 7}}},
		md5Secret + ":1:1::/x:0:0:0:5:0:::192.0.2.0/24:10.0.0.1:office.example:10.0.0.0/8,nowhere:0900-1800": {
			Name: "joe", UID: 1, GID: 1, Groups: []uint32{2}, Home: "/x",
			Limits: account.Limits{MaxSessions: account.Limit{Set: true}}},
		md5Secret + ":1:1::/x:20480:10240:1:3:4:100:5242880": {
			Name: "joe", UID: 1, GID: 1, Groups: []uint32{2}, Home: "/x", Limits: account.Limits{
				MaxSessions: account.Limit{Set: true, N: 4}, MaxFiles: account.Limit{Set: true, N: 100},
				MaxBytes: account.Limit{Set: true, N: 5242880}, UploadRate: 20480, DownloadRate: 10240,
				UploadRatio: 1, DownloadRatio: 3}},
		md5Secret + ":1:1::/x:0:100:0:3::0:0": { // a quota of 0 is one
			Name: "joe", UID: 1, GID: 1, Groups: []uint32{2}, Home: "/x", Limits: account.Limits{
				MaxFiles: account.Limit{Set: true}, MaxBytes: account.Limit{Set: true}, DownloadRate: 100}},
		md5Secret + ":1:1::/x:0:0:5:": { // half a ratio is none
			Name: "joe", UID: 1, GID: 1, Groups: []uint32{2}, Home: "/x"},
	} {
		a, err := backendOf(t, value).Authenticate(t.Context(), joe())
		if err != nil || !slices.Equal(a.Groups, want.Groups) {
			t.Errorf("%q: Authenticate = %+v, %v; want %+v", value, a, err, want)
		}
		a.Groups, want.Groups, want.LegacyHash = nil, nil, "MD5-crypt"
		if fmt.Sprint(a) != fmt.Sprint(want) {
			t.Errorf("%q: Authenticate = %+v; want %+v", value, a, want)
		}
	}
}

func TestRefusalNamesTheField(t *testing.T) {
	const base = md5Secret + ":2001:2002::/home/joe:"
	for value, want := range map[string]string{
		md5Secret + ":0:2002::/x":      "field 3 (uid)",
		md5Secret + ":2001:0::/x":      "field 4 (gid)",
		md5Secret + ":2001x:1::/x":     "field 3 (uid)",
		md5Secret + ":2001:1::":        "field 6 (home)",
		md5Secret + ":2001:1::home":    "field 6 (home)",
		md5Secret + ":2001":            "field 4 (gid)",
		md5Secret:                      "field 3 (uid)",
		base + "100k":                  "field 7 (upload bandwidth)",
		base + ":-1":                   "field 8 (download bandwidth)",
		base + "::1:3:5 ":              "field 11 (sessions)",
		base + ":::::1.5":              "field 12 (files quota)",
		base + "::::::x":               "field 13 (size quota)",
		base + "::::::::::::0900-1800": "a colon too many",
		base + "::::ten":               "field 11 (sessions)",
		base + ":::::::192.0.2.9":      "local address 192.0.2.1: not in the list",
		base + "::::::::192.0.2.1":     "local address 192.0.2.1: in the list of denied",
		base + ":::::::::192.0.2.0/0":  `"192.0.2.0/0" is not an address`,
		base + "::::::::::192.0.0.0/8": "client address 192.0.2.2: in the list of denied",
		base + ":::::::::::1300-1400":  "outside the hours",
		base + ":::::::::::noon":       "field 18 (time restrictions)",
	} {
		a, err := backendOf(t, value).Authenticate(t.Context(), joe())
		refusal, ok := errors.AsType[*auth.Refusal](err)
		if !ok || !strings.Contains(refusal.Reason, want) || a.UID != 0 {
			t.Errorf("%q: Authenticate = %+v, %v; want a refusal with %q", value, a, err, want)
		}
		wrong := joe()
		wrong.Password = "wrong"
		if _, err := backendOf(t, value).Authenticate(t.Context(), wrong); !errors.Is(err, auth.ErrRefused) ||
			strings.Contains(err.Error(), want) {
			t.Errorf("%q with a wrong password: Authenticate = %v; want a wrong password only", value, err)
		}
	}
}

func TestEditCountsAtOnce(t *testing.T) {
	b, path := newBackend(t, md5Secret+":2001:2002::/home/joe")
	if _, err := b.Authenticate(t.Context(), joe()); err != nil {
		t.Fatal(err)
	}
	write(t, path, puredb.Record{Key: "joe", Value: "*:2001:2002::/home/joe"})
	if _, err := b.Authenticate(t.Context(), joe()); !errors.Is(err, auth.ErrRefused) {
		t.Errorf("after the account was locked: Authenticate = %v", err)
	}
	write(t, path)
	if _, err := b.Authenticate(t.Context(), joe()); !errors.Is(err, auth.ErrUnknown) {
		t.Errorf("after the account was removed: Authenticate = %v", err)
	}
	if err := os.Truncate(path, 1031); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Authenticate(t.Context(), joe()); !errors.Is(err, auth.ErrBroken) {
		t.Errorf("after the file was cut: Authenticate = %v", err)
	}
}

// A damaged table means that the user is not here; the administrator reads why.
func TestDamagedTable(t *testing.T) {
	b, path := newBackend(t, md5Secret+":2001:2002::/home/joe")
	if err := os.Truncate(path, 1500); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Authenticate(t.Context(), joe()); !errors.Is(err, auth.ErrUnknown) ||
		!errors.Is(err, auth.ErrDamaged) || !errors.Is(err, puredb.ErrDamaged) {
		t.Errorf("Authenticate = %v; want ErrUnknown and ErrDamaged", err)
	}
}

func TestGroupsMustBeKnown(t *testing.T) {
	b := backendOf(t, md5Secret+":2001:2002::/home/joe")
	b.groups = func(uint32) ([]uint32, error) { return nil, os.ErrPermission }
	if _, err := b.Authenticate(t.Context(), joe()); !errors.Is(err, auth.ErrBroken) ||
		!errors.Is(err, os.ErrPermission) {
		t.Errorf("Authenticate = %v; want ErrBroken", err)
	}
}

// silent is a resolver that never answers.
type silent struct{}

func (silent) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestSilentResolverEndsInARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := backendOf(t, md5Secret+":1:1::/x::::::::::a.example,b.example")
		b.resolver = silent{}
		start := time.Now()
		_, err := b.Authenticate(t.Context(), joe())
		if took := time.Since(start); !errors.Is(err, auth.ErrRefused) || took != resolveTime {
			t.Errorf("Authenticate = %v after %v; want a refusal after %v", err, took, resolveTime)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.Authenticate(ctx, joe()); !errors.Is(err, context.DeadlineExceeded) ||
			errors.Is(err, auth.ErrRefused) {
			t.Errorf("Authenticate with a deadline = %v; want context.DeadlineExceeded", err)
		}
	})
}

func BenchmarkLogin(b *testing.B) {
	backend := New(Config{Path: "testdata/hashes.pdb", Verifier: passhash.New(passhash.Config{})})
	c := joe()
	for _, c.User = range []string{"u_md5", "u_argon2id"} {
		b.Run(c.User, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := backend.Authenticate(b.Context(), c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
