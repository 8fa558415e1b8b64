package main

import (
	"bufio"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pureftpd/internal/control"
)

var now = time.Date(2026, 11, 28, 12, 0, 6, 0, time.UTC)

// five are the sessions that the original's tools showed in testdata: one that has not logged in, one idle, a download, a
// resumed download and an upload. They all began six seconds ago.
func five() []control.Session {
	began := now.Add(-6 * time.Second)
	list := []control.Session{
		{ID: 22949, Account: "up|load", State: control.Upload, Transfer: &control.Transfer{File: "upload here.dat", Position: 394240}},
		{ID: 22947, Account: "joe", State: control.Download, Transfer: &control.Transfer{
			File: "dl<a>&b|c.bin", Offset: 1000000, Position: 1589824, Size: 4000000,
		}},
		{ID: 22945, Account: "joe", State: control.Download, Transfer: &control.Transfer{File: "dl<a>&b|c.bin", Position: 589824, Size: 4000000}},
		{ID: 22943, Account: "alongusername_over_eight", State: control.Idle},
		{ID: 22941, State: control.Idle},
	}
	for i := range list {
		s := &list[i]
		s.Address, s.Host, s.LocalAddr, s.LocalPort, s.Started = "127.0.0.1", "localhost", "127.0.0.1", 21320, began
		if s.Transfer != nil {
			s.Transfer.Started = began
		}
	}
	return list
}

// print shows sessions as the switches say.
func print(sessions []control.Session, cgi bool, args ...string) string {
	r := parse(args, cgi)
	var text strings.Builder
	out := bufio.NewWriter(&text)
	r.write(out, rows(sessions, now, r.numeric))
	_ = out.Flush()
	return text.String()
}

// TestFormsOfTheOriginal compares byte by byte with what the original printed. The style sheet of pages is our own.
func TestFormsOfTheOriginal(t *testing.T) {
	samples, err := filepath.Glob("testdata/*.golden")
	if err != nil || len(samples) != 20 {
		t.Fatalf("%d samples, %v; want 20", len(samples), err)
	}
	for _, sample := range samples {
		want, err := os.ReadFile(sample)
		if err != nil {
			t.Fatal(err)
		}
		load, name, _ := strings.Cut(strings.TrimSuffix(filepath.Base(sample), ".golden"), "-")
		sessions := five()
		if load == "empty" {
			sessions = nil
		}
		args := []string{"-n"}
		cgi := false
		switch name {
		case "default":
		case "resolve":
			args = nil
		case "GATEWAY_INTERFACE":
			cgi = true
		default:
			for letter := range strings.SplitSeq(name, "-") {
				args = append(args, "-"+letter)
			}
		}
		got := strings.Replace(print(sessions, cgi, args...), styles, "[style sheet body elided on purpose: write your own]\n", 1)
		if got != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", sample, got, want)
		}
	}
}

func TestSwitches(t *testing.T) {
	sessions := five()
	for _, test := range []struct{ args, same string }{
		{"-H", "-n"}, {"--numeric", "-n"}, {"-C", "-c"}, {"-x -s", "-s"}, {"-sx", "-x"}, {"-nv word -- -x", "-n -v"}, {"-s -v", "-s"},
		{"--xml", "-x"}, {"--shell", "-s"}, {"--plist", "-p"}, {"--html", "-w"}, {"--html-fragment", "-W"}, {"--cgi", "-c"}, {"--verb", "-v"},
	} {
		if print(sessions, false, strings.Fields(test.args)...) != print(sessions, false, strings.Fields(test.same)...) {
			t.Errorf("%s is not the same as %s", test.args, test.same)
		}
	}
	if got := print(sessions, true, "-s"); got != print(sessions, false, "-s") {
		t.Errorf("a switch does not go before the environment: %s", got)
	}
	for _, args := range []string{"-h", "-z", "--nosuch", "-s -h", "--dir"} {
		var out strings.Builder
		if status := run(t.Context(), strings.Fields(args), false, &out, io.Discard); status != 0 || out.String() != help {
			t.Errorf("%s: status %d, %q; want the help", args, status, out.String())
		}
	}
}

