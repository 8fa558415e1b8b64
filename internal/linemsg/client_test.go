package linemsg

import (
	"bytes"
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// daemon answers one connection after another with fn until the test ends.
func daemon(t *testing.T, path string, fn func(net.Conn)) {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			fn(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
}

func say(text string) func(net.Conn) {
	return func(conn net.Conn) {
		if _, err := Read(conn); err == nil {
			_, _ = conn.Write([]byte(text))
		}
	}
}

func TestAsk(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(net.Conn)
		want   string // in the error; empty: the answer is v
	}{
		{"whole", say("key:v\nend\n"), ""},
		{"in pieces", func(conn net.Conn) {
			for _, b := range []byte("key:v\nend\n") {
				_, _ = conn.Write([]byte{b})
			}
		}, ""},
		{"question not read", func(conn net.Conn) { _, _ = conn.Write([]byte("key:v\nend\n")) }, ""},
		{"longest", say("key:v\nend\n" + strings.Repeat("x", MaxSize-10)), ""},
		{"too long", say("key:v\nend\n" + strings.Repeat("x", MaxSize)), ErrTooLong.Error()},
		{"no end", say("key:v\n"), ErrNoEnd.Error()},
		{"nothing", say(""), "empty"},
		{"held open", func(conn net.Conn) {
			say("key:v\nend\n")(conn)
			_, _ = conn.Read(make([]byte, 1)) // until the client has enough
		}, "no answer: none came in 500ms"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "s")
			daemon(t, path, test.answer)
			c := &Client{Path: path, Limit: 500 * time.Millisecond}
			if test.want == "" {
				c.Limit = 20 * time.Second
			}
			m, err := c.Ask(t.Context(), []byte("q:1\nend\n"))
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
					t.Errorf("Ask = %v; want an error with %q and the socket's path", err, test.want)
				}
				return
			}
			if v, _ := m.Value("key"); v != "v" || err != nil {
				t.Errorf("Ask: key = %q, %v; want v", v, err)
			}
		})
	}
}

// TestAskWaitsForTheDaemon starts the daemon a little after the question, as when it is started again.
func TestAskWaitsForTheDaemon(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	result := make(chan error, 1)
	tried := make(chan struct{}, 1)
	c := &Client{Path: path, Dial: func(ctx context.Context, path string) (net.Conn, error) {
		select {
		case tried <- struct{}{}:
		default:
		}
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}
	go func() {
		_, err := c.Ask(t.Context(), []byte("q:1\nend\n"))
		result <- err
	}()
	<-tried
	daemon(t, path, say("end\n"))
	if err := <-result; err != nil {
		t.Errorf("Ask of a daemon that was away: %v", err)
	}
}

func TestAskNobody(t *testing.T) {
	c := &Client{Path: filepath.Join(t.TempDir(), "s"), Patience: time.Millisecond}
	if _, err := c.Ask(t.Context(), []byte("end\n")); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("Ask without a daemon = %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	c = &Client{Path: c.Path, Patience: time.Hour, Limit: time.Hour}
	time.AfterFunc(50*time.Millisecond, func() { cancel(enough) })
	if _, err := c.Ask(ctx, []byte("end\n")); err == nil {
		t.Error("Ask went on after its context was cancelled")
	}
}

func TestAskTooMuch(t *testing.T) {
	c := &Client{Path: "/nowhere", Dial: func(context.Context, string) (net.Conn, error) {
		t.Error("connected")
		return nil, net.ErrClosed
	}}
	if _, err := c.Ask(t.Context(), bytes.Repeat([]byte("x"), MaxSize+1)); !errors.Is(err, ErrTooLong) {
		t.Errorf("Ask with a long question = %v; want %v", err, ErrTooLong)
	}
}
