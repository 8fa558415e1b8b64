package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pureftpd/internal/passwdfile"
)

// accepting is a converter that knows two hashes and takes every home but /no for one.
func accepting() *converter {
	return &converter{
		shells: map[string]bool{"/bin/sh": true},
		hashes: map[string]string{"ann": "$6$salt$hash", "des": "abNANd1rDfiNc"},
		isDir:  func(name string) bool { return name != "/no" },
		seen:   map[string]bool{},
	}
}

func TestLine(t *testing.T) {
	for _, test := range []struct{ text, want, mistake string }{
		{"ann:x:5:6:Ann,room:/a:/bin/sh", "ann:$6$salt$hash:5:6:Ann:/a/./", ""},
		{" \tann:x:5:6::/:FTP", "ann:$6$salt$hash:5:6:://./", ""},
		{"des:$1$x:5:6::/a/:ftp", "des:*:5:6::/a//./", ""},
		{"bob:$1$x:5:6::/a:ftp", "bob:$1$x:5:6::/a/./", ""},
		{"bob:!$1$x:5:6::/a/./b:ftp", "bob:*:5:6::/a/./b/./", ""},
		{"bob:x:5:6::/no:/bin/sh", "", ""},
		{"bob:x:5:6::/a:/bin/SH", "", ""},
		{"bob:x:5:6::/a:", "", ""},
		{"bob:x:0:6::/a:/bin/sh", "", ""},
		{"bob:x:5:0::/a:/bin/sh", "", ""},
		{"", "", ""},
		{"# bob:x:5:5::/a:/bin/sh", "", ""},
		{"bob:x:5:6::a:/bin/sh", "", "not an absolute path"},
		{"bob:x:5:6:::/bin/sh", "", "not an absolute path"},
		{":x:5:6::/a:/bin/sh", "", "login"},
		{"bob:x:5:6:a\rb:/a:/bin/sh", "", "gecos"},
		{"bob:x:5:6::/a\x00:/bin/sh", "", "home"},
		{"bob:x:4294967295:6::/a:/bin/sh", "", "uid"},
		{"bob:x:4294967296:6::/a:/bin/sh", "", "uid or gid"},
		{"bob:x:-1:6::/a:/bin/sh", "", "uid or gid"},
		{"bob:x::6::/a:/bin/sh", "", "uid or gid"},
		{"bob:x:5:6::/a", "", "number of fields"},
		{"bob:x:5:6::/a:/bin/sh:more", "", "number of fields"},
		{"+bob::::::", "", "NIS"},
		{"bob:x:5:6::/" + strings.Repeat("a", passwdfile.MaxLine) + ":/bin/sh", "", "longer"},
	} {
		got, err := accepting().line(test.text)
		if got != test.want || (err == nil) != (test.mistake == "") ||
			err != nil && !strings.Contains(err.Error(), test.mistake) {
			t.Errorf("line(%.60q) = %q, %v; want %q, %q", test.text, got, err, test.want, test.mistake)
		}
	}
}

func TestParseShells(t *testing.T) {
	const text = "# /bin/no\n  /bin/sh # the shell\nx /usr/bin/odd  /bin/second\n/\n\n/bin/last"
	got := slices.Sorted(maps.Keys(parseShells(text)))
	if want := []string{"/bin/last", "/bin/sh", "/usr/bin/odd"}; !slices.Equal(got, want) {
		t.Errorf("parseShells = %q; want %q", got, want)
	}
}

// FuzzLine checks that a virtual user made of an account is one, with the account's name, identity and home, and that
// nothing but a hash opens it.
func FuzzLine(f *testing.F) {
	for _, seed := range []string{
		"ann:x:5:6:Ann,room:/a:/bin/sh", "bob:$1$x:5:6::/a:ftp", "+", "a:b:c", "x:*:7:7:\r:/:FTP",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := accepting()
		line, err := c.line(text)
		if err != nil || line == "" {
			return
		}
		a, err := parseAccount(text)
		if err != nil {
			t.Fatalf("line(%q) = %q, but the account is wrong: %v", text, line, err)
		}
		user, err := passwdfile.ParseLine(line)
		if err != nil || strings.ContainsAny(line, "\r\n") {
			t.Fatalf("line(%q) = %q, which is no virtual user: %v", text, line, err)
		}
		if user.Login != a.login || user.UID != a.uid || user.GID != a.gid || user.Home != a.home+"/./" ||
			user.Hash != locked && user.Hash[0] != '$' {
			t.Errorf("line(%q) = %q", text, line)
		}
		if again, err := c.line(text); err == nil {
			t.Errorf("line(%q) = %q a second time", text, again)
		}
	})
}

// FuzzParseShadow checks that a login and a hash are what stands before the first and second colon.
func FuzzParseShadow(f *testing.F) {
	for _, seed := range []string{"ann:$6$salt$hash:20000:0:99999:7:::", "# ann", "ann", "\tann:*:::::::"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		login, hash, err := parseShadow(text)
		if err != nil && hash != "" {
			t.Errorf("parseShadow(%q) = %q beside %v", text, hash, err)
		}
		if err == nil && (login != "" || hash != "") &&
			!strings.HasPrefix(strings.TrimLeft(text, " \t"), login+":"+hash+":") {
			t.Errorf("parseShadow(%q) = %q, %q", text, login, hash)
		}
	})
}
