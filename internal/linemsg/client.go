package linemsg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

const (
	// patience is how long a daemon may be away, as while it is started again. The original tries ten times, a second apart.
	patience = 10 * time.Second
	// pause is between two attempts to connect.
	pause = 100 * time.Millisecond
	// limit is how long a question may take if the Client does not say otherwise: the time that a daemon gives its program.
	limit = time.Minute
)

// A Client asks the daemon that listens on a local socket. It is safe for concurrent use.
type Client struct {
	Path string // of the socket
	// Dial connects to the socket, which belongs to root; nil connects as the process is.
	Dial func(ctx context.Context, path string) (net.Conn, error)
	// Patience is how long a daemon that does not listen is waited for; 0 is 10 seconds.
	Patience time.Duration
	// Limit is how long all may take; 0 is a minute.
	Limit time.Duration
}

// Ask sends a question and returns the answer.
func (c *Client) Ask(ctx context.Context, question []byte) (Message, error) {
	m, err := c.ask(ctx, question)
	if err != nil {
		return Message{}, fmt.Errorf("ask %s: %w", c.Path, err)
	}
	return m, nil
}

func (c *Client) ask(ctx context.Context, question []byte) (Message, error) {
	if len(question) > MaxSize {
		return Message{}, ErrTooLong
	}
	most := orElse(c.Limit, limit)
	ctx, cancel := context.WithTimeoutCause(ctx, most, fmt.Errorf("none came in %v", most))
	defer cancel()
	conn, err := c.connect(ctx)
	if err != nil {
		return Message{}, err
	}
	defer func() { _ = conn.Close() }() // the answer is complete by then, or lost already
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	answer, err := exchange(conn, question)
	if ctx.Err() != nil && err != nil {
		return Message{}, fmt.Errorf("no answer: %w", context.Cause(ctx))
	}
	if err != nil {
		return Message{}, err
	}
	if len(answer) == 0 {
		return Message{}, ErrEmpty
	}
	m, err := Parse(answer)
	if err != nil {
		return Message{}, fmt.Errorf("answer: %w", err)
	}
	return m, nil
}

// exchange writes the question and reads to the end of the connection.
func exchange(conn net.Conn, question []byte) ([]byte, error) {
	_, writing := conn.Write(question)
	answer, err := io.ReadAll(io.LimitReader(conn, MaxSize+1))
	if len(answer) > 0 && errors.Is(err, syscall.ECONNRESET) {
		err = nil // it was sent by one who did not read the question
	}
	if len(answer) == 0 && writing != nil {
		err = writing
	}
	return answer, err
}

// connect tries until somebody listens or patience is at an end.
func (c *Client) connect(ctx context.Context) (net.Conn, error) {
	dial := c.Dial
	if dial == nil {
		dial = func(ctx context.Context, path string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		}
	}
	deadline := time.Now().Add(orElse(c.Patience, patience))
	for {
		conn, err := dial(ctx, c.Path)
		if err == nil || !passing(err) || time.Now().After(deadline) {
			return conn, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(pause):
		}
	}
}

// passing reports whether a connection may succeed a little later: the socket is not there or nobody listens while a daemon
// is started again, and a busy one has no room for another client.
func passing(err error) bool {
	return errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EAGAIN)
}

func orElse(d, standard time.Duration) time.Duration {
	if d == 0 {
		return standard
	}
	return d
}
