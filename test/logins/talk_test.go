//go:build backends

package logins

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"pureftpd/test/harness"
)

// replyLimit is how long a client waits: a login may take a source its time limit, and its failure a pause.
const replyLimit = 100 * time.Second

// A talk is a control connection.
type talk struct {
	conn net.Conn
	in   *bufio.Reader
	last string // line of a reply
}

// errTurnedAway is what dial returns when the server has too many clients.
var errTurnedAway = errors.New("greeting 421")

// dial connects to a server and reads its greeting.
func dial(s *harness.Server) (*talk, error) {
	conn, err := s.Dial("", "")
	if err != nil {
		return nil, err
	}
	c := &talk{conn: conn, in: bufio.NewReader(conn)}
	switch code, err := c.reply(); {
	case err == nil && code == "421":
		return nil, errors.Join(errTurnedAway, conn.Close())
	case err != nil || code != "220":
		return nil, errors.Join(fmt.Errorf("greeting %s, %s: %v", code, c.last, err), conn.Close())
	}
	return c, nil
}

// reply reads a reply and returns its code.
func (c *talk) reply() (string, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(replyLimit)); err != nil {
		return "", err
	}
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return "", err
		}
		c.last = strings.TrimSpace(line)
		if len(line) > 3 && line[3] == ' ' && strings.Trim(line[:3], "0123456789") == "" {
			return line[:3], nil
		}
	}
}

// ask sends a command and returns the code of its reply.
func (c *talk) ask(command string) (string, error) {
	if _, err := fmt.Fprintf(c.conn, "%s\r\n", command); err != nil {
		return "", err
	}
	return c.reply()
}

// login returns the code that a login ends with.
func (c *talk) login(user, password string) (string, error) {
	if code, err := c.ask("USER " + user); err != nil || code != "331" {
		return code, err
	}
	return c.ask("PASS " + password)
}

// login logs in on a connection of its own and returns the code that it ends with.
func login(s *harness.Server, user, password string) (string, error) {
	c, err := dial(s)
	if err != nil {
		return "", err
	}
	code, err := c.login(user, password)
	return code, errors.Join(err, c.conn.Close())
}

// wantLogin checks the code that a login ends with.
func wantLogin(t *testing.T, s *harness.Server, user, password, want string) {
	t.Helper()
	if code, err := login(s, user, password); err != nil || code != want {
		t.Errorf("login of %q with %q: %s, %v; want %s", user, password, code, err, want)
	}
}

// wantNoBan checks that a login that failed for want of an answer is none that fail2ban counts.
func wantNoBan(t *testing.T, s *harness.Server) {
	t.Helper()
	err := s.Log.Expect([]string{"[backend-down]", "Logout."}, func(text, line string) bool {
		if strings.Contains(line, "Authentication failed") {
			t.Errorf("the log has %q", line)
		}
		return strings.Contains(line, text)
	})
	if err != nil {
		t.Error(err)
	}
}

// wantLog checks that lines of the log hold these texts, in this order.
func wantLog(t *testing.T, s *harness.Server, texts ...string) {
	t.Helper()
	if err := s.Log.Expect(texts, func(text, line string) bool { return strings.Contains(line, text) }); err != nil {
		t.Error(err)
	}
}
