package main

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

func parsed(t *testing.T, command string, args ...string) (*invocation, error) {
	t.Helper()
	c, ok := findCommand(command)
	if !ok {
		t.Fatalf("findCommand(%q) finds none", command)
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = null.Close() })
	inv := &invocation{command: c, system: system{err: null, getenv: func(string) string { return "" }, conf: "/etc"}}
	return inv, inv.parse(args)
}

func TestWordRule(t *testing.T) {
	for _, test := range []struct {
		args       []string
		word, text string
	}{
		{nil, "", "/etc/pureftpd.passwd"},
		{[]string{"joe", "-f", "F"}, "joe", "F"},
		{[]string{"-f", "F"}, "-f", "/etc/pureftpd.passwd"},
		{[]string{"-fF", "-fG"}, "-fF", "G"},
		{[]string{"--", "joe", "-fF"}, "--", "F"},
		{[]string{"--json", "joe", "-fF"}, "joe", "F"},
		{[]string{"--quiet", "-f", "F", "joe", "ann"}, "joe", "F"},
		{[]string{"--jso", "joe"}, "--jso", "/etc/pureftpd.passwd"},
		{[]string{"", "-f", "F"}, "", "F"},
		{[]string{"joe", "ann", "-f", "F"}, "joe", "F"},
	} {
		inv, err := parsed(t, "show", test.args...)
		if err != nil || inv.word != test.word || inv.text() != test.text {
			t.Errorf("parse(%q) = %q, %q, %v; want %q, %q", test.args, inv.word, inv.text(), err, test.word, test.text)
		}
	}
}

func TestDefaultFiles(t *testing.T) {
	inv := &invocation{system: system{conf: "/etc/x", getenv: func(name string) string {
		return map[string]string{"PURE_DBFILE": "/env.pdb", "PURE_PASSWDFILE": ""}[name]
	}}}
	if got := inv.text(); got != "/etc/x/pureftpd.passwd" {
		t.Errorf("text() = %q; want the default", got)
	}
	if got := inv.database(); got != "/env.pdb" {
		t.Errorf("database() = %q; want that of the environment", got)
	}
	inv.options.database = path{given: true, path: "F"}
	if got := inv.database(); got != "F" {
		t.Errorf("database() = %q; want that of -F", got)
	}
}

// TestFlagsAreRight looks at the rows of all options.
func TestFlagsAreRight(t *testing.T) {
	for _, c := range commands() {
		seen := make(map[string]bool)
		for _, f := range append(append(letters(), commonFlags()...), c.flags...) {
			name := string(rune(f.short)) + f.long
			if seen[name] {
				t.Errorf("%s: %q stands in two rows", c.name, name)
			}
			seen[name] = true
			if f.set == nil || f.help == "" || strings.HasSuffix(f.help, ".") || (f.arg == 0) != (f.value == "") {
				t.Errorf("%s: the row of %q is not complete", c.name, name)
			}
		}
	}
}

// FuzzParse checks that every command line is understood or refused with a status, and that the first word is
// the login unless it is one of our options.
func FuzzParse(f *testing.F) {
	f.Add("joe\x00-u5\x00-g\x006\x00-d/h")
	f.Add("--password-stdin\x00joe")
	f.Add("joe\x00-z0900-1800\x00-r10.0.0.0/8\x00-M1")
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Split(line, "\x00")
		inv, err := parsed(t, "useradd", args...)
		refusals := []status{statusOption, statusID, statusHome}
		if err != nil && !errors.Is(err, errUsage) && !slices.Contains(refusals, statusOf(err)) {
			t.Fatalf("parse(%q) = %v with status %d", args, err, statusOf(err))
		}
		if err == nil && !strings.HasPrefix(args[0], "--") && inv.word != args[0] {
			t.Fatalf("parse(%q): the login is %q; want the first word", args, inv.word)
		}
	})
}
