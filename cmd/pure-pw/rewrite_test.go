package main

import (
	"bytes"
	"strings"
	"testing"

	"pureftpd/internal/passwdfile"
)

func TestWithoutReadsLongLinesAsTheOriginal(t *testing.T) {
	head := "long:" + strings.Repeat("x", passwdfile.MaxLine-len("long:"))
	for _, test := range []struct{ name, text, login, want string }{
		{"the rest of a long line", head + "joe:H:1:1::/h\nann:H\n", "joe", head + "\nann:H\n"},
		{"the rest of a long line without end", head + "joe:H", "joe", head},
		{"a long line with all that follows", head + "joe:H:1:1::/h\nann:H\n", "long", "ann:H\n"},
		{"not the middle", head[:2000] + "joe:H\n", "joe", head[:2000] + "joe:H\n"},
		{"a login that is a pattern", "a.c:H\nabc:H\n", "a.c", "abc:H\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, _ := without([]byte(test.text), test.login); string(got) != test.want {
				t.Errorf("without(%q) = %q; want %q", test.login, got, test.want)
			}
		})
	}
}

// FuzzWithout checks that no line of the login is left for those who read the text, and that the others are
// as they were.
func FuzzWithout(f *testing.F) {
	f.Add([]byte("joe:H:1:1::/h\n# joe:\n\nann:x\r\njoe:second"), "joe")
	f.Add([]byte(strings.Repeat("x", passwdfile.MaxLine)+"joe:H\nann:H\n"), "joe")
	f.Fuzz(func(t *testing.T, text []byte, login string) {
		if login == "" || strings.ContainsAny(login, ":\r\n\x00#") || len(login) > 100 {
			return
		}
		rest, removed := without(text, login)
		for _, l := range linesOf(t, rest) {
			if l.Login == login && l.Value != "" {
				t.Fatalf("the rest %q holds a line of %q", rest, login)
			}
		}
		if removed == 0 && !bytes.Equal(rest, text) {
			t.Fatalf("nothing was removed, but %q became %q", text, rest)
		}
		if want := others(text, login); len(text) < passwdfile.MaxLine && !bytes.Equal(rest, want) {
			t.Fatalf("without(%q) = %q; want %q", login, rest, want)
		}
	})
}

// others returns the lines of a text that has no long ones which do not begin with the login.
func others(text []byte, login string) []byte {
	var rest []byte
	for line := range bytes.Lines(text) {
		if before, _, found := bytes.Cut(line, []byte(":")); !found || string(before) != login {
			rest = append(rest, line...)
		}
	}
	return rest
}

func linesOf(t *testing.T, text []byte) []passwdfile.Line {
	t.Helper()
	var lines []passwdfile.Line
	err := passwdfile.Scan(bytes.NewReader(text), func(l passwdfile.Line) error {
		lines = append(lines, l)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}
