package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// bareTLS is the TLS of the bare loop: crypto/tls as it comes, but for full records from a file's first byte on.
func bareTLS(certificate string) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(certificate, certificate)
	if err != nil {
		return nil, fmt.Errorf("load certificate: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, DynamicRecordSizingDisabled: true}, nil
}

// secure begins TLS on the control connection.
func (s *bareSession) secure() error {
	if s.config == nil {
		return s.reply("500 no\r\n")
	}
	if err := s.reply("234 go\r\n"); err != nil {
		return err
	}
	conn := tls.Server(wire(s.fd), s.config)
	if err := conn.Handshake(); err != nil {
		return err
	}
	s.tls = conn
	return nil
}

// bareBlock is what is moved at once.
const bareBlock = 64 << 10

// moveTLS copies between a data connection and a file, and ends TLS.
func (s *bareSession) moveTLS(data, file int, upload bool) error {
	conn := tls.Server(wire(data), s.config)
	if err := conn.Handshake(); err != nil {
		return err
	}
	// A plain reader and writer: io would look for other ways than the block.
	from, to := io.Reader(wire(file)), io.Writer(conn)
	if upload {
		from, to = conn, wire(file)
	}
	_, err := io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, make([]byte, bareBlock))
	if err := errors.Join(err, conn.CloseWrite()); err != nil || upload {
		return err
	}
	// A close that leaves the client's end of TLS unread would reset the connection.
	if err := unix.Shutdown(data, unix.SHUT_WR); err != nil {
		return err
	}
	_, err = drain(data)
	return err
}
