package main

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pureftpd/internal/session"
)

// pairs makes aliases of names and directories.
func pairs(words ...string) (aliases []session.Alias) {
	for pair := range slices.Chunk(words, 2) {
		aliases = append(aliases, session.Alias{Name: pair[0], Dir: pair[1]})
	}
	return aliases
}

func TestParseAliases(t *testing.T) {
	x := strings.Repeat
	for _, test := range []struct {
		text string
		want []session.Alias
	}{
		{"", nil},
		{"# nothing but a remark", nil},
		{"# shared places\n\npub\n/srv/pub\nsp alias\n# between\n\n/srv/a b\n#", pairs("pub", "/srv/pub", "sp alias", "/srv/a b")},
		{"pub\n/srv/pub", pairs("pub", "/srv/pub")},             // no line feed at the end
		{"pub\n/a\npub\n/b\n", pairs("pub", "/a", "pub", "/b")}, // the first one counts
		{"pub\r\n/a\r\n\r\n", pairs("pub", "/a")},
		{" pub #1\n #x \n", pairs(" pub #1", " #x ")},
		{x("x", 255) + "\n" + x("d", 4096) + "\n", pairs(x("x", 255), x("d", 4096))},
		{"#" + x("x", 9000) + "\npub\n#" + x("y", 9000) + "\n/a\n", pairs("pub", "/a")},
	} {
		got, err := parseAliases("f", strings.NewReader(test.text))
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("parseAliases(%.40q) = %v, %v; want %v", test.text, got, err, test.want)
		}
	}
	for text, want := range map[string]string{
		"pub":                                `f:1: the alias "pub" has no directory after it`,
		"a\n/a\npub\n# b\n":                  `f:3: the alias "pub" has no directory after it`,
		"#\n" + x("x", 256) + "\n/a\n":       "f:2: the alias is longer than 255 bytes",
		"a\n\n" + x("x", 4097):               "f:3: the directory is longer than 4096 bytes",
		"a\x00\n/a\n":                        "f:1: a NUL byte",
		"a\n/a\x00/b\n":                      "f:2: a NUL byte",
		"a\n/a\n" + x("#\n", maxAliasFile/2): "f: longer than 1048576 bytes",
	} {
		got, err := parseAliases("f", strings.NewReader(text))
		if err == nil || err.Error() != want || got != nil {
			t.Errorf("parseAliases(%.40q) = %v, %v; want %s", text, got, err, want)
		}
	}
	if got, err := parseAliases("f", iotest.ErrReader(io.ErrUnexpectedEOF)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a file that cannot be read: %v, %v", got, err)
	}
}

func TestReadAliases(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"/good": "pub\n/a\n", "/other": "pub\n/b\n", "/bad": "pub\n"} {
		if err := os.WriteFile(dir+name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		files []string
		want  string // the directory of the alias, or the end of the error after "!"
	}{
		{nil, ""},
		{[]string{"/none", "/nothing"}, ""},
		{[]string{"/none", "/good", "/other"}, "/a"},
		{[]string{"/other", "/bad"}, "/b"},
		{[]string{"/bad", "/good"}, `!/bad:1: the alias "pub" has no directory after it`},
		{[]string{"/good/x", "/good"}, "!not a directory"},
		{[]string{"", "/good"}, "!is a directory"},
	} {
		var files []string
		for _, name := range test.files {
			files = append(files, dir+name)
		}
		aliases, err := readAliases(files)
		switch want, fails := strings.CutPrefix(test.want, "!"); {
		case fails && (err == nil || !strings.HasSuffix(err.Error(), want) || aliases != nil):
			t.Errorf("readAliases(%q) = %v, %v; want the error %q", test.files, aliases, err, want)
		case fails:
		case err != nil || want == "" && aliases != nil || want != "" && !slices.Equal(aliases, pairs("pub", want)):
			t.Errorf("readAliases(%q) = %v, %v; want pub for %q", test.files, aliases, err, want)
		}
	}
}

// FuzzParseAliases checks that what is read keeps the bounds, and is read again from what is written of it.
func FuzzParseAliases(f *testing.F) {
	for _, seed := range []string{"", "pub\n/a\n", "# x\n\npub\r\n#\n/a b", "a\n", "a\n\x00", strings.Repeat("x", 256) + "\n/a\n", "a\r\r\n \n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		aliases, err := parseAliases("f", strings.NewReader(text))
		if err != nil {
			if aliases != nil {
				t.Errorf("parseAliases(%q) = %v and the error %v", text, aliases, err)
			}
			return
		}
		var again strings.Builder
		for _, a := range aliases {
			if a.Name == "" || a.Dir == "" || len(a.Name) > maxAliasName || len(a.Dir) > maxAliasDir ||
				a.Name[0] == '#' || a.Dir[0] == '#' || strings.ContainsAny(a.Name+a.Dir, "\x00\n") {
				t.Errorf("parseAliases(%q) holds %q", text, a)
			}
			again.WriteString(a.Name + "\r\n# between\r\n\r\n" + a.Dir + "\r\n")
		}
		if got, err := parseAliases("f", strings.NewReader(again.String())); err != nil || !slices.Equal(got, aliases) {
			t.Errorf("parseAliases(%q) = %q, and written down again %q, %v", text, aliases, got, err)
		}
	})
}
