package dialogue

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// data does something with the data connection.
func (p *player) data(c *conn, text string) error {
	p.note("D%d: %s", c.number, text)
	verb, arg, _ := strings.Cut(text, " ")
	switch verb {
	case "passive":
		if err := p.ask(c, "EPSV", "229 *"); err != nil {
			return err
		}
		return p.open(c, "")
	case "active":
		return p.ask(c, "EPRT $EADDR", "200 *")
	case "open":
		return p.open(c, arg)
	case "tls":
		return p.dataTLS(c, arg)
	case "refused":
		if p.open(c, arg) == nil {
			return errors.New("the data connection was accepted")
		}
		return nil
	}
	return p.dataUse(c, verb, arg)
}

// dataUse does something with a data connection that is open.
func (p *player) dataUse(c *conn, verb, arg string) error {
	d, err := p.dataConn(c)
	if err != nil {
		return err
	}
	switch verb {
	case "close", "reset", "cut":
		if conn, ok := d.(*tls.Conn); ok && verb != "close" {
			d = conn.NetConn().(*wire).Conn // without the end of TLS
		}
		if tcp, ok := d.(*net.TCPConn); ok && verb == "reset" {
			tcp.SetLinger(0)
		}
		c.data = nil
		return d.Close()
	case "connected":
		return nil
	case "eof":
		return p.dataAll(c, "")
	case "drain":
		p.readAll(c)
		return nil
	case "size":
		got, err := p.readAll(c)
		if want, _ := strconv.Atoi(arg); err != nil || len(got) != want {
			return fmt.Errorf("%d bytes of data; want %s (%v)", len(got), arg, err)
		}
		return nil
	case "send":
		n, err := strconv.Atoi(arg)
		if err != nil {
			return err
		}
		_, err = io.CopyN(d, pattern{}, int64(n))
		return err
	case "receive":
		n, err := strconv.Atoi(arg)
		if err != nil {
			return err
		}
		_, err = io.CopyN(io.Discard, d, int64(n))
		return err
	}
	return fmt.Errorf("nothing is called %q", verb)
}

// A pattern is an endless source of bytes that are not all alike.
type pattern struct{}

func (pattern) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = "0123456789abcdef"[i%16]
	}
	return len(b), nil
}

func (p *player) ask(c *conn, command, reply string) error {
	if err := p.send(c, command, "\r\n"); err != nil {
		return err
	}
	return p.hear(c, []string{reply}, false)
}

// open connects to the address that the server named last; from may be a local address.
func (p *player) open(c *conn, from string) error {
	if c.data != nil {
		c.data.Close()
	}
	var d net.Dialer
	if from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	d.Timeout = stepLimit
	var err error
	c.data, err = d.Dial("tcp", c.passive)
	if err != nil {
		c.data = nil
	}
	return err
}

// listen replaces $ADDR and $EADDR in a command by the address of a new listener, as PORT and
// EPRT write it.
func (p *player) listen(c *conn, command *string) error {
	if !strings.Contains(*command, "$ADDR") && !strings.Contains(*command, "$EADDR") {
		return nil
	}
	local := c.LocalAddr().(*net.TCPAddr).IP
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: local})
	if err != nil {
		return err
	}
	if c.listener != nil {
		c.listener.Close()
	}
	if c.data != nil {
		c.data.Close()
		c.data = nil
	}
	c.listener = l
	port, family := l.Addr().(*net.TCPAddr).Port, 1
	if local.To4() == nil {
		family = 2
	}
	commas := fmt.Sprintf("%s,%d,%d", strings.ReplaceAll(local.String(), ".", ","), port>>8, port&255)
	bars := fmt.Sprintf("|%d|%s|%d|", family, local, port)
	*command = strings.NewReplacer("$ADDR", commas, "$EADDR", bars).Replace(*command)
	return nil
}

// dataConn returns the data connection, accepted now if the server was told to connect.
func (p *player) dataConn(c *conn) (net.Conn, error) {
	if c.data == nil && c.listener != nil {
		if l, ok := c.listener.(*net.TCPListener); ok {
			if err := l.SetDeadline(time.Now().Add(stepLimit)); err != nil {
				return nil, err
			}
		}
		d, err := c.listener.Accept()
		if err != nil {
			return nil, err
		}
		c.data = d
		c.listener.Close()
		c.listener = nil
		return d, d.SetDeadline(time.Now().Add(stepLimit))
	}
	if c.data == nil {
		return nil, errors.New("there is no data connection")
	}
	return c.data, nil
}

func (p *player) dataSend(c *conn, text string) error {
	b, err := unescape(text)
	if err != nil {
		return err
	}
	d, err := p.dataConn(c)
	if err != nil {
		return err
	}
	p.note("D%d> %.300s", c.number, text)
	_, err = d.Write(b)
	return err
}

// dataAll reads all data; want is what it must be.
func (p *player) dataAll(c *conn, want string) error {
	got, err := p.readAll(c)
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("data %q; want %q", got, want)
	}
	return nil
}

func (p *player) dataLines(c *conn, patterns []string, anyOrder bool) error {
	got, err := p.readAll(c)
	if err != nil {
		return err
	}
	return matchLines(patterns, got, anyOrder)
}
