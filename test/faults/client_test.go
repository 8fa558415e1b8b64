//go:build privileged

package faults

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	replyLimit = 45 * time.Second // how long a client waits for a reply
	dataLimit  = 15 * time.Second // and for all of a data connection
)

// A client is one control connection. Its methods return errors, as many are used from several goroutines.
type client struct {
	conn net.Conn
	in   *bufio.Reader
	from string
}

// A reply is all lines of one.
type reply struct {
	code int
	text string
}

func (r reply) String() string { return strings.TrimRight(r.text, "\r\n") }

// ok reports whether the reply is a success.
func (r reply) ok() bool { return r.code >= 200 && r.code < 300 }

// connect opens a control connection from a local address; it reads no greeting.
func (s *site) connect(from string) (*client, error) {
	d := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := d.Dial("tcp", s.address())
	if err != nil {
		return nil, err
	}
	return &client{conn: conn, in: bufio.NewReaderSize(conn, 512), from: from}, nil
}

// enter connects and logs the user in.
func (s *site) enter(from string) (*client, error) { return s.enterAs(from, user) }

func (s *site) enterAs(from, name string) (*client, error) {
	c, err := s.connect(from)
	if err != nil {
		return nil, err
	}
	if err = c.want(220, ""); err == nil {
		err = c.logIn(name, password)
	}
	if err == nil {
		err = c.want(200, "TYPE I")
	}
	if err != nil {
		return nil, errors.Join(err, c.conn.Close())
	}
	return c, nil
}

// login is enter for a test that cannot go on without. The connection is closed with the test.
func (s *site) login(t *testing.T) *client {
	t.Helper()
	return s.loginAs(t, user)
}

func (s *site) loginAs(t *testing.T, name string) *client {
	t.Helper()
	c, err := s.enterAs("127.0.0.1", name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.conn.Close() })
	return c
}

func (c *client) logIn(name, secret string) error {
	if err := c.want(331, "USER "+name); err != nil {
		return err
	}
	return c.want(230, "PASS "+secret)
}

// read reads one reply.
func (c *client) read() (reply, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(replyLimit)); err != nil {
		return reply{}, err
	}
	var r reply
	for {
		line, err := c.in.ReadString('\n')
		r.text += line
		if err != nil {
			return r, fmt.Errorf("reply %q: %w", r.text, err)
		}
		if len(line) > 3 && line[3] == ' ' {
			if code, err := strconv.Atoi(line[:3]); err == nil && (r.code == 0 || r.code == code) {
				r.code = code
				return r, nil
			}
		}
		if len(line) > 3 && line[3] == '-' && r.code == 0 {
			r.code, _ = strconv.Atoi(line[:3])
		}
	}
}

// do sends a command and reads its reply.
func (c *client) do(command string) (reply, error) {
	if _, err := io.WriteString(c.conn, command+"\r\n"); err != nil {
		return reply{}, err
	}
	return c.read()
}

// want sends a command, if it is not empty, and expects the code of its reply.
func (c *client) want(code int, command string) error {
	var r reply
	var err error
	if command == "" {
		r, err = c.read()
	} else {
		r, err = c.do(command)
	}
	if err == nil && r.code != code {
		err = fmt.Errorf("answered %q", r)
	}
	if err != nil {
		return fmt.Errorf("%.100q: want %d: %w", command, code, err)
	}
	return nil
}

// expect is want for a test's own goroutine.
func (c *client) expect(t *testing.T, code int, command string) {
	t.Helper()
	if err := c.want(code, command); err != nil {
		t.Error(err)
	}
}

// passive opens a data connection.
func (c *client) passive() (*net.TCPConn, error) {
	port, err := c.epsv()
	if err != nil {
		return nil, err
	}
	return dialData(c.from, port)
}

func dialData(from string, port int) (*net.TCPConn, error) {
	d := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := d.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(dataLimit)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn.(*net.TCPConn), nil
}

// epsv asks for a passive port.
func (c *client) epsv() (int, error) {
	r, err := c.do("EPSV")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(r.text, "(|||")
	number, _, _ := strings.Cut(rest, "|")
	port, err := strconv.Atoi(number)
	if r.code != 229 || err != nil {
		return 0, fmt.Errorf("EPSV: answered %q", r)
	}
	return port, nil
}

// open begins a transfer. If the server refuses it there is no connection, and the reply says why.
func (c *client) open(command string) (*net.TCPConn, reply, error) {
	data, err := c.passive()
	if err != nil {
		return nil, reply{}, err
	}
	r, err := c.do(command)
	if err != nil || r.code != 150 {
		return nil, r, errors.Join(err, data.Close())
	}
	return data, r, nil
}

// get runs a command that sends data, and returns what came and the final reply.
func (c *client) get(command string) ([]byte, reply, error) {
	data, r, err := c.open(command)
	if data == nil {
		return nil, r, err
	}
	got, broken := io.ReadAll(data) // if the connection broke, the reply tells, too
	data.Close()
	r, err = c.read()
	if err == nil && timedOut(broken) {
		err = fmt.Errorf("the data connection stayed open without end, %d bytes came, then %q", len(got), r)
	}
	return got, r, err
}

// put runs a command that takes data, and returns the final reply. The server may stop reading before the end.
func (c *client) put(command string, content []byte) (reply, error) {
	data, r, err := c.open(command)
	if data == nil {
		return r, err
	}
	_, _ = data.Write(content) // the reply tells
	data.Close()
	return c.read()
}

// fetch gets a file and checks it.
func (c *client) fetch(name string, want []byte) error {
	got, r, err := c.get("RETR " + name)
	switch {
	case err != nil:
		return fmt.Errorf("RETR %s: %w", name, err)
	case r.code != 226:
		return fmt.Errorf("RETR %s: answered %q", name, r)
	case !bytes.Equal(got, want):
		return fmt.Errorf("RETR %s: got %d bytes %.20q, want %d bytes %.20q", name, len(got), got, len(want), want)
	}
	return nil
}

// store puts a file and expects success.
func (c *client) store(name string, content []byte) error {
	r, err := c.put("STOR "+name, content)
	if err == nil && r.code != 226 {
		err = fmt.Errorf("answered %q", r)
	}
	if err != nil {
		return fmt.Errorf("STOR %s: %w", name, err)
	}
	return nil
}

// alive checks that a session works in both directions.
func (c *client) alive(t *testing.T) {
	t.Helper()
	text := []byte("still here")
	if err := errors.Join(c.store("alive.txt", text), c.fetch("alive.txt", text), c.want(250, "DELE alive.txt")); err != nil {
		t.Error(err)
	}
}
