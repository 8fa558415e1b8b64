package dialogue

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// stepLimit is how long one step may take: longer than the longest pause of a server on purpose.
const stepLimit = 40 * time.Second

// A Dialer opens a control connection, from a local address and to the server's address of that
// name; both may be "".
type Dialer func(from, to string) (net.Conn, error)

// Play replays a conversation. Its error holds what was said up to the step that went wrong.
// expand replaces placeholders in what the client says and in what it must hear.
func Play(script Script, dial Dialer, expand func(string) string) error {
	p := &player{dial: dial, expand: expand, conns: make(map[int]*conn)}
	defer p.close()
	for i := 0; i < len(script); {
		n := group(script[i:])
		if err := p.step(script[i : i+n]); err != nil {
			return fmt.Errorf("line %d: %w\n%s", script[i].Line, err, p.said.String())
		}
		i += n
	}
	return nil
}

// group returns how many of the first steps belong together: the lines of one reply, or of the
// data of one transfer.
func group(steps Script) int {
	first := steps[0]
	for n, step := range steps {
		if step.Op != first.Op || step.Conn != first.Conn {
			return n
		}
		switch step.Op {
		case Hear, HearExact:
			if patternLast.MatchString(step.Text) || step.Text == "closed" {
				return n + 1
			}
		case DataLines, DataSet, DataAll:
		default:
			return 1
		}
	}
	return len(steps)
}

// A player is the state of a replay.
type player struct {
	dial   Dialer
	expand func(string) string
	conns  map[int]*conn // control connections by number
	said   strings.Builder
}

// A conn is a control connection with its data connection.
type conn struct {
	net.Conn // raw, or TLS over it
	raw      net.Conn
	tls      *tls.Config // of data connections; nil without TLS
	number   int
	r        *bufio.Reader

	passive  string       // address that PASV or EPSV answered
	listener net.Listener // for the server to connect to
	data     net.Conn
}

func (p *player) close() {
	for _, c := range p.conns {
		c.Close()
		if c.data != nil {
			c.data.Close()
		}
		if c.listener != nil {
			c.listener.Close()
		}
	}
}

func (p *player) note(format string, args ...any) { fmt.Fprintf(&p.said, "\t"+format+"\n", args...) }

// conn returns the control connection of a number, opened now if it is not there.
func (p *player) conn(number int, from, to string) (*conn, error) {
	if c := p.conns[number]; c != nil {
		return c, nil
	}
	raw, err := p.dial(from, to)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: raw, raw: raw, number: number, r: bufio.NewReader(raw)}
	p.conns[number] = c
	return c, nil
}

// step does what a group of steps says.
func (p *player) step(steps Script) error {
	first := steps[0]
	text := p.expand(first.Text)
	if first.Op == Wait {
		d, err := time.ParseDuration(text)
		<-time.After(d)
		return err
	}
	if first.Op == Act {
		return p.act(first.Conn, text)
	}
	c, err := p.conn(first.Conn, "", "")
	if err != nil {
		return err
	}
	limit := time.Now().Add(stepLimit)
	if err := c.SetDeadline(limit); err != nil {
		return err
	}
	if c.data != nil {
		if err := c.data.SetDeadline(limit); err != nil {
			return err
		}
	}
	patterns := make([]string, len(steps))
	for i, step := range steps {
		b, err := unescape(p.expand(step.Text))
		if err != nil {
			return err
		}
		patterns[i] = string(b)
	}
	switch first.Op {
	case Login:
		return p.login(c, text)
	case Send:
		return p.send(c, text, "\r\n")
	case SendRaw:
		return p.send(c, text, "")
	case Hear, HearExact:
		return p.hear(c, patterns, first.Op == HearExact)
	case DataSend:
		return p.dataSend(c, text)
	case DataAll:
		return p.dataAll(c, strings.Join(patterns, ""))
	case DataLines, DataSet:
		return p.dataLines(c, patterns, first.Op == DataSet)
	}
	return p.data(c, text)
}

