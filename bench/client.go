package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"strconv"

	"golang.org/x/sys/unix"
)

// A client is one control connection with blocking calls. It keeps its buffers, so that a transfer
// allocates nothing.
type client struct {
	fd      int
	from    unix.SockaddrInet4
	data    unix.SockaddrInet4 // where EPSV said to connect
	pending []byte             // received, not yet consumed; part of buffer
	buffer  [2048]byte
	command []byte
	tls     *tls.Conn   // over fd; nil in the clear
	config  *tls.Config // of tls, and of the data connections
	resumes bool        // data connections resume tls
}

// dial connects and reads the greeting.
func dial(port int, address [4]byte) (*client, error) {
	c := &client{
		from: unix.SockaddrInet4{Addr: address},
		data: unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: port},
	}
	var err error
	if c.fd, err = connect(&c.from, &c.data); err != nil {
		return nil, err
	}
	timeout := unix.Timeval{Sec: replyTimeout}
	err = unix.SetsockoptTimeval(c.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout)
	if err == nil {
		err = unix.SetsockoptInt(c.fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
	if err == nil {
		_, err = c.reply(220)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("greeting: %w", err), c.close())
	}
	return c, nil
}

// login is dial, AUTH TLS in a run with TLS, USER and PASS.
func login(r *running, address [4]byte) (*client, error) { return loginAs(r, address, userName) }

// loginAs is login for another of the users; all have one password.
func loginAs(r *running, address [4]byte, user string) (*client, error) {
	c, err := dial(r.port, address)
	if err != nil {
		return nil, err
	}
	if r.st.TLS != "" {
		err = c.secure(r)
	}
	if err == nil {
		err = c.say("USER", user, 331)
	}
	if err == nil {
		err = c.say("PASS", password, 230)
	}
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *client) close() error { return unix.Close(c.fd) }

// quit says QUIT and waits for the server to close.
func (c *client) quit() error {
	err := c.say("QUIT", "", 221)
	if err == nil {
		if _, err = c.fillMore(); err == io.EOF {
			err = nil
		}
	}
	return errors.Join(err, c.close())
}

// say sends a command and expects a code.
func (c *client) say(verb, arg string, want int) error {
	if err := c.send(verb, arg); err != nil {
		return err
	}
	if _, err := c.reply(want); err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	return nil
}

func (c *client) send(verb, arg string) error {
	c.command = append(c.command[:0], verb...)
	if arg != "" {
		c.command = append(append(c.command, ' '), arg...)
	}
	c.command = append(c.command, '\r', '\n')
	if err := (channel{c.fd, c.tls}).send(c.command); err != nil {
		return fmt.Errorf("send %s: %w", verb, err)
	}
	return nil
}

// fillMore reads once more into the buffer.
func (c *client) fillMore() (int, error) {
	kept := copy(c.buffer[:], c.pending)
	if kept == len(c.buffer) {
		return 0, errors.New("reply line too long")
	}
	n, err := channel{c.fd, c.tls}.read(c.buffer[kept:])
	c.pending = c.buffer[:kept+n]
	if n > 0 {
		err = nil // TLS tells the end together with the last bytes; it will do so again
	}
	return n, err
}

// reply reads lines up to the last one of a reply and returns that line, valid until the next read.
func (c *client) reply(want int) ([]byte, error) {
	for {
		end := bytes.IndexByte(c.pending, '\n')
		if end < 0 {
			if _, err := c.fillMore(); err != nil {
				return nil, err
			}
			continue
		}
		line := c.pending[:end]
		c.pending = c.pending[end+1:]
		code, last := replyLine(line)
		if !last {
			continue
		}
		if code != want {
			return nil, &replyError{want: want, got: code, line: string(line)}
		}
		return line, nil
	}
}

// A replyError is a reply with another code than the one wanted.
type replyError struct {
	want, got int
	line      string
}

func (e *replyError) Error() string { return fmt.Sprintf("want reply %d, got %q", e.want, e.line) }

// replyLine reads "226 text": three digits and a blank or the end. Any other line is not the last
// of its reply (RFC 959, 4.2).
func replyLine(line []byte) (code int, last bool) {
	line = bytes.TrimRight(line, "\r")
	if len(line) < 3 || (len(line) > 3 && line[3] != ' ') {
		return 0, false
	}
	for _, digit := range line[:3] {
		if digit < '0' || digit > '9' {
			return 0, false
		}
		code = code*10 + int(digit-'0')
	}
	return code, true
}

