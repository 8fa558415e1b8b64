//go:build clients

package readers

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/textproto"
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
		Options: []string{"-H", "-u", "2000", "-O", "clf:$DIR/clf", "-O", "w3c:$DIR/w3c", "-O", "xferlog:$DIR/xferlog"},
		Users: "ann:secret:$UID:$GID::$DIR/home/./::::::::::::\n" +
			"bob:secret:$UID:$GID::$DIR/home/::::::::::::\n" +
			"low:secret:1500:1500::$DIR/home/./::::::::::::\n",
		Files: map[string]string{"ftp/pub.bin": strings.Repeat("p", fileSize)},
	})
	d := &day{
		clf: filepath.Join(s.Dir, "clf"), w3c: filepath.Join(s.Dir, "w3c"), xferlog: filepath.Join(s.Dir, "xferlog"),
		home: filepath.Join(s.Dir, "home"),
	}
	visit := func(from string) *client {
		conn, err := s.Dial(from, "")
		if err != nil {
			t.Fatal(err)
		}
		d.connections++
		return greeted(t, conn)
	}
	d.live(visit)
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

// live is the day itself.
func (d *day) live(visit func(from string) *client) {
	data := strings.Repeat("x", fileSize)
	ann := visit("127.0.0.2")
	ann.login("ann")
	ann.store("one", data)
	ann.store("with space é", data)
	ann.fetch("one", fileSize)
	ann.fetch("with space é", fileSize)
	ann.abort("half", strings.Repeat("x", abortedSize))
	ann.ask(250, "DELE one")
	ann.ask(350, "RNFR half")
	ann.ask(250, "RNTO whole")
	ann.ask(550, "CWD nosuch")
	ann.ask(221, "QUIT")
	bob := visit("127.0.0.3")
	bob.login("bob")
	bob.store("two", data)
	bob.ask(221, "QUIT")
	guest := visit("127.0.0.4")
	guest.ask(230, "USER ftp")
	guest.ask(200, "TYPE I")
	guest.fetch("pub.bin", fileSize)
	guest.ask(221, "QUIT")
	for i, name := range names() {
		c := visit(fmt.Sprint("127.0.0.", 10+i))
		c.ask(331, "USER "+name)
		c.ask(530, "PASS wrong")
		c.ask(221, "QUIT")
	}
	low := visit("127.0.0.30")
	low.ask(331, "USER low")
	low.ask(530, "PASS secret")
	low.ask(221, "QUIT")
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

// A client is one session as a client sees it.
type client struct {
	t    *testing.T
	conn net.Conn
	text *textproto.Conn
}

func greeted(t *testing.T, conn net.Conn) *client {
	t.Helper()
	if err := conn.SetDeadline(time.Now().Add(2 * patience)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	c := &client{t, conn, textproto.NewConn(conn)}
	c.reply(220)
	return c
}

func (c *client) login(name string) {
	c.t.Helper()
	c.ask(331, "USER "+name)
	c.ask(230, "PASS secret")
	c.ask(200, "TYPE I")
}

func (c *client) reply(code int) string {
	c.t.Helper()
	got, message, err := c.text.ReadResponse(0)
	if got != code {
		c.t.Fatalf("reply %d %q (%v); want %d", got, message, err, code)
	}
	return message
}

func (c *client) ask(code int, line string) string {
	c.t.Helper()
	if err := c.text.PrintfLine("%s", line); err != nil {
		c.t.Fatal(err)
	}
	return c.reply(code)
}

// data opens a data connection, from the address of the client.
func (c *client) data() *net.TCPConn {
	c.t.Helper()
	text := c.ask(229, "EPSV")
	var port int
	if _, err := fmt.Sscanf(text[strings.Index(text, "|||"):], "|||%d|", &port); err != nil {
		c.t.Fatalf("%q: %v", text, err)
	}
	from := &net.TCPAddr{IP: c.conn.LocalAddr().(*net.TCPAddr).IP}
	conn, err := net.DialTCP("tcp", from, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		c.t.Fatal(err)
	}
	return conn
}

func (c *client) store(name, data string) {
	c.t.Helper()
	conn := c.data()
	c.ask(150, "STOR "+name)
	if _, err := io.WriteString(conn, data); err != nil {
		c.t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		c.t.Fatal(err)
	}
	c.reply(226)
}

func (c *client) fetch(name string, size int) {
	c.t.Helper()
	conn := c.data()
	defer conn.Close()
	c.ask(150, "RETR "+name)
	data, err := io.ReadAll(conn)
	if len(data) != size || err != nil {
		c.t.Fatalf("%s: %d bytes, %v; want %d", name, len(data), err, size)
	}
	c.reply(226)
}

func (c *client) abort(name, data string) {
	c.t.Helper()
	conn := c.data()
	c.ask(150, "STOR "+name)
	if _, err := io.WriteString(conn, data); err != nil {
		c.t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond) // a reset would overtake the data
	if err := conn.SetLinger(0); err != nil {
		c.t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		c.t.Fatal(err)
	}
	if code, _, err := c.text.ReadResponse(0); code < 400 {
		c.t.Fatalf("reply %d, %v", code, err)
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
