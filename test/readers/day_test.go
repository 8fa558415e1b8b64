//go:build clients

package readers

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"pureftpd/test/harness"
)

var readers = flag.String("readers", "", "the `folder` into which test/readers/fetch.sh has unpacked the readers")

const patience = 20 * time.Second

// What happens on the day.
const (
	uploads      = 4 // three of ann's, one of which breaks off, and one of bob's
	downloads    = 3 // two of ann's, one of an anonymous user's
	fileSize     = 300 << 10
	abortedSize  = 1000
	uploadedSize = 3*fileSize + abortedSize
	sentSize     = 3 * fileSize
	failures     = 5 // logins that fail, of which three have odd names
	guesses      = 2 // more of them, of an address that is banned for them
	lowLogins    = 1 // logins that are refused for the uid
)

// A day is what is left of it.
type day struct {
	syslog             string // as a log daemon writes it
	clf, w3c, xferlog  string // pathnames
	home               string
	lines, connections int
}

// newDay lets a server live through the day.
func newDay(t *testing.T) *day {
	t.Helper()
	if *readers == "" {
		t.Fatal("no readers: run test/readers.sh")
	}
	binary, err := harness.Build(t.TempDir(), "pure-ftpd")
	if err != nil {
		t.Fatal(err)
	}
	s := harness.Start(t, new(harness.Ports), harness.Config{
		Binary: binary, Staged: true,
		Options: []string{"-H", "-u", "2000", "--banexempt", "none", "--banafter", "2", "-O", "clf:$DIR/clf", "-O", "w3c:$DIR/w3c", "-O", "xferlog:$DIR/xferlog"},
		Users: "ann:secret:$UID:$GID::$DIR/home/./::::::::::::\n" +
			"bob:secret:$UID:$GID::$DIR/home/::::::::::::\n" +
			"low:secret:1500:1500::$DIR/home/./::::::::::::\n",
		Files: map[string]string{"ftp/pub.bin": strings.Repeat("p", fileSize)},
	})
	d := &day{
		clf: filepath.Join(s.Dir, "clf"), w3c: filepath.Join(s.Dir, "w3c"), xferlog: filepath.Join(s.Dir, "xferlog"),
		home: filepath.Join(s.Dir, "home"),
	}
	visit := func(from string) *harness.Client {
		conn, err := s.Dial(from, "")
		if err != nil {
			t.Fatal(err)
		}
		d.connections++
		c := harness.NewClient(t, conn, 2*patience)
		c.Reply(220)
		return c
	}
	d.live(visit, func() {
		conn, err := s.Dial("127.0.0.40", "")
		if err != nil {
			t.Fatal(err)
		}
		client := harness.NewClient(t, conn, patience)
		defer client.Close()
		client.Reply(421)
	})
	logouts := func() int { return strings.Count(strings.Join(s.Log.Lines(), "\n"), "] Logout.") }
	for limit := time.Now().Add(patience); logouts() < d.connections; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("%d logouts of %d: %q", logouts(), d.connections, s.Log.Lines())
		}
	}
	var text strings.Builder
	for _, line := range s.Log.Lines() { // as rsyslog does: without the priority, with the name of the machine
		_, line, _ = strings.Cut(line, ">")
		text.WriteString(line[:15] + " machine" + line[15:] + "\n")
		d.lines++
	}
	d.syslog = filepath.Join(t.TempDir(), "syslog")
	if err := os.WriteFile(d.syslog, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return d
}

// live is the day itself. banned is one more visit of the address that is banned.
func (d *day) live(visit func(from string) *harness.Client, banned func()) {
	data := strings.Repeat("x", fileSize)
	ann := visit("127.0.0.2")
	ann.Login("ann")
	ann.Store("one", data)
	ann.Store("with space é", data)
	ann.Fetch("one")
	ann.Fetch("with space é")
	ann.Abort("STOR half", strings.Repeat("x", abortedSize))
	ann.Ask(250, "DELE one")
	ann.Ask(350, "RNFR half")
	ann.Ask(250, "RNTO whole")
	ann.Ask(550, "CWD nosuch")
	ann.Ask(221, "QUIT")
	bob := visit("127.0.0.3")
	bob.Login("bob")
	bob.Store("two", data)
	bob.Ask(221, "QUIT")
	guest := visit("127.0.0.4")
	guest.Ask(230, "USER ftp")
	guest.Ask(200, "TYPE I")
	guest.Fetch("pub.bin")
	guest.Ask(221, "QUIT")
	for i, name := range names() {
		c := visit(fmt.Sprint("127.0.0.", 10+i))
		c.Ask(331, "USER "+name)
		c.Ask(530, "PASS wrong")
		c.Ask(221, "QUIT")
	}
	guesser := visit("127.0.0.40")
	guesser.Ask(331, "USER ann")
	guesser.Ask(530, "PASS wrong")
	guesser.Ask(331, "USER bob")
	guesser.Ask(421, "PASS wrong") // the address is banned now; there is no line about its logout
	d.connections--
	banned()
	low := visit("127.0.0.30")
	low.Ask(331, "USER low")
	low.Ask(530, "PASS secret")
	low.Ask(221, "QUIT")
}

// names are those of logins that fail. Some are made to look like the end of one line and the beginning of another.
func names() []string {
	return []string{
		"ann", "nobody",
		"x] (?@10.0.0.1) [WARNING] Authentication failed for user [y",
		"x@10.0.0.2) [WARNING] Authentication failed for user [y",
		"(?@10.0.0.3) [INFO] ann is now logged in",
	}
}

// run runs a shell command. $R is the folder of the readers.
func run(t *testing.T, command string, args ...string) string {
	t.Helper()
	cmd := exec.Command("sh", append([]string{"-euc", command, "sh"}, args...)...)
	cmd.Env = append(os.Environ(), "R="+*readers, "PYTHONPATH="+*readers+"/usr/lib/python3/dist-packages", "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

// holds checks that a text matches each of some patterns.
func holds(t *testing.T, text string, patterns ...string) {
	t.Helper()
	for _, pattern := range patterns {
		if !regexp.MustCompile(pattern).MatchString(text) {
			t.Errorf("nothing matches %s in\n%.6000s", pattern, text)
		}
	}
}