// extendedPort reads the port of "229 text (|||6446|)" (RFC 2428, 3).
func extendedPort(line []byte) (int, error) {
	_, rest, ok := bytes.Cut(line, []byte("(|||"))
	number, _, ok2 := bytes.Cut(rest, []byte("|)"))
	port, err := strconv.Atoi(string(number))
	if !ok || !ok2 || err != nil || port < 1 || port > 65535 {
		return 0, fmt.Errorf("no port in %q", line)
	}
	return port, nil
}

// transfer starts one: EPSV, a data connection, the command, its first reply, and the handshake where
// there is TLS. It returns the data connection.
func (c *client) transfer(verb, arg string) (channel, error) {
	if err := c.extendedPassive(); err != nil {
		return channel{}, fmt.Errorf("EPSV: %w", err)
	}
	fd, err := connect(&c.from, &c.data)
	if err != nil {
		return channel{}, fmt.Errorf("data connection: %w", err)
	}
	if err := c.say(verb, arg, 150); err != nil {
		return channel{}, errors.Join(err, unix.Close(fd))
	}
	data, err := c.open(fd)
	if err != nil {
		return channel{}, errors.Join(fmt.Errorf("data connection: %w", err), unix.Close(fd))
	}
	return data, nil
}

// maxRefusedPorts bounds how often a server may refuse EPSV in a row. The original, which binds a port for each transfer,
// now and then meets one that is taken and answers 425; a client asks again, and so does this one.
const maxRefusedPorts = 20

// extendedPassive asks where to connect to for data.
func (c *client) extendedPassive() error {
	for refused := 1; ; refused++ {
		if err := c.send("EPSV", ""); err != nil {
			return err
		}
		line, err := c.reply(229)
		if reply, ok := errors.AsType[*replyError](err); ok && reply.got == 425 && refused < maxRefusedPorts {
			continue
		}
		if err != nil {
			return err
		}
		c.data.Port, err = extendedPort(line)
		return err
	}
}

// get fetches a file (or, with LIST, a directory) of a known size; size -1 accepts any but none.
func (c *client) get(verb, name string, size int64) error {
	data, err := c.transfer(verb, name)
	if err != nil {
		return err
	}
	got, err := data.drain(size)
	if err := errors.Join(err, data.close()); err != nil {
		return fmt.Errorf("%s %s: %w", verb, name, err)
	}
	if got != size && (size >= 0 || got == 0) {
		return fmt.Errorf("%s %s: %d bytes, want %d", verb, name, got, size)
	}
	if _, err := c.reply(226); err != nil {
		return fmt.Errorf("%s %s: %w", verb, name, err)
	}
	return nil
}

// put stores size bytes of a file under a name.
func (c *client) put(name string, file int, size int64) error {
	return c.store(name, func(data channel) error { return data.sendFile(file, size) })
}

// putBytes stores a text under a name.
func (c *client) putBytes(name string, text []byte) error {
	return c.store(name, func(data channel) error { return data.send(text) })
}

func (c *client) store(name string, send func(data channel) error) error {
	data, err := c.transfer("STOR", name)
	if err != nil {
		return err
	}
	if err = send(data); err == nil {
		err = data.finish()
	}
	if err := errors.Join(err, data.close()); err != nil {
		return fmt.Errorf("STOR %s: %w", name, err)
	}
	if _, err := c.reply(226); err != nil {
		return fmt.Errorf("STOR %s: %w", name, err)
	}
	return nil
}

// read fetches a file's or a listing's text.
func (c *client) read(verb, name string) ([]byte, error) {
	data, err := c.transfer(verb, name)
	if err != nil {
		return nil, err
	}
	var text []byte
	buffer := make([]byte, 64<<10)
	for err == nil {
		var n int
		n, err = data.read(buffer)
		text = append(text, buffer[:n]...)
	}
	if err == io.EOF {
		err = nil
	}
	if err := errors.Join(err, data.close()); err != nil {
		return nil, fmt.Errorf("%s %s: %w", verb, name, err)
	}
	if _, err := c.reply(226); err != nil {
		return nil, fmt.Errorf("%s %s: %w", verb, name, err)
	}
	return text, nil
}
