package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// tlsVersions are those that -tls knows.
func tlsVersions() map[string]uint16 {
	return map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}
}

// tlsSuite is the one cipher suite of a run. The generator offers no other for TLS 1.2; for TLS 1.3, where Go's client cannot
// choose, the servers' OpenSSL is told (opensslConf).
func (p *plan) tlsSuite() uint16 {
	switch {
	case p.TLS == "1.3":
		return tls.TLS_AES_128_GCM_SHA256
	case p.Key == keyRSA:
		return tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
	}
	return tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
}

// opensslConf has every program that uses OpenSSL speak the suite of tlsSuite.
const opensslConf = `openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = all
[all]
Ciphersuites = TLS_AES_128_GCM_SHA256
`

// opensslEnv is the setting that makes a server read opensslConf.
func (st *stage) opensslEnv() (string, error) {
	conf, err := st.configure("openssl.cnf", opensslConf)
	return "OPENSSL_CONF=" + conf, err
}

// clientTLS is what a session of the generator speaks. Its cache makes data connections resume the session of the control
// connection, and nothing else: sessions share none. X25519 is what all servers have; P-256 is there for the key.
func (p *plan) clientTLS() *tls.Config {
	version := tlsVersions()[p.TLS]
	return &tls.Config{
		MinVersion: version, MaxVersion: version, CipherSuites: []uint16{p.tlsSuite()},
		CurvePreferences:   []tls.CurveID{tls.X25519, tls.CurveP256},
		ClientSessionCache: tls.NewLRUClientSessionCache(1), ServerName: "127.0.0.1",
		InsecureSkipVerify: true, // it is the servers that are measured
	}
}

// secure begins TLS on the control connection.
func (c *client) secure(r *running) error {
	if err := c.say("AUTH", "TLS", 234); err != nil {
		return err
	}
	c.config, c.resumes = r.st.clientTLS(), r.anew != r.st.TLS
	var err error
	c.tls, err = c.handshake(c.fd, false)
	return err
}

// protect asks for private data connections (RFC 4217, 8).
func (c *client) protect() error {
	if c.tls == nil {
		return nil
	}
	return errors.Join(c.say("PBSZ", "0", 200), c.say("PROT", "P", 200))
}

// handshake lays TLS over a connection. What was agreed on must be what the run is about.
func (c *client) handshake(fd int, resumed bool) (*tls.Conn, error) {
	conn := tls.Client(wire(fd), c.config)
	if err := conn.Handshake(); err != nil {
		return nil, fmt.Errorf("handshake: %w", err)
	}
	state := conn.ConnectionState()
	if suite := c.config.CipherSuites[0]; state.CipherSuite != suite {
		return nil, fmt.Errorf("the server speaks %s, want %s", tls.CipherSuiteName(state.CipherSuite), tls.CipherSuiteName(suite))
	}
	if state.DidResume != resumed {
		return nil, fmt.Errorf("resumed: %t, want %t", state.DidResume, resumed)
	}
	return conn, nil
}

// A wire is a descriptor with blocking calls, as TLS wants it. Whoever opened it closes it.
type wire int

func (w wire) Read(p []byte) (int, error) { return readSome(int(w), p) }

func (w wire) Write(p []byte) (int, error) {
	if err := sendAll(int(w), p); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (w wire) Close() error                     { return nil }
func (w wire) LocalAddr() net.Addr              { return nil }
func (w wire) RemoteAddr() net.Addr             { return nil }
func (w wire) SetDeadline(time.Time) error      { return nil }
func (w wire) SetReadDeadline(time.Time) error  { return nil }
func (w wire) SetWriteDeadline(time.Time) error { return nil }

// A channel is a data connection: bare, or with TLS over it.
type channel struct {
	fd  int
	tls *tls.Conn // nil in the clear
}

// open makes the channel of a data connection whose transfer has begun.
func (c *client) open(fd int) (channel, error) {
	if c.tls == nil {
		return channel{fd: fd}, nil
	}
	conn, err := c.handshake(fd, c.resumes)
	return channel{fd: fd, tls: conn}, err
}

// read reads once; the end of the stream is io.EOF.
func (ch channel) read(p []byte) (int, error) {
	if ch.tls != nil {
		return ch.tls.Read(p)
	}
	return readSome(ch.fd, p)
}

// plainSize is up to how many bytes a download over TLS is decrypted. Of a larger one the generator counts what crosses the wire:
// what is measured is the sender, and the reader shares the machine with it.
const plainSize = 1 << 20

// drain reads to the end and returns the number of bytes.
func (ch channel) drain(size int64) (int64, error) {
	switch {
	case ch.tls == nil:
		return drain(ch.fd)
	case size > plainSize:
		return ch.drainWire(size)
	}
	total, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{ch.tls}, make([]byte, 32<<10))
	_ = ch.tls.CloseWrite() // a server that has said its own end may be gone
	return total, err
}

// drainWire counts what crosses the wire, and takes it for size bytes if it may be as many: records of some kilobytes and their
// frames. What the handshake has read ahead, less than a record, is missing. The end of TLS is not seen: a server that goes on
// only when the client has answered it gets the answer after endPause.
func (ch channel) drainWire(size int64) (int64, error) {
	total, err := drainUpTo(ch.fd, size)
	if err != nil {
		return total, err
	}
	pause := unix.NsecToTimeval(int64(endPause))
	if err := unix.SetsockoptTimeval(ch.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &pause); err != nil {
		return total, err
	}
	rest, err := drain(ch.fd)
	if total += rest; err == unix.EAGAIN {
		if err := ch.tls.CloseWrite(); err != nil {
			return total, err
		}
		rest, err = drain(ch.fd)
		total += rest
	}
	if err == nil && total > size && total < size+size/32 {
		return size, nil
	}
	return total, err
}

// endPause is how long nothing must have come.
const endPause = 100 * time.Millisecond

// send writes a text.
func (ch channel) send(text []byte) error {
	if ch.tls == nil {
		return sendAll(ch.fd, text)
	}
	_, err := ch.tls.Write(text)
	return err
}

// sendFile sends size bytes of a file.
func (ch channel) sendFile(file int, size int64) error {
	if ch.tls == nil {
		return sendFile(ch.fd, file, size)
	}
	buffer := make([]byte, min(size, 256<<10))
	for offset := int64(0); offset < size; {
		n, err := unix.Pread(file, buffer[:min(size-offset, int64(len(buffer)))], offset)
		if err == nil && n == 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		if err := ch.send(buffer[:n]); err != nil {
			return err
		}
		offset += int64(n)
	}
	return nil
}

// finish ends an upload. Over TLS it waits for the server's end: a close that leaves tickets unread would reset the connection.
func (ch channel) finish() error {
	if ch.tls == nil {
		return nil
	}
	if err := errors.Join(ch.tls.CloseWrite(), unix.Shutdown(ch.fd, unix.SHUT_WR)); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, ch.tls)
	return err
}

func (ch channel) close() error { return unix.Close(ch.fd) }

// certificate is the PEM file with the certificate and the key of all servers.
func (st *stage) certificate() string { return filepath.Join(st.conf, "certificate.pem") }