// login logs user in with the password that all users of dialogues have.
func (p *player) login(c *conn, user string) error {
	user, secure := strings.CutSuffix(user, " tls")
	if secure {
		for _, step := range []func() error{
			func() error { return p.hear(c, []string{"220 *"}, false) },
			func() error { return p.ask(c, "AUTH TLS", "234 *") },
			func() error { return p.beginTLS(c, nil) },
			func() error { return p.ask(c, "USER "+user, "331 *") },
			func() error { return p.ask(c, "PASS secret", "230 *") },
			func() error { return p.ask(c, "PBSZ 0", "200 PBSZ=0") },
			func() error { return p.ask(c, "PROT P", "200 *") },
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	}
	for _, step := range []struct{ command, reply string }{
		{"", "220 *"}, {"USER " + user, "331 *"}, {"PASS secret", "230 *"},
	} {
		if step.command != "" {
			if err := p.send(c, step.command, "\r\n"); err != nil {
				return err
			}
		}
		if err := p.hear(c, []string{step.reply}, false); err != nil {
			return err
		}
	}
	return nil
}

func (p *player) send(c *conn, text, end string) error {
	if err := p.listen(c, &text); err != nil {
		return err
	}
	b, err := unescape(text)
	if err != nil {
		return err
	}
	p.note("C%d: %.300s", c.number, text)
	_, err = c.Write(append(b, end...))
	return err
}

// hear reads the next reply and compares it with patterns. The one pattern `closed` wants the
// connection to end instead.
func (p *player) hear(c *conn, patterns []string, exact bool) error {
	reply, err := readReply(c.r)
	for _, line := range reply {
		p.note("S%d: %s", c.number, line)
	}
	if patterns[0] == "closed" {
		if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("the connection is open; want it closed")
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("want %q: %w", patterns[len(patterns)-1], err)
	}
	last := reply[len(reply)-1]
	if host, _, err := net.SplitHostPort(c.RemoteAddr().String()); err == nil {
		if h, port, err := passiveAddress(last, host); err == nil {
			c.passive = net.JoinHostPort(h, fmt.Sprint(port))
		}
	}
	return matchReply(patterns, reply, exact)
}

// act does something with a control connection other than talk.
func (p *player) act(number int, text string) error {
	p.note("C%d! %s", number, text)
	verb, arg, _ := strings.Cut(text, " ")
	switch verb {
	case "connect":
		var from, to string
		for _, word := range strings.Fields(arg) {
			if address, ok := strings.CutPrefix(word, "from="); ok {
				from = address
			}
			if address, ok := strings.CutPrefix(word, "to="); ok {
				to = address
			}
		}
		_, err := p.conn(number, from, to)
		return err
	case "close", "reset":
		c, err := p.conn(number, "", "")
		if err != nil {
			return err
		}
		if tcp, ok := c.raw.(*net.TCPConn); ok && verb == "reset" {
			tcp.SetLinger(0)
		}
		delete(p.conns, number)
		if verb == "reset" {
			return c.raw.Close()
		}
		return c.Close()
	case "shut":
		c, err := p.conn(number, "", "")
		if err != nil {
			return err
		}
		return c.raw.(*net.TCPConn).CloseWrite()
	case "tls", "clear":
		c, err := p.conn(number, "", "")
		if err != nil {
			return err
		}
		if err := c.SetDeadline(time.Now().Add(stepLimit)); err != nil {
			return err
		}
		if verb == "clear" {
			return p.endTLS(c)
		}
		return p.beginTLS(c, strings.Fields(arg))
	}
	return fmt.Errorf("a client cannot %q", verb)
}

// readAll reads what is left in the data connection, which is closed then.
func (p *player) readAll(c *conn) (string, error) {
	d, err := p.dataConn(c)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(d)
	p.note("D%d< %d bytes", c.number, len(b))
	if err == nil {
		err = ended(d)
	}
	d.Close()
	c.data = nil
	return string(b), err
}
