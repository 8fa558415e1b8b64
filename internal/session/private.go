package session

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"pureftpd/internal/ftp"
	"pureftpd/internal/record"
	"pureftpd/internal/tlsconf"
	"pureftpd/internal/transfer"
)

// A stream is a data connection as the bytes of a transfer see it: bare, or with TLS over it.
type stream interface {
	io.ReadWriteCloser
	Finish() error // tells the peer that nothing follows
	Break()        // has Close tell him that something is missing
}

// dress makes the stream of a transfer whose mark was sent: under PROT P, which RFC 4217 (7) has follow it, the handshake comes
// first. An error is what the client must be told; the connection is closed then.
func (s *Session) dress(ctx context.Context, conn *transfer.Conn) (stream, error) {
	if !s.private {
		return conn, nil
	}
	data := transfer.NewSecure(conn, s.tls.Data)
	data.Lenient = !s.cfg.NeedCloseNotify
	w := s.watch(ctx, conn.Abort, func() ftp.Reply { return s.status("Waiting for TLS on the data connection") })
	err := data.Handshake(handshakeLimit)
	w.stop()
	if err != nil {
		_ = data.Close() // nothing was transferred
		return nil, s.undressed(err)
	}
	state := data.State()
	s.tally.handshake(dataChannel, state)
	s.logTLS(state)
	if s.cfg.DataBinding == tlsconf.BindWarn && !state.DidResume {
		s.logf(record.Warning, "TLS: the data connection from %s does not resume the TLS session of its control connection", conn.Peer())
	}
	return data, nil
}

// undressed says why there is no TLS on a data connection, and what the client can do about it.
func (s *Session) undressed(err error) error {
	if errors.Is(err, transfer.ErrAborted) {
		code, why := failure(transfer.Result{Err: err}, ftp.CodeDataAborted)
		return refuse(code, err, why)
	}
	s.tally.noHandshake(dataChannel, errors.Is(err, tlsconf.ErrNotResumed))
	s.logf(record.Warning, "TLS: the handshake on the data connection failed: %v", err)
	if errors.Is(err, tlsconf.ErrNotResumed) {
		return refuse(ftp.CodeNoDataConn, err, "This server wants data connections to resume the TLS session of the control connection",
			"FileZilla does; curl with TLS 1.3 and without --no-sessionid; lftp: set ftp:ssl-copy-sid yes; WinSCP: Reuse TLS session ID",
			"No data connection: it did not resume the TLS session")
	}
	return refuse(ftp.CodeNoDataConn, err, "No TLS on the data connection: "+handshakeReason(err))
}

// handshakeReason is why a handshake failed, as far as a client can use it.
func handshakeReason(err error) string {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "what came is not TLS; PROT C makes data connections clear"
	}
	switch {
	case errors.Is(err, io.EOF):
		return "the client closed it"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, transfer.ErrStalled):
		return fmt.Sprintf("the client took more than %d seconds", int(handshakeLimit.Seconds()))
	}
	return brokenBy(err)
}

// brokenBy is why a data connection broke: a word of the system, or of crypto/tls on what the client sent.
func brokenBy(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" {
		return "the client sent the alert \"" + op.Err.Error() + "\""
	}
	if _, ok := errors.AsType[syscall.Errno](err); ok {
		return reason(err)
	}
	if text := err.Error(); strings.Contains(text, "tls: ") {
		return text[strings.Index(text, "tls: "):]
	}
	return "Local error"
}

// truncated reports whether an upload ended so that it may be a part only: TLS did not end (close_notify) and the client is one
// that ends it, or is no more. Other clients never end TLS, and cannot be told from an attack.
func (s *Session) truncated(data stream) bool {
	secure, ok := data.(*transfer.Secure)
	if !ok {
		return false
	}
	if !secure.Truncated() {
		s.endsTLS = true
		return false
	}
	if s.endsTLS || s.control.hungUp() {
		return true
	}
	s.logf(record.Info, "TLS: an upload ended without close_notify: whether all of it came is not known")
	return false
}
