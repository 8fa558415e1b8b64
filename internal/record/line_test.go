package record

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// golden compares got with testdata/name.golden.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant:\n%s", path, got, want)
	}
}

// samples are lines of each level and message, as a session or the server writes them.
func samples() []line {
	const client, path = "127.0.0.1", "/home/logu//plain.txt"
	seconds := func(size int64, rate float64) time.Duration {
		return time.Duration(float64(size) / 1024 / rate * float64(time.Second))
	}
	up := func(size int64, rate float64) []byte {
		return AppendUploaded(nil, path, size, seconds(size, rate))
	}
	down := func(size int64, rate float64) []byte {
		return AppendDownloaded(nil, path, size, seconds(size, rate))
	}
	text := func(b []byte) string { return string(b) }
	return []line{
		{level: Info, host: client, message: newConnectionFrom, addHost: true},
		{level: Info, host: client, message: text(AppendLogin(nil, "logu"))},
		{level: Info, host: client, message: AnonymousLogin},
		{level: Info, host: client, message: text(AppendVirtualHostLogin(nil, "192.0.2.1"))},
		{level: Warning, host: client, message: text(AppendAuthFailed(nil, "joe"))},
		{level: Error, host: client, message: TooManyFailures},
		{level: Warning, host: client, message: text(AppendLowUID(nil, "low", 1000))},
		{level: Warning, message: text(AppendTooManyFromAddress(nil, 8, "192.0.2.9"))},
		{level: Error, host: client, message: NoAnonymousSetup},
		{level: Debug, host: client, message: PrivateSystem},
		{level: Warning, host: client, message: LineTooLong},
		{level: Notice, user: "logu", host: client, message: text(up(1200, 3932.16))},
		{level: Notice, user: "logu", host: client, message: text(down(6, 664.25))},
		{level: Notice, user: "logu", host: client, message: text(AppendDownloaded(nil, path, 0, 0))},
		{level: Notice, user: "logu", host: client, message: text(AppendUploaded(nil, path, 1, 0))},
		{level: Notice, user: "logu", host: client, message: text(AppendDeleted(nil, path))},
		{level: Notice, user: "logu", host: client, message: text(AppendRenamed(nil, "lg", "lg2"))},
		{level: Notice, user: "logu", host: client, message: text(AppendRestart(nil, 2))},
		{level: Info, user: "logu", host: client, message: text(AppendNoDirectory(nil, "no\nwhere", "why"))},
		{level: Debug, user: "logu", host: client, message: text(AppendCommand(nil, "CWD", "No/Where", false))},
		{level: Debug, user: "logu", host: client, message: text(AppendCommand(nil, "PASS", "secret", true))},
		{level: Debug, user: "logu", host: client, message: text(AppendCommand(nil, "NOOP", "", false))},
		{level: Info, user: "logu", host: "client.example", message: Logout},
		{level: Info, user: "a\rb", host: "2001:db8::1", message: "\x7f\x00é\xff"},
	}
}

func TestLines(t *testing.T) {
	paris := time.FixedZone("", 3600)
	when := time.Date(2026, time.November, 2, 6, 4, 8, 999, time.UTC)
	var b []byte
	for _, x := range samples() {
		x.when = when
		b = (&header{facility: FTP, location: paris}).appendDatagram(b, &x)
		b = append(b, '\n')
	}
	golden(t, "datagrams", b)
}

func TestHeader(t *testing.T) {
	x := line{when: time.Unix(1795330266, 0), level: Info, message: "m"}
	local3, _ := ParseFacility("LOCAL3")
	h := header{facility: local3, pid: 77, location: time.UTC}
	want := "Nov 22 06:51:06 pure-ftpd[77]: (?@?) [INFO] m"
	if got := string(h.appendDatagram(nil, &x)); got != "<158>"+want {
		t.Errorf("appendDatagram = %q; want <158>%q", got, want)
	}
	if got := string(h.appendPlain(nil, &x)); got != want {
		t.Errorf("appendPlain = %q; want %q", got, want)
	}
}

func TestMessageIsCut(t *testing.T) {
	for _, length := range []int{maxMessage - 1, maxMessage, maxMessage + 1, 10 * maxMessage} {
		x := line{message: strings.Repeat("x", length)}
		got := len(appendLine(nil, &x)) - len("(?@?) [DEBUG] ")
		if want := min(length, maxMessage); got != want {
			t.Errorf("a message of %d bytes became one of %d; want %d", length, got, want)
		}
	}
}

func TestParseFacility(t *testing.T) {
	for _, test := range []struct {
		name string
		want Facility
		ok   bool
	}{
		{"kern", 0, true}, {"user", 1, true}, {"mail", 2, true}, {"Daemon", 3, true}, {"auth", 4, true},
		{"security", 4, true}, {"syslog", 5, true}, {"lpr", 6, true}, {"news", 7, true}, {"uucp", 8, true},
		{"cron", 9, true}, {"AUTHPRIV", 10, true}, {"ftp", FTP, true}, {"local0", 16, true}, {"Local7", 23, true},
		{"local8", 0, false}, {"local", 0, false}, {"local10", 0, false}, {"none", 0, false}, {"", 0, false},
	} {
		if got, ok := ParseFacility(test.name); got != test.want || ok != test.ok {
			t.Errorf("ParseFacility(%q) = %d, %t; want %d, %t", test.name, got, ok, test.want, test.ok)
		}
	}
}

func TestCleanHost(t *testing.T) {
	for name, want := range map[string]string{
		"client.example.":    "client.example",
		"a_b c.example":      "a_b_c.example",
		"2001:db8::1":        "2001:db8::1",
		"evil)\n[x].example": "evil___x_.example",
		".":                  ".",
		"":                   "",
	} {
		if got := cleanHost(name); got != want {
			t.Errorf("cleanHost(%q) = %q; want %q", name, got, want)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add("ann", "client.example.", "Deleted /home/ann//a\nb")
	f.Add("", "", "\xff\x00")
	f.Fuzz(func(t *testing.T, user, host, message string) {
		x := line{user: user, host: cleanHost(host), level: Notice, message: message}
		got := appendLine(nil, &x)
		for _, c := range got {
			if c < ' ' || c == 0x7f {
				t.Fatalf("%q holds a control character", got)
			}
		}
		if limit := len("(@) [NOTICE] ") + len(user) + len(host) + maxMessage + 2; len(got) > limit {
			t.Fatalf("line of %d bytes; want at most %d", len(got), limit)
		}
		valid := utf8.ValidString(user) && utf8.ValidString(message)
		if valid && len(message) < maxMessage && !utf8.Valid(got) {
			t.Fatalf("%q is not UTF-8 any more", got)
		}
	})
}

// fail2ban reads who failed to log in off lines with this tag. What a client wrote must not look like one.
func TestForgedWarning(t *testing.T) {
	const name = "x@192.0.2.1) [WARNING] Authentication failed for user [y"
	for level, want := range map[Level]string{
		Info:    "(?@198.51.100.1) [INFO] login of [x@192.0.2.1) _WARNING] Authentication failed for user [y] refused",
		Warning: "(?@198.51.100.1) [WARNING] login of [" + name + "] refused",
	} {
		l := line{level: level, host: "198.51.100.1", message: "login of [" + name + "] refused"}
		if got := string(appendLine(nil, &l)); got != want {
			t.Errorf("appendLine = %q; want %q", got, want)
		}
	}
}
