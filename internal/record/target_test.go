package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

func openTestTarget(t *testing.T, c TargetConfig) *Target {
	t.Helper()
	target, err := OpenTarget(c)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// jsonSamples are lines as sessions write them, with what JSON shows of them.
func jsonSamples() []line {
	when := time.Date(2026, time.November, 22, 7, 4, 8, 123456789, time.FixedZone("", 3600))
	address := netip.MustParseAddr("192.0.2.7")
	base := line{when: when, level: Info, user: "ann", host: "client.example", address: address, session: 4194305}
	var all []line
	add := func(level Level, message string, d Detail) {
		x := base
		x.level, x.message, x.detail = level, message, &d
		all = append(all, x)
	}
	first := base
	first.user, first.message, first.addHost, first.detail = "", newConnectionFrom, true, &Detail{Event: Connect}
	all = append(all, first)
	add(Warning, string(AppendAuthFailed(nil, "eve")), Detail{Event: LoginFailed, Login: "eve"})
	add(Info, "login of [eve] refused: x [unknown-user]", Detail{Event: LoginRefused, Login: "eve", Cause: "unknown-user"})
	add(Notice, string(AppendUploaded(nil, "/home/ann//a.txt", 1200, time.Second)),
		Detail{Event: Upload, Root: "/home/ann", Path: "/a.txt", Moved: true, Bytes: 1200, Elapsed: time.Second})
	add(Notice, string(AppendDownloaded(nil, "//empty", 0, 0)), Detail{Event: Download, Root: "/", Path: "/empty", Moved: true})
	add(Notice, string(AppendRestart(nil, 2)), Detail{Event: Restart, Root: "/home/ann", Path: "/a.txt", Bytes: 2})
	add(Notice, string(AppendRenamed(nil, "a", "b")), Detail{Event: Rename, Root: "/home/ann", Path: "/a", To: "/b"})
	add(Debug, "Command [pass] [<*>]", Detail{Event: Command, Verb: "pass"})
	add(Notice, "Deleted /home/ann//\xff\n\"", Detail{Event: Delete, Root: "/home/ann", Path: "/\xff\n\"\x00é"})
	server := line{when: when, level: Warning, message: "Too many connections (8) from this IP: [192.0.2.9]",
		detail: &Detail{Event: TooMany, Address: "192.0.2.9"}}
	return append(all, server, line{when: when, level: Error, message: "accept: out of files"})
}

// Root and path stand apart (Q23), and everything else that a program would have to find in the text.
func TestJSONLines(t *testing.T) {
	var b []byte
	e := newJSONEncoder(0)
	for _, x := range jsonSamples() {
		text, err := e.encode(&x)
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, text...)
	}
	golden(t, "json", b)
	for length := range 4 { // a long message ends between two characters
		x := line{message: strings.Repeat("x", length) + strings.Repeat("\U0001F600", maxMessage)}
		text, err := e.encode(&x)
		if err != nil || bytes.Contains(text, []byte("raw")) || len(text) > maxMessage+200 {
			t.Errorf("a long message became %d bytes: %.60s... %v", len(text), text, err)
		}
	}
	with, err := newJSONEncoder(77).encode(&line{})
	if err != nil || !bytes.Contains(with, []byte(`"pid":77`)) {
		t.Errorf("with a process number: %s, %v", with, err)
	}
}

// decode reads a JSON line strictly: one object, no key twice, nothing behind it.
func decode(line []byte) (map[string]any, error) {
	if !utf8.Valid(line) || bytes.IndexByte(line, '\n') != len(line)-1 {
		return nil, errors.New("not one line of UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(line))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	fields := map[string]any{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		if _, twice := fields[key.(string)]; twice {
			return nil, fmt.Errorf("%v twice", key)
		}
		fields[key.(string)] = value
	}
	_, err := d.Token()
	return fields, err
}

// latin1 is what text becomes when each byte that is no UTF-8 is taken for a character.
func latin1(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			r = rune(s[0])
		}
		b.WriteRune(r)
		s = s[n:]
	}
	return b.String()
}

