package certd

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pureftpd/internal/linemsg"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func read(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// serve answers every question with the same bytes and returns the socket, and what it was asked last.
func serve(t *testing.T, answer []byte) (path string, asked chan []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	asked = make(chan []byte, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			question := make([]byte, 4096)
			n, _ := conn.Read(question)
			asked <- question[:n]
			_, _ = conn.Write(answer)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return path, asked
}

// TestAnswersOfTheOriginal holds what the original makes of answers: which certificate a client gets, or none. Files that
// are no good are another part's to judge; here their names have to come out.
func TestAnswersOfTheOriginal(t *testing.T) {
	alt := "/tmp/specB/w/alt.pem"
	want := map[string]Answer{
		"strict":                {Strict, alt, alt},
		"strict-key":            {Strict, "/tmp/specB/w/alt.crt", "/tmp/specB/w/alt.key"},
		"strict-badfile":        {Strict, "/nonexistent.pem", "/nonexistent.pem"},
		"fallback":              {Fallback, alt, alt},
		"fallback-badfile":      {Fallback, "/nonexistent.pem", "/nonexistent.pem"},
		"UPPER":                 {Strict, alt, alt},
		"default":               {Action: Default},
		"default-with-cert":     {Action: Default},
		"deny":                  {},
		"bogus":                 {},
		"empty":                 {},
		"noaction":              {},
		"noend":                 {},
		"relcert":               {},
		"strict-missing-cert":   {},
		"fallback-missing-cert": {},
	}
	files, err := filepath.Glob("testdata/reply-*.txt")
	if err != nil || len(files) != len(want) {
		t.Fatalf("%d answers, %v; want %d", len(files), err, len(want))
	}
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "reply-"), ".txt")
		t.Run(name, func(t *testing.T) {
			wanted, known := want[name]
			if !known {
				t.Fatal("no such answer in the table")
			}
			path, asked := serve(t, read(t, filepath.Base(file)))
			c := &Client{Path: path}
			got, err := c.Ask(t.Context(), "host-strict.example.com")
			if got != wanted {
				t.Errorf("Ask = %+v, %v; want %+v", got, err, wanted)
			}
			if explained := err != nil; explained != (wanted.Action == Deny && name != "deny") {
				t.Errorf("Ask = %v: errors are for answers that deny without saying so", err)
			}
			question := <-asked
			for _, version := range []string{"1.0.50", "1.0.54"} {
				if !bytes.Equal(question, read(t, "request-"+version+".txt")) {
					t.Errorf("the question is not the one of %s", version)
				}
			}
		})
	}
}

// TestOddNamesAreNotAskedAbout has no daemon at all.
func TestOddNamesAreNotAskedAbout(t *testing.T) {
	c := &Client{Path: "/nonexistent", Patience: time.Millisecond}
	for _, name := range []string{"", "a b", "a/b", "ä.example", "a\nend", "a:b", strings.Repeat("a", 256)} {
		if got, err := c.Ask(t.Context(), name); got.Action != Default || err != nil {
			t.Errorf("Ask(%q) = %v, %v; want the default", name, got, err)
		}
	}
	for _, name := range []string{"A.example", "_x-1", strings.Repeat("a", 255)} {
		if got, err := c.Ask(t.Context(), name); got.Action != Deny || err == nil {
			t.Errorf("Ask(%q) without a daemon = %v, %v; want it denied, and why", name, got, err)
		}
	}
}

func TestCheckRequest(t *testing.T) {
	for text, fine := range map[string]bool{
		string(read(t, "request-1.0.50.txt")): true,
		"sni_name:\nend\n":                    true,
		"end\n":                               true,
		"sni_name:a b\nend\n":                 false,
		"sni_name:a\r\nend\n":                 false,
	} {
		m, err := linemsg.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckRequest(m); (err == nil) != fine {
			t.Errorf("CheckRequest(%q) = %v", text, err)
		}
	}
}

// FuzzAnswer checks that files are named only where they are used, and are absolute.
func FuzzAnswer(f *testing.F) {
	files, err := filepath.Glob("testdata/reply-*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		f.Add(read(f, filepath.Base(file)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := linemsg.Parse(text)
		if err != nil {
			return
		}
		a, err := ParseAnswer(m)
		files := a.Action == Strict || a.Action == Fallback
		if files != strings.HasPrefix(a.CertFile, "/") || files != strings.HasPrefix(a.KeyFile, "/") {
			t.Errorf("ParseAnswer(%q) = %+v", text, a)
		}
		if err != nil && a != (Answer{}) {
			t.Errorf("ParseAnswer(%q) = %+v with %v; want it denied", text, a, err)
		}
	})
}

// FuzzRequest checks that a name that is asked about is the one that pure-certd's program sees.
func FuzzRequest(f *testing.F) {
	f.Add("ftp.example.com")
	f.Add("a\nend")
	f.Fuzz(func(t *testing.T, name string) {
		if !ValidName(name) {
			return
		}
		m, err := linemsg.Read(bytes.NewReader(AppendRequest(nil, name)))
		if err != nil || CheckRequest(m) != nil {
			t.Fatalf("the question about %q is none: %v, %v", name, err, CheckRequest(m))
		}
		if got, _ := m.Value(NameKey); got != name {
			t.Errorf("asked about %q, read %q", name, got)
		}
	})
}
