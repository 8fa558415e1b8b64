package main

import (
	"strings"
	"testing"

	"pureftpd/internal/passwdfile"
)

func lineOf(text string) passwdfile.Line {
	login, value, _ := strings.Cut(text, ":")
	return passwdfile.Line{Number: 1, Login: login, Value: value}
}

func TestReadEntryRejects(t *testing.T) {
	for _, line := range []string{
		"", ":", "a", "a:", ":H:1:1::/h", "a::1:1::/h", "a:H::1::/h", "a:H:1:::/h", "a:H:0:1::/h", "a:H:1:0::/h",
		"a:H:x:1::/h",
		"a:H:-5:1::/h", "a:H:4294967296:1::/h", "a:H:1:1", "a:H:1:1:gecos", "a:H:1:1::", "a:H:1:1::h",
	} {
		if e, ok := readEntry(lineOf(line)); ok {
			t.Errorf("readEntry(%q) = %+v; want none", line, e)
		}
	}
}

func TestReadEntryIsLenient(t *testing.T) {
	e, ok := readEntry(lineOf("a:H: 20x:+30::/h:5k:99999999999999999999:x:0:4z:y:::,bad/:::0900- 1800 and more"))
	if !ok {
		t.Fatal("readEntry finds no account")
	}
	set := func(n uint64) passwdfile.Number { return passwdfile.Number{Set: true, N: n} }
	for _, test := range []struct {
		what      string
		got, want any
	}{
		{"uid", e.UID, uint32(20)},
		{"gid", e.GID, uint32(30)},
		{"upload bandwidth", e.UploadRate, set(5)},
		{"download bandwidth", e.DownloadRate, set(1<<64 - 1)},
		{"upload ratio", e.UploadRatio, passwdfile.Number{}},
		{"download ratio", e.DownloadRatio, passwdfile.Number{}},
		{"sessions", e.MaxSessions, set(4)},
		{"files", e.MaxFiles, set(0)},
		{"bytes", e.MaxBytes, passwdfile.Number{}},
		{"denied local addresses", e.LocalDeny.String(), ",bad/"},
		{"fields", e.fields, 18},
	} {
		if test.got != test.want {
			t.Errorf("%s = %v; want %v", test.what, test.got, test.want)
		}
	}
	if e.strict == nil {
		t.Error("the line counts as one that the server takes")
	}
}

// FuzzReadEntry checks that a line which the server takes is read like the server reads it, and that whatever
// is read and can be written is a line that the server takes.
func FuzzReadEntry(f *testing.F) {
	for _, line := range []string{
		"a:H:1:2::/h", "a:H:20x:30y::/h:5k:1:1x:y:z:5q:q:::::0900-1800x",
		"a:H:1:2:g:/h/./:1:2:3:4:5:6:7:l:d:c:e:900-2400:x",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, text string) {
		strict, refused := passwdfile.ParseLine(text)
		e, ok := readEntry(lineOf(text))
		if refused == nil && !ok {
			t.Fatalf("readEntry(%q) finds no account; the server does", text)
		}
		if !ok {
			return
		}
		written, err := e.AppendLine(nil)
		if refused == nil {
			want, errWant := strict.AppendLine(nil)
			if string(written) != string(want) || (err == nil) != (errWant == nil) {
				t.Fatalf("readEntry(%q) writes %q, %v; want %q, %v", text, written, err, want, errWant)
			}
		}
		if err != nil {
			return
		}
		if _, err := passwdfile.ParseLine(string(written)); err != nil {
			t.Fatalf("%q was made of %q: %v", written, text, err)
		}
	})
}
