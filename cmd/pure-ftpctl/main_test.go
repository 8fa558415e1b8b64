package main

import (
	"errors"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pureftpd/internal/control"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestCommands runs one command each and looks at what the server was told and what is printed.
func TestCommands(t *testing.T) {
	for _, test := range []struct {
		line string
		last string   // a last word with blanks
		told []string // in any order
		out  string   // part of it
	}{
		{line: "kick 4194305", told: []string{"kick 4194305"}, out: "session 4194305 of ? at a.example: ended\n"},
		{line: "kick 4194305 4194306", told: []string{"kick 4194305", "kick 4194306"}},
		{line: "kick -u joe", told: []string{"kick 4194307", "kick 4194306"}},
		{line: "kick --address=192.0.2.1 -u joe", told: []string{"kick 4194307"}},
		{line: "kick -a a.example", told: []string{"kick 4194307", "kick 4194305"}},
		{line: "kick --all", told: []string{"kick 4194307", "kick 4194306", "kick 4194305"}},
		{line: "message 4194306", last: "back at six", told: []string{"message 4194306 back at six"}, out: "session 4194306 of joe at 192.0.2.2: will be told\n"},
		{line: "message -u joe hello", told: []string{"message 4194307 hello", "message 4194306 hello"}},
		{line: "limit session 4194306 100K:none", told: []string{"limit 4194306 102400:0"}, out: "up 100 KB/s, down no limit"},
		{line: "limit user joe 2M", told: []string{"limit user joe 2097152:2097152"}, out: "user joe: up 2 MB/s, down 2 MB/s"},
		{line: "limit server none", told: []string{"limit server 0:0"}, out: "no limit"},
		{line: "drain", told: []string{"drain"}, out: "drains"},
		{line: "reload", told: []string{"reload"}, out: ": reloaded, 1 setting changed\n" +
			"  maxidletime is 5 minutes, was 15 minutes [/etc/pure-ftpd.conf:3]\n" +
			"  bind needs a restart to be any, 2121, was any, 21 [default]\n" +
			"  warning: what is? this\n"},
		{line: "reload --json", told: []string{"reload"}, out: `"needs_restart": [`},
		{line: "ban 192.0.2.7 7d", last: "too many guesses", told: []string{"ban 192.0.2.7 168h0m0s too many guesses"}},
		{line: "ban --keep 192.0.2.0/24 for 30m", told: []string{"ban 192.0.2.0/24 30m0s  keep"}, out: "192.0.2.0/24 is kept out for 30m"},
		{line: "unban 2001:db8::/64", told: []string{"unban 2001:db8::/64"}, out: "2001:db8::/64 is let in"},
		{line: "unban 192.0.2.7 192.0.2.8", told: []string{"unban 192.0.2.7", "unban 192.0.2.8"}, out: "192.0.2.7 is let in"},
		{line: "bans", out: "ADDRESS  UNTIL  LEFT  BY  REASON\n"},
		{line: "bans --json", out: `"bans": []`},
		{line: "trace 4194306", out: "01:02:03.004 C: CWD ?[2J\n... 3 lines were lost\n01:02:03.004 S: 250 OK\nthe session has ended\n"},
		{line: "settings", out: "SETTING      VALUE      ORIGIN\nmaxidletime  5 minutes  /etc/pure-ftpd.conf:3\nnatmode      no         default\n"},
		{line: "settings --changed natmode", out: "SETTING  VALUE  ORIGIN\n"},
		{line: "settings natmode --json", out: `"name": "natmode"`},
		{line: "logs", out: "" +
			"LOG        FORMAT      PLACE              FROM  LINES  LOST  LAST\n" +
			"log        syslog ftp  /dev/log           INFO  5      1     2d ago\n" +
			"transfers  clf         /var/log/transfer  -     0      0     -\n" +
			"\nlast in /dev/log:\n  <94>x?[2J\n" +
			"\nwrong with /dev/log: full?\n"},
		{line: "logs --json", out: `"last_line": "\u003c94\u003ex\u001b[2J"`},
		{line: "status", out: "7, standalone, version 1.2.3\n"},
		{line: "metrics", out: "pureftpd_sessions_total 5\n"},
		{line: "status --json", out: `"open": 3`},
		{line: "list", out: "4194307  joe      a.example  3d   -      download  50 KB/s  50%   no limit  a?b\n"},
		{line: "list --json -u joe", out: `"id": 4194306`},
	} {
		before := time.Now().Add(-48 * time.Hour)
		s := &server{sessions: three(), reloaded: control.Reload{
			Changed:  []control.Change{{Name: "maxidletime", Old: "15 minutes", New: "5 minutes", Origin: "/etc/pure-ftpd.conf:3"}},
			Restart:  []control.Change{{Name: "bind", Old: "any, 21", New: "any, 2121", Origin: "default"}},
			Warnings: []string{"what is\x1b this"},
		}, logs: []control.Log{
			{Kind: "log", Format: "syslog", Facility: "ftp", Place: "/dev/log", Level: "INFO", Lines: 5, Lost: 1, Last: &before, LastLine: "<94>x\x1b[2J", Trouble: "full\x1b"},
			{Kind: "transfers", Format: "clf", Place: "/var/log/transfer"},
		}}
		var more []string
		if test.last != "" {
			more = []string{test.last}
		}
		r := do(t, serve(t, s), test.line, more...)
		slices.Sort(s.told)
		slices.Sort(test.told)
		if r.status != 0 || r.errs != "" || !slices.Equal(s.told, test.told) || !strings.Contains(r.out, test.out) {
			t.Errorf("%s: %+v\ntold %q; want %q\nand printed %q", test.line, r, s.told, test.told, test.out)
		}
	}
}

// TestMistakes gives command lines that are wrong: nothing is told to the server.
func TestMistakes(t *testing.T) {
	s := &server{sessions: three()}
	dir := serve(t, s)
	for line, want := range map[string]string{
		"lits":                   "there is no command 'lits'; did you mean list?",
		"kick":                   "name the sessions, or use --user, --address or --all",
		"kick 1 --all":           "not both",
		"kick x":                 `"x" is no number of a session`,
		"kick -z 1":              "invalid option",
		"message hello":          "name the sessions",
		"limit user joe":         "write pure-ftpctl limit session ID RATE",
		"limit server 1 2":       "write pure-ftpctl limit session ID RATE",
		"limit all 5":            "write pure-ftpctl limit session ID RATE",
		"limit server fast":      `"fast" is no rate`,
		"ban 192.0.2.1":          "write pure-ftpctl ban ADDRESS [for] TIME [REASON]",
		"ban 192.0.2.1 for":      "write pure-ftpctl ban ADDRESS [for] TIME [REASON]",
		"ban 192.0.2.1 5m a b":   "write pure-ftpctl ban ADDRESS [for] TIME [REASON]",
		"ban 192.0.2.1 7":        "a time is written 90s",
		"ban 192.0.2.1 -- -5m":   "a time is written 90s",
		"ban 192.0.2.1 9999999d": "a time is written 90s",
		"drain now":              "write pure-ftpctl drain",
		"trace":                  "write pure-ftpctl trace ID",
		"completion csh":         "there is completion for bash, zsh and fish",
		"status --server x":      "--server is followed by a process number",
		"status --server":        "requires an argument",
		"list --nosuch":          "unrecognized option",
	} {
		if r := do(t, dir, line); r.status != exitUsage || !strings.Contains(r.errs, want) || !strings.HasPrefix(r.errs, "pure-ftpctl: ") {
			t.Errorf("%s: %+v; want %q", line, r, want)
		}
	}
	if len(s.told) > 0 {
		t.Errorf("the server was told %q", s.told)
	}
}

func TestFailures(t *testing.T) {
	s := &server{sessions: three(), refusal: errors.New("/etc/pure-ftpd.conf:3: what is\x1b this?")}
	dir := serve(t, s)
	for line, want := range map[string]string{
		"kick 99":                 "there is no session 99",
		"kick -u nobody":          "no session is such a one",
		"limit session 4194305 5": "session 4194305: nobody has logged in to this session yet",
		"reload":                  "/etc/pure-ftpd.conf:3: what is? this?",
		"message 4194306 x":       "what is? this?",
		"unban 192.0.2.99":        "192.0.2.99 is not banned",
		"ban nowhere 5m":          `"nowhere" is no address`,
		"status --server 1":       "there is no server with process number 1",
	} {
		if r := do(t, dir, line); r.status != exitFailure || !strings.Contains(r.errs, want) {
			t.Errorf("%s: %+v; want %q", line, r, want)
		}
	}
	for _, empty := range []string{t.TempDir(), t.TempDir() + "/nosuch"} {
		if r := do(t, empty, "list"); r.status != exitFailure || !strings.Contains(r.errs, "no server is running") {
			t.Errorf("without a server: %+v", r)
		}
	}
}

// TestReloadAfterHandOver leaves the server out that another one has taken over.
func TestReloadAfterHandOver(t *testing.T) {
	old := &server{heir: 12, refusal: &control.Error{Status: 409, Text: "it accepts nobody any more"}}
	dir := serve(t, old, &server{})
	r := do(t, dir, "reload")
	if r.status != 0 || r.errs != "" || !strings.Contains(r.out, "hand-over to 12, keeps") || !strings.Contains(r.out, ": reloaded, 0 settings") {
		t.Errorf("reload: %+v; want the newer one reloaded", r)
	}
	if r := do(t, dir, "reload --json"); r.status != 0 || !strings.Contains(r.out, `"successor": 12`) {
		t.Errorf("reload --json: %+v", r)
	}
	old.heir = 0 // it ends
	if r := do(t, dir, "reload"); r.status != exitFailure || !strings.Contains(r.errs, "nobody any more") {
		t.Errorf("reload of one that ends: %+v", r)
	}
}

// TestBansOfSeveralServers lists those of all, the one that ends first at the front.
func TestBansOfSeveralServers(t *testing.T) {
	now := time.Now()
	a := &server{bans: []control.Ban{{Address: "192.0.2.1", Until: now.Add(2 * time.Hour), Reason: "no more\x1b"}}}
	b := &server{free: "192.0.2.9", bans: []control.Ban{{Address: "2001:db8::/64", Until: now.Add(90 * time.Second), Ordered: true}}}
	dir := serve(t, a, b)
	r := do(t, dir, "bans")
	lines := strings.Split(r.out, "\n")
	if r.status != 0 || len(lines) != 4 || !strings.HasPrefix(lines[1], "2001:db8::/64 ") || !strings.Contains(lines[1], "administrator") ||
		!strings.Contains(lines[2], "2h0m0s") || !strings.HasSuffix(lines[2], "failed logins  no more?") {
		t.Errorf("bans: %+v", r)
	}
	if r := do(t, dir, "unban 192.0.2.9"); r.status != 0 || len(a.told)+len(b.told) != 2 {
		t.Errorf("unban at two servers, one of which has not banned it: %+v", r)
	}
	if r := do(t, dir, "bans --json"); r.status != 0 || strings.Count(r.out, `"server": `) != 2 || !strings.Contains(r.out, `"ordered": true`) {
		t.Errorf("bans --json: %+v", r)
	}
}

// TestSeveralServers has two with a session of the same number.
func TestSeveralServers(t *testing.T) {
	a, b := &server{sessions: three()}, &server{sessions: three()[:1]}
	b.sessions[0].Account = "bob"
	dir := serve(t, a, b)
	if r := do(t, dir, "kick 4194307"); r.status != exitFailure || !strings.Contains(r.errs, "have a session 4194307 each: say which by --server") {
		t.Errorf("an ambiguous number: %+v", r)
	}
	if r := do(t, dir, "kick 4194306"); r.status != 0 || !slices.Equal(a.told, []string{"kick 4194306"}) {
		t.Errorf("a number of one of them: %+v, told %q", r, a.told)
	}
	if r := do(t, dir, "kick -u bob"); r.status != 0 || !slices.Equal(b.told, []string{"kick 4194307"}) {
		t.Errorf("a user of one of them: %+v, told %q", r, b.told)
	}
	if r := do(t, dir, "drain"); r.status != exitUsage || !strings.Contains(r.errs, "there are 2 servers") {
		t.Errorf("drain without saying which: %+v", r)
	}
	if r := do(t, dir, "metrics"); r.status != exitUsage || !strings.Contains(r.errs, "there are 2 servers") {
		t.Errorf("metrics without saying of which: %+v", r)
	}
	if r := do(t, dir, "drain --all"); r.status != 0 || a.told[1] != "drain" || b.told[1] != "drain" {
		t.Errorf("drain --all: %+v", r)
	}
	if r := do(t, dir, "limit user joe 5"); r.status != 0 || len(a.told) != 3 || len(b.told) != 3 {
		t.Errorf("a user's limit is for all servers: %+v", r)
	}
}

func TestHelp(t *testing.T) {
	for _, line := range []string{"", "help", "-h", "--help"} {
		if r := do(t, "/", line); r.status != 0 || !strings.HasPrefix(r.out, "Usage: pure-ftpctl COMMAND") || strings.Contains(r.out, "complete\t") {
			t.Errorf("%q: %+v", line, r)
		}
	}
	for _, c := range commands() {
		if c.hidden {
			continue
		}
		if r := do(t, "/", c.name+" --help"); r.status != 0 || !strings.HasPrefix(r.out, strings.TrimSpace("Usage: pure-ftpctl "+c.name+" "+c.words)+"\n") {
			t.Errorf("%s --help: %+v", c.name, r)
		}
	}
}

func TestTimes(t *testing.T) {
	for text, want := range map[string]time.Duration{"90s": 90 * time.Second, "30m": 30 * time.Minute, "12h": 12 * time.Hour, "7d": 168 * time.Hour, "1h30m": 90 * time.Minute} {
		if got, err := parseTime(text); err != nil || got != want {
			t.Errorf("parseTime(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for want, d := range map[string]time.Duration{"0s": -time.Second, "1m30s": 90 * time.Second, "3d": 80 * time.Hour} {
		if got := span(d); got != want {
			t.Errorf("span(%v) = %s; want %s", d, got, want)
		}
	}
}

func TestComplete(t *testing.T) {
	sessions := three()
	sessions[1].Account = "$(touch /tmp/x)"
	kept := []control.Ban{{Address: "192.0.2.9"}, {Address: "2001:db8::/64"}}
	dir := serve(t, &server{sessions: sessions, bans: kept})
	all := []string{"--dir", "--server", "--help"}
	for line, want := range map[string][]string{
		"limit":          append([]string{"session", "user", "server"}, all...),
		"limit user":     append([]string{"joe"}, all...), // a login that a shell could run is no candidate
		"limit session":  append([]string{"4194305", "4194306", "4194307"}, all...),
		"limit server":   all,
		"kick 4194305":   append([]string{"4194305", "4194306", "4194307", "--user", "--address", "--all"}, all...),
		"kick -u":        {"joe"},
		"kick --address": {"192.0.2.1", "192.0.2.2"},
		"completion":     append([]string{"bash", "zsh", "fish"}, all...),
		"nosuch":         all,
		"trace 4194305":  all,
		"unban":          append([]string{"192.0.2.9", "2001:db8::/64"}, all...),
		"status --dir":   nil,
	} {
		got := candidates(t.Context(), append([]string{"--dir", dir}, strings.Fields(line)...))
		got = slices.DeleteFunc(got, func(s string) bool { return !plain(s) })
		slices.Sort(got)
		slices.Sort(want)
		if len(got)+len(want) > 0 && !reflect.DeepEqual(got, slices.Compact(slices.Clone(want))) {
			t.Errorf("after %q: %q; want %q", line, got, want)
		}
	}
	if got := candidates(t.Context(), nil); !slices.Contains(got, "kick") || slices.Contains(got, "complete") {
		t.Errorf("at first: %q", got)
	}
}

// TestCompletionInShells reads the scripts by the shells that are here, and has bash complete.
func TestCompletionInShells(t *testing.T) {
	for shell, script := range map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript} {
		if _, err := exec.LookPath(shell); err != nil {
			t.Logf("%s is not here", shell)
			continue
		}
		cmd := exec.Command(shell, "-n")
		cmd.Stdin = strings.NewReader(script)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s does not read the script: %v %s", shell, err, out)
		}
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no bash")
	}
	play := bashScript + `
pure-ftpctl() { [ "$*" = "complete kick -u" ] && printf '%s\n' joe 'j$(echo evil)' ann; }
COMP_WORDS=(pure-ftpctl kick -u j) COMP_CWORD=3
_pure_ftpctl
printf '<%s>' "${COMPREPLY[@]}"`
	out, err := exec.Command(bash, "-c", play).CombinedOutput()
	if want := "<joe><j$(echo evil)>"; err != nil || string(out) != want {
		t.Errorf("bash completes to %s, %v; want %s, not evaluated", out, err, want)
	}
}
