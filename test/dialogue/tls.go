package dialogue

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// A wire is a connection under TLS. It notes whether the server ended it before it ended TLS.
type wire struct {
	net.Conn
	ended bool
}

func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.ended = w.ended || err == io.EOF
	return n, err
}

// tlsVersions are the words for versions of TLS.
var tlsVersions = map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

// beginTLS does the handshake of the control connection. Words are version=V, name=N (SNI), alpn=P, and fails: it must fail.
func (p *player) beginTLS(c *conn, words []string) error {
	config := &tls.Config{
		InsecureSkipVerify: true, // the certificate is the test's own
		ServerName:         "localhost", ClientSessionCache: tls.NewLRUClientSessionCache(4), MinVersion: tls.VersionTLS10,
	}
	fails := false
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "version":
			config.MaxVersion = tlsVersions[value]
		case "name":
			config.ServerName = value
		case "alpn":
			config.NextProtos = []string{value}
		case "fails":
			fails = true
		default:
			return fmt.Errorf("TLS knows no %q", word)
		}
	}
	if c.r.Buffered() > 0 {
		return errors.New("the server has said something before TLS")
	}
	conn := tls.Client(c.raw, config)
	err := conn.Handshake()
	if fails {
		if err == nil {
			// In TLS 1.3 the client has finished first, and reads the server's refusal.
			_, err = conn.Read(make([]byte, 1))
		}
		if err == nil {
			return errors.New("the handshake succeeded; want it to fail")
		}
		p.note("C%d! TLS fails: %v", c.number, err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("TLS: %w", err)
	}
	c.tls = config
	c.Conn, c.r = conn, bufio.NewReader(conn)
	return nil
}

// endTLS ends the TLS of the control connection, as CCC asks for, and keeps the connection.
func (p *player) endTLS(c *conn) error {
	conn, ok := c.Conn.(*tls.Conn)
	if !ok {
		return errors.New("there is no TLS to end")
	}
	if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
		return fmt.Errorf("TLS goes on (%v); want the server to end it", err)
	}
	if err := conn.CloseWrite(); err != nil {
		return err
	}
	c.Conn, c.r = c.raw, bufio.NewReader(c.raw)
	return c.SetDeadline(time.Now().Add(stepLimit))
}

// dataTLS does the handshake of a data connection. Words are fresh, for one that resumes nothing; of=N, for one with the
// session of control connection N; and fails: it must fail.
func (p *player) dataTLS(c *conn, arg string) error {
	if c.tls == nil {
		return errors.New("the control connection has no TLS")
	}
	d, err := p.dataConn(c)
	if err != nil {
		return err
	}
	config := c.tls.Clone()
	config.NextProtos = nil
	fails := false
	for _, word := range strings.Fields(arg) {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "fresh":
			config.ClientSessionCache = nil
		case "of":
			number, err := strconv.Atoi(value)
			if other := p.conns[number]; err != nil || other == nil || other.tls == nil {
				return fmt.Errorf("there is no TLS session %q", value)
			}
			config.ClientSessionCache = p.conns[number].tls.ClientSessionCache
		case "fails":
			fails = true
		default:
			return fmt.Errorf("TLS on a data connection knows no %q", word)
		}
	}
	conn := tls.Client(&wire{Conn: d}, config)
	err = conn.Handshake()
	c.data = conn
	if fails {
		if err == nil {
			_, err = conn.Read(make([]byte, 1))
		}
		if err == nil {
			return errors.New("the handshake succeeded; want it to fail")
		}
		return nil
	}
	return err
}

// ended checks that the server has ended the TLS of a data connection before it ended the connection.
func ended(d net.Conn) error {
	if conn, ok := d.(*tls.Conn); ok && conn.NetConn().(*wire).ended {
		return errors.New("the data connection ended without the end of TLS")
	}
	return nil
}
