package harness

import (
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

// A Client is one session as a client sees it. What is not as expected ends the test.
type Client struct {
	net.Conn
	t    testing.TB
	text *textproto.Conn
}

// NewClient talks on a control connection, which has to end within limit, and reads nothing yet.
func NewClient(t testing.TB, conn net.Conn, limit time.Duration) *Client {
	t.Helper()
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	return &Client{conn, t, textproto.NewConn(conn)}
}

// Login logs in with the password secret, or as the anonymous ftp without one, and chooses binary transfers.
func (c *Client) Login(name string) {
	c.t.Helper()
	if name == "ftp" {
		c.Ask(230, "USER ftp")
	} else {
		c.Ask(331, "USER "+name)
		c.Ask(230, "PASS secret")
	}
	c.Ask(200, "TYPE I")
}

// Say sends a command; what comes of it is read apart.
func (c *Client) Say(line string) {
	c.t.Helper()
	if err := c.text.PrintfLine("%s", line); err != nil {
		c.t.Fatal(err)
	}
}

// Answer reads a reply, whatever it is.
func (c *Client) Answer() (code int, text string, err error) { return c.text.ReadResponse(0) }

// Reply reads a reply that has a code, and returns its text.
func (c *Client) Reply(code int) string {
	c.t.Helper()
	got, message, err := c.text.ReadResponse(0)
	if got != code {
		c.t.Fatalf("reply %d %q (%v); want %d", got, message, err, code)
	}
	return message
}

// Ask sends a command and returns the text of its reply.
func (c *Client) Ask(code int, line string) string {
	c.t.Helper()
	c.Say(line)
	return c.Reply(code)
}

// Data opens a data connection by EPSV, from the address of the client.
func (c *Client) Data() *net.TCPConn {
	c.t.Helper()
	text := c.Ask(229, "EPSV")
	var port int
	if _, err := fmt.Sscanf(text[strings.Index(text, "|||"):], "|||%d|", &port); err != nil {
		c.t.Fatalf("%q: %v", text, err)
	}
	from, to := c.LocalAddr().(*net.TCPAddr), c.RemoteAddr().(*net.TCPAddr)
	conn, err := net.DialTCP("tcp", &net.TCPAddr{IP: from.IP, Zone: from.Zone}, &net.TCPAddr{IP: to.IP, Zone: to.Zone, Port: port})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		c.t.Fatal(err)
	}
	return conn
}

// Send begins an upload, writes data, and returns the data connection.
func (c *Client) Send(command, data string) *net.TCPConn {
	c.t.Helper()
	conn := c.Data()
	c.Ask(150, command)
	if _, err := io.WriteString(conn, data); err != nil {
		c.t.Fatal(err)
	}
	return conn
}

// Store uploads a file.
func (c *Client) Store(name, data string) {
	c.t.Helper()
	c.Put("STOR "+name, data)
}

// Put uploads with a command.
func (c *Client) Put(command, data string) {
	c.t.Helper()
	if err := c.Send(command, data).Close(); err != nil {
		c.t.Fatal(err)
	}
	c.Reply(226)
}

// Fetch downloads a file.
func (c *Client) Fetch(name string) string {
	c.t.Helper()
	conn := c.Data()
	defer conn.Close()
	c.Ask(150, "RETR "+name)
	content, err := io.ReadAll(conn)
	if err != nil {
		c.t.Fatalf("%s: %v after %d bytes", name, err, len(content))
	}
	c.Reply(226)
	return string(content)
}

// Abort breaks an upload off when its data has come.
func (c *Client) Abort(command, data string) {
	c.t.Helper()
	conn := c.Send(command, data)
	time.Sleep(50 * time.Millisecond) // a reset would overtake the data
	if err := conn.SetLinger(0); err != nil {
		c.t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		c.t.Fatal(err)
	}
	if code, _, err := c.text.ReadResponse(0); code < 400 {
		c.t.Fatalf("reply %d (%v) to an upload that broke off", code, err)
	}
}

// Rest reads to the end of the connection and returns what came before it.
func (c *Client) Rest() string {
	c.t.Helper()
	rest, err := io.ReadAll(c.text.R)
	if err != nil {
		c.t.Errorf("the connection did not end: %v", err)
	}
	return string(rest)
}