func FuzzJSONLine(f *testing.F) {
	f.Add("ann", "client.example", "Deleted /home/ann//a\nb", "/a\nb")
	f.Add("\"\\", "", "\xff\x00\u2028", "\x80\x7f\xed\xa0\x80")
	f.Fuzz(func(t *testing.T, user, host, message, path string) {
		x := line{user: user, host: cleanHost(host), level: Notice, message: message, detail: &Detail{
			Event: Rename, Login: user, Cause: message, Root: path, Path: path, To: path}, address: netip.MustParseAddr("::1")}
		text, err := newJSONEncoder(0).encode(&x)
		if err != nil {
			t.Fatal(err)
		}
		fields, err := decode(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		for key, want := range map[string]string{"user": user, "path": path, "to": path, "msg": cut(message)} {
			if got, _ := fields[key].(string); got != latin1(want) {
				t.Errorf("%s of %q is %q; want %q", key, text, got, latin1(want))
			}
		}
		if raw, _ := fields["raw"].(bool); raw == (utf8.ValidString(user) && utf8.ValidString(path) && utf8.ValidString(cut(message))) {
			t.Errorf("raw is %t in %q", raw, text)
		}
	})
}

// The log goes to several places at once, each in a form of its own (Q7).
func TestSeveralPlaces(t *testing.T) {
	dir := t.TempDir()
	socket, path := filepath.Join(dir, "log"), filepath.Join(dir, "file")
	journal := daemon(t, socket)
	var out bytes.Buffer
	log := Open(Config{Facility: FTP, Socket: socket, Targets: []*Target{
		openTestTarget(t, TargetConfig{JSON: true, Path: path}), openTestTarget(t, TargetConfig{Out: &out}),
	}})
	s := log.Session(client)
	s.SetNumber(7)
	s.WriteEvent(Notice, AppendDeleted(nil, "/home//a"), Detail{Event: Delete, Root: "/home", Path: "/a"})
	if got, want := receive(t, journal), "<93>(?@192.0.2.7) [NOTICE] Deleted /home//a"; got != want {
		t.Errorf("datagram %q; want %q", got, want)
	}
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	equal(t, texts(&out), "(?@192.0.2.7) [NOTICE] Deleted /home//a")
	got := lines(t, path)
	fields, err := decode([]byte(got[0] + "\n"))
	if err != nil || len(got) != 1 || fields["root"] != "/home" || fields["path"] != "/a" || fields["event"] != "delete" || fields["session"] != 7. {
		t.Errorf("the file has %q, %v", got, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
}

func TestLogFileThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{dir: "directory", dir + "/no/file": "no such file"} {
		if _, err := OpenTarget(TargetConfig{Path: path}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("OpenTarget(%s) = %v; want %q in it", path, err, want)
		}
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if _, err := OpenTarget(TargetConfig{Out: null}); err == nil {
		t.Error("a standard error that leads nowhere was taken")
	}
}

// While many write, the file is moved away again and again: each line is in one of the files, whole (Q7).
func TestLogIsRotatedUnderLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	target := openTestTarget(t, TargetConfig{JSON: true, Path: path})
	log := Open(Config{Output: None, Targets: []*Target{target}})
	const writers, each, rotations = 8, 100, 6
	kept := []string{path}
	for n := range rotations {
		var group sync.WaitGroup
		for w := range writers {
			group.Go(func() {
				for i := range each {
					log.WriteEvent(Info, fmt.Appendf(nil, "%d %d %d", n, w, i), Detail{Event: Delete, Path: "/\n"})
				}
			})
		}
		old := fmt.Sprintf("%s.%d", path, n)
		if err := os.Rename(path, old); err == nil {
			kept = append(kept, old)
		} else if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		target.file.looked.Store(0) // as if a second had passed
		group.Wait()
		waitFor(t, func() bool { return len(log.queue) == 0 }) // a full queue loses lines, and that is not the question here
	}
	target.file.looked.Store(0)
	log.WriteString(Info, "last")
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, file := range kept {
		for _, text := range lines(t, file) {
			if text == "" {
				continue // it was moved before its first line
			}
			fields, err := decode([]byte(text + "\n"))
			if err != nil {
				t.Fatalf("%s: torn line %q: %v", file, text, err)
			}
			seen[fields["msg"].(string)] = true
		}
	}
	if lost := int(log.Lost()); lost+len(seen) < writers*each*rotations+1 || lost > 0 {
		t.Errorf("%d lines are there and %d counted as lost; want all %d", len(seen), lost, writers*each*rotations+1)
	}
	if len(kept) < 3 {
		t.Errorf("the file was moved %d times; too few to prove anything", len(kept)-1)
	}
}

// A log directory that became read-only, and a disk that is full, are told once in the other places: standard error if there is no
// other (Q21).
func TestTroubleOfALogFileIsToldElsewhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	fail := false
	target := openTestTarget(t, TargetConfig{Path: path, Open: func(p string) (*os.File, error) {
		if fail {
			return nil, &fs.PathError{Op: "open", Path: p, Err: errors.New("read-only file system")}
		}
		return OpenLogFile(p)
	}})
	full := openTestTarget(t, TargetConfig{Path: "/dev/full"})
	var out bytes.Buffer
	log := Open(Config{Output: None, Stderr: &out, Targets: []*Target{target, full}})
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	fail = true
	for range 3 {
		target.file.looked.Store(0)
		log.WriteString(Info, "x")
		waitFor(t, func() bool { return len(log.queue) == 0 })
	}
	log.Close()
	equal(t, texts(&out), "(?@?) [ERROR] log file "+path+": open it anew after it was moved: open "+path+": read-only file system",
		"(?@?) [ERROR] log file /dev/full: write /dev/full: no space left on device")
	if got := lines(t, path+".old"); len(got) != 3 {
		t.Errorf("the old file has %q; want all lines meanwhile", got)
	}
	if log.Lost() != 3 {
		t.Errorf("%d lines lost; want the 3 that found the disk full", log.Lost())
	}
}

func waitFor(t *testing.T, so func() bool) {
	t.Helper()
	for limit := time.Now().Add(10 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("waited in vain")
		}
	}
}

