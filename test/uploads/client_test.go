//go:build privileged || oracle

package uploads

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

// login connects to an address, waits for a server that is starting, and logs in.
func login(t *testing.T, address, name string) *client {
	t.Helper()
	await(t, "the server", open)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return newClient(t, conn, name)
}

func newClient(t *testing.T, conn net.Conn, name string) *client {
	t.Helper()
	if err := conn.SetDeadline(time.Now().Add(2 * patience)); err != nil {
		t.Fatal(err)
	}
	c := &client{t, conn, textproto.NewConn(conn)}
	t.Cleanup(func() { conn.Close() })
	c.reply(220)
	if name == "ftp" {
		c.ask(230, "USER ftp")
	} else {
		c.ask(331, "USER "+name)
		c.ask(230, "PASS secret")
	}
	c.ask(200, "TYPE I")
	return c
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

// send begins an upload, writes data, and returns the data connection.
func (c *client) send(command, data string) *net.TCPConn {
	c.t.Helper()
	text := c.ask(229, "EPSV")
	var port int
	if _, err := fmt.Sscanf(text[strings.Index(text, "|||"):], "|||%d|", &port); err != nil {
		c.t.Fatalf("%q: %v", text, err)
	}
	host, _, err := net.SplitHostPort(c.conn.RemoteAddr().String())
	if err != nil {
		c.t.Fatal(err)
	}
	conn, err := net.Dial("tcp", net.JoinHostPort(host, fmt.Sprint(port)))
	if err != nil {
		c.t.Fatal(err)
	}
	c.ask(150, command)
	if _, err := io.WriteString(conn, data); err != nil {
		c.t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

// store uploads a file.
func (c *client) store(command, data string) {
	c.t.Helper()
	if err := c.send(command, data).Close(); err != nil {
		c.t.Fatal(err)
	}
	c.reply(226)
}

// numbers uploads files that are called by their numbers.
func (c *client) numbers(first, n int) {
	c.t.Helper()
	for i := first; i < first+n; i++ {
		c.store(fmt.Sprint("STOR ", i), "x")
	}
}

// abort breaks an upload off when its data has come.
func (c *client) abort(command, data string) {
	c.t.Helper()
	conn := c.send(command, data)
	time.Sleep(50 * time.Millisecond) // a reset would overtake the data
	if err := conn.SetLinger(0); err != nil {
		c.t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		c.t.Fatal(err)
	}
	if code, _, err := c.text.ReadResponse(0); code < 400 {
		c.t.Errorf("reply %d (%v) to an upload that broke off", code, err)
	}
}
