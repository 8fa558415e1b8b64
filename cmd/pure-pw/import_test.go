package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pureftpd/internal/passhash"
)

// The check before the hashing must not let anything pass that does not fit after it.
func TestRoomForAHash(t *testing.T) {
	hash, err := passhash.Make(strings.Repeat("x", passhash.MaxPassword-1), passhash.Cost{Memory: 65536, Passes: 1})
	if err != nil {
		t.Fatal(err)
	}
	const longestPasses = len("4294967295")
	if len(hash)+longestPasses > longestHash {
		t.Errorf("a hash has up to %d bytes; %d are kept for it", len(hash)+longestPasses, longestHash)
	}
	if passes, err := passesOf(hash); passes != 1 || err != nil {
		t.Errorf("passesOf(%q) = %d, %v; want 1", hash, passes, err)
	}
	if passes, err := passesOf("$1$abcdefgh$znAnv9M.XU2pRYfmSs46h/"); err == nil {
		t.Errorf("passesOf of another scheme = %d", passes)
	}
}

// All passwords get the hash that is theirs, whoever makes it.
func TestHashAll(t *testing.T) {
	inv := &invocation{options: options{logins: 64}}
	var accounts []*imported
	for i := range 9 {
		accounts = append(accounts, &imported{login: fmt.Sprint(i), password: fmt.Sprint("secret", i)})
	}
	accounts[3] = &imported{login: "3", hash: "as it is"}
	if err := inv.hashAll(accounts); err != nil {
		t.Fatal(err)
	}
	verifier := passhash.New(passhash.Config{})
	for i, a := range accounts {
		if i == 3 {
			if a.hash != "as it is" {
				t.Errorf("a hash became %q", a.hash)
			}
			continue
		}
		ok, err := verifier.Verify(t.Context(), a.hash, fmt.Sprint("secret", i))
		if !ok || err != nil || a.password != "" {
			t.Errorf("account %d has %+v: %v", i, a, err)
		}
	}
	accounts[7].password = "no client can send\x00"
	if err := inv.hashAll(accounts); statusOf(err) != statusPassword || !strings.Contains(err.Error(), "of 7") {
		t.Errorf("hashAll = %v; want an error that names the account", err)
	}
}

// output returns what fn writes to standard error.
func output(t *testing.T, fn func(*invocation)) string {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	fn(&invocation{system: system{err: f}})
	text, readErr := os.ReadFile(f.Name())
	if err := errors.Join(readErr, f.Close()); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMistakesAreInOrderAndBounded(t *testing.T) {
	m := &mistakes{file: "f"}
	m.add(2, fail(statusRewrite, "second"))
	m.add(1, errors.New("first"))
	if m.status != statusOption|statusRewrite {
		t.Errorf("status = %d; want both", m.status)
	}
	for range mostMistakes {
		m.add(3, errors.New("third"))
	}
	text := output(t, func(inv *invocation) {
		if err := m.report(inv); statusOf(err) != m.status || !strings.Contains(err.Error(), "102") {
			t.Errorf("report = %v", err)
		}
	})
	if !strings.HasPrefix(text, "pure-pw: f:1: first\npure-pw: f:2: second\npure-pw: f:3") ||
		strings.Count(text, "\n") != mostMistakes+1 || !strings.HasSuffix(text, "pure-pw: f: and 2 mistakes more\n") {
		t.Errorf("report writes\n%s", text)
	}
}

// FuzzReadRows checks that no file makes the reading fail otherwise than by a mistake in one of its lines, and that rows
// hold columns only.
func FuzzReadRows(f *testing.F) {
	for _, text := range []string{
		"login,password\nann,\"a\nb\"\nbob,x,y\n", "\ufefflogin;uid\nann;1\n", "login,user,login\n", "login\n\"a\"b",
		`[{"login":"ann","uid":1,"local_allow":["a","b"]},{"login":null}]`, "{\"login\":\"a\"}\n{\"login\":\"b\"}",
		`{"login":{"a":[1]},"login":true,"x":1}`, "[[]]", "[{}", "[]\n1", "{\"login\"\n:\"\xff\"}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := &mistakes{}
		rows := readRows(data, m)
		accounts := understand(rows, m)
		last := 1 + strings.Count(string(data), "\n")
		for _, found := range m.all {
			if found.line < 1 || found.line > last || m.status == 0 {
				t.Errorf("a mistake in line %d of %d: %s", found.line, last, found.text)
			}
		}
		for _, r := range rows {
			for name := range maps.Keys(r.fields) {
				if !isColumn(name) && !r.broken {
					t.Errorf("a row without mistakes has a column %q", name)
				}
			}
			if r.line < 1 || r.line > last {
				t.Errorf("a row in line %d of %d", r.line, last)
			}
		}
		seen := map[string]bool{}
		for _, a := range accounts {
			if a.login == "" || seen[a.login] {
				t.Errorf("the login %q is missing or there twice", a.login)
			}
			seen[a.login] = true
		}
		if len(accounts) < len(rows) && len(m.all) == 0 {
			t.Errorf("%d rows make %d accounts, and nothing is said", len(rows), len(accounts))
		}
	})
}