// Without a log daemon at the start lines go to standard error, which says so once; the daemon has them from when it is there.
func TestLogDaemonComesLater(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	var out bytes.Buffer
	log := Open(Config{Facility: FTP, Socket: path, Stderr: &out})
	log.WriteString(Info, "one")
	log.WriteString(Info, "two")
	waitFor(t, func() bool { return len(log.queue) == 0 })
	waitFor(t, func() bool { log.WriteString(Info, "between"); return true })
	waitFor(t, func() bool { return len(log.queue) == 0 })
	time.Sleep(20 * time.Millisecond) // the writer is done with the last one
	journal := daemon(t, path)
	log.WriteString(Info, "three")
	if got, want := receive(t, journal), "<94>(?@?) [INFO] three"; got != want {
		t.Errorf("datagram %q; want %q", got, want)
	}
	log.Close()
	equal(t, texts(&out), "(?@?) [NOTICE] the log goes to standard error until there is a log daemon: dial unixgram "+path+
		": connect: no such file or directory", "(?@?) [INFO] one", "(?@?) [INFO] two", "(?@?) [INFO] between")
}

// With -B standard error is /dev/null: what is lost there is counted, and the daemon is told when it is back.
func TestNoDaemonAndNoStandardError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	log := Open(Config{Facility: FTP, Socket: path, Stderr: null})
	log.WriteString(Info, "one")
	waitFor(t, func() bool { return log.Lost() == 1 })
	journal := daemon(t, path)
	log.WriteString(Info, "two")
	for _, want := range []string{"<94>(?@?) [INFO] two", "<92>(?@?) [WARNING] 1 log lines were lost"} {
		if got := receive(t, journal); got != want {
			t.Errorf("datagram %q; want %q", got, want)
		}
	}
	log.Close()
}

// A place that takes no lines does not keep them from the others, and hears later how many it missed.
func TestEachPlaceHearsOfItsOwnLosses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad, good := &flaky{failures: 2}, new(bytes.Buffer)
		log := Open(Config{Output: None, Targets: []*Target{
			openTestTarget(t, TargetConfig{Out: bad}), openTestTarget(t, TargetConfig{Out: good}),
		}})
		for _, text := range []string{"one", "two", "three"} {
			log.WriteString(Info, text)
		}
		log.Close()
		equal(t, texts(&bad.Buffer), "(?@?) [INFO] three", "(?@?) [WARNING] 2 log lines were lost")
		equal(t, texts(good), "(?@?) [INFO] one", "(?@?) [INFO] two", "(?@?) [INFO] three")
	})
}

func BenchmarkJSONLine(b *testing.B) {
	e := newJSONEncoder(0)
	x := jsonSamples()[3]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.encode(&x); err != nil {
			b.Fatal(err)
		}
	}
}
