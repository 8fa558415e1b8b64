package start

import (
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

// A client is one session as a client sees it.
type client struct {
	t    *testing.T
	conn net.Conn
	text *textproto.Conn
}

// dial connects and reads nothing.
func dial(t *testing.T, address string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(2 * patience)); err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, conn: conn, text: textproto.NewConn(conn)}
	t.Cleanup(func() { c.conn.Close() })
	return c
}

// greeted connects and reads the greeting.
func greeted(t *testing.T, address string) *client {
	t.Helper()
	c := dial(t, address)
	c.reply(220)
	return c
}

// user connects and logs in with the password secret.
func user(t *testing.T, address, name string) *client {
	t.Helper()
	c := greeted(t, address)
	c.ask(331, "USER "+name)
	c.ask(230, "PASS secret")
	return c
}

// reply reads one and returns its text.
func (c *client) reply(code int) string {
	c.t.Helper()
	got, message, err := c.text.ReadResponse(0)
	if got != code {
		c.t.Fatalf("reply %d %q (%v); want %d", got, message, err, code)
	}
	return message
}

// ask sends a command and returns the text of its reply.
func (c *client) ask(code int, line string) string {
	c.t.Helper()
	if err := c.text.PrintfLine("%s", line); err != nil {
		c.t.Fatal(err)
	}
	return c.reply(code)
}

// data opens a data connection by EPSV.
func (c *client) data() net.Conn {
	c.t.Helper()
	var number int
	text := c.ask(229, "EPSV")
	if _, err := fmt.Sscanf(text[strings.Index(text, "|||"):], "|||%d|", &number); err != nil {
		c.t.Fatalf("%q: %v", text, err)
	}
	host, _, err := net.SplitHostPort(c.conn.RemoteAddr().String())
	if err != nil {
		c.t.Fatal(err)
	}
	conn, err := net.Dial("tcp", net.JoinHostPort(host, fmt.Sprint(number)))
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(2 * patience)); err != nil {
		c.t.Fatal(err)
	}
	return conn
}

// store uploads a file.
func (c *client) store(name, content string) {
	c.t.Helper()
	c.ask(200, "TYPE I")
	conn := c.data()
	c.ask(150, "STOR "+name)
	if _, err := io.WriteString(conn, content); err != nil {
		c.t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		c.t.Fatal(err)
	}
	c.reply(226)
}

// fetch downloads a file.
func (c *client) fetch(name string) string {
	c.t.Helper()
	c.ask(200, "TYPE I")
	conn := c.data()
	c.ask(150, "RETR "+name)
	content, err := io.ReadAll(conn)
	if err != nil {
		c.t.Fatal(err)
	}
	c.reply(226)
	return string(content)
}

// works uploads a file and downloads it again.
func (c *client) works() {
	c.t.Helper()
	const content = "there and back again\n"
	c.store("trip.txt", content)
	if got := c.fetch("trip.txt"); got != content {
		c.t.Errorf("fetched %q; want %q", got, content)
	}
}

// closed reads to the end of the connection and returns what came before it.
func (c *client) closed() string {
	c.t.Helper()
	rest, err := io.ReadAll(c.text.R)
	if err != nil {
		c.t.Errorf("the connection did not end: %v", err)
	}
	return string(rest)
}