// TestUnfriendlyNames shows names made to break forms and terminals.
func TestUnfriendlyNames(t *testing.T) {
	s := five()[1]
	s.Account, s.Transfer.File, s.Host = "a\x1b[2J\"b\\", "x\n\"<é\u009b>€\ufffe'", "evil\thost"
	one := []control.Session{s}
	for _, test := range []struct{ args, want string }{
		{"-s", "22947|a_[2J\"b\\\\|6| DL |x_\"<é_>€\ufffe'|evil_host|"},
		{"", "|22947 | a?[2J\"b\\| 00:00 |  DL  | x?\"<é?>€"},
		{"-x", `account="a?[2J&quot;b\" time="6" state=" DL " file="x?&quot;&lt;&#233;?&gt;&#8364;?'" host="evil?host"`},
		{"-W", "<td>x?&quot;&lt;&#233;?&gt;&#8364;?'</td>"},
		{"-p", "<string>x?&quot;&lt;&#233;?&gt;&#8364;?'</string>"},
	} {
		if got := print(one, false, strings.Fields(test.args)...); !strings.Contains(got, test.want) {
			t.Errorf("%s: %q; want %q in it", test.args, got, test.want)
		}
	}
	for _, form := range []string{"-x", "-p", "-w"} {
		d := xml.NewDecoder(strings.NewReader(print(one, false, form)))
		d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
		d.Entity = map[string]string{"nbsp": " "}
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Errorf("%s is no XML: %v", form, err)
				break
			}
		}
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{
		0: "   ''  ", 1: "   1b/s", 1023: "1023b/s", 1024: "   1K/s", 5 << 20: "   5M/s", 3 << 30: "   3G/s", 5000 << 30: "5000G/s",
	} {
		if got := speedCell(n); got != want {
			t.Errorf("speedCell(%d) = %q; want %q", n, got, want)
		}
	}
	s := five()[1]
	s.Transfer.Position, s.Transfer.Size = 5000000, 4000000 // the file shrank
	if r := newRow(s, now); r.percent != 100 {
		t.Errorf("%d%%; want 100 at most", r.percent)
	}
	if r := newRow(s, now.Add(-time.Hour)); r.since != 0 || r.speed != 0 {
		t.Errorf("when the clock was set back: since %d, speed %d; want 0", r.since, r.speed)
	}
	s.Started = now.Add(-101*time.Hour - 5*time.Minute)
	if got := clock(newRow(s, now).since); got != "101:05" {
		t.Errorf("%s; want 101:05", got)
	}
	s.State = "flying"
	if r := newRow(s, now); r.state != "ERR!" {
		t.Errorf("state %q; want ERR!", r.state)
	}
}

// A still is a session that does not change. It is a control.Live.
type still struct{ session control.Session }

func (s still) Snapshot() control.Session                                   { return s.session }
func (still) Kick()                                                         {}
func (still) Message(string) error                                          { return nil }
func (still) SetRates(control.Rates) bool                                   { return true }
func (still) Trace(context.Context, func(), func(control.Line) error) error { return nil }

// stills are those of one server.
type stills []control.Session

func (s stills) All() iter.Seq[control.Live] {
	return func(yield func(control.Live) bool) {
		for _, x := range s {
			if !yield(still{x}) {
				return
			}
		}
	}
}

func (s stills) Find(id uint64) control.Live {
	if i := slices.IndexFunc(s, func(x control.Session) bool { return x.ID == id }); i >= 0 {
		return still{s[i]}
	}
	return nil
}

// serve answers on a socket in a directory of its own.
func serve(t testing.TB, sessions []control.Session) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "run")
	socket, err := control.Listen(control.Place{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	server := control.Serve(socket.UnixListener, control.Config{
		Rights: control.Rights{Owner: uint32(os.Getuid())}, Sessions: stills(sessions), Log: func(string) {},
	})
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), socket.Remove()); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestRun asks a server over its socket.
func TestRun(t *testing.T) {
	sessions := five()
	for i := range sessions { // run uses the real clock
		sessions[i].Started = time.Now()
	}
	dir := serve(t, sessions)
	var out, errs strings.Builder
	if status := run(t.Context(), []string{"-s", "-n", "--dir", dir}, false, &out, &errs); status != 0 || errs.Len() > 0 || strings.Count(out.String(), "\n") != 5 {
		t.Errorf("status %d, %q, %q; want five lines", status, out.String(), errs.String())
	}
	out.Reset()
	if status := run(t.Context(), []string{"--json", "--dir", dir}, false, &out, &errs); status != 0 || !strings.Contains(out.String(), `"account": "up|load"`) {
		t.Errorf("status %d, %q; want JSON", status, out.String())
	}
	if status := run(t.Context(), []string{"--top", "--dir", dir}, false, &out, &errs); status != exitFailure || !strings.Contains(errs.String(), "terminal") {
		t.Errorf("--top without a terminal: status %d, %q", status, errs.String())
	}
	empty := t.TempDir()
	out.Reset()
	if status := run(t.Context(), []string{"-n", "--dir", empty}, false, &out, &errs); status != 0 || out.String() != print(nil, false) {
		t.Errorf("without a server: status %d, %q; want an empty table", status, out.String())
	}
	if status := run(t.Context(), []string{"--dir", empty + "/nosuch"}, false, &out, &errs); status != exitNoServers {
		t.Errorf("without a directory: status %d; want %d", status, exitNoServers)
	}
}

func BenchmarkForms(b *testing.B) {
	var sessions []control.Session
	for i := range 10000 {
		s := five()[i%5]
		s.ID = uint64(4194305 + i)
		sessions = append(sessions, s)
	}
	dir := serve(b, sessions)
	for _, form := range []string{"-v", "-s", "-x", "-w", "--json"} {
		b.Run(fmt.Sprintf("10000%s", form), func(b *testing.B) {
			for b.Loop() {
				if status := run(b.Context(), []string{form, "--dir", dir}, false, io.Discard, os.Stderr); status != 0 {
					b.Fatal(status)
				}
			}
		})
	}
}
