package extauth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pureftpd/internal/auth"
	"pureftpd/internal/auth/backendtest"
	"pureftpd/internal/authd"
	"pureftpd/internal/linemsg"
)

// listen has fn serve each connection of a new socket, all at once, until the test ends.
func listen(t *testing.T, fn func(net.Conn)) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer func() { _ = conn.Close() }()
				fn(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		serving.Wait()
	})
	return path
}

// say answers a question with a text.
func say(text string) func(net.Conn) {
	return func(conn net.Conn) {
		if _, err := linemsg.Read(conn); err == nil {
			_, _ = conn.Write([]byte(text))
		}
	}
}

func recorded(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../authd/testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestAnswersOfTheOriginal has a daemon give each of the answers that the original's server was given.
func TestAnswersOfTheOriginal(t *testing.T) {
	outcomes := map[error]string{
		nil: "ok order endxyz unknown spaces dup full ratio0" +
			" crlf bw0", // the original sends the one away with 421 and crashes at the other
		auth.ErrUnknown: "notfound empty noauthok upper",
		auth.ErrRefused: "noend end-nonl bad auth2 uid0 nodir reldir big",
	}
	n := 0
	for want, names := range outcomes {
		for name := range strings.FieldsSeq(names) {
			n++
			t.Run(name, func(t *testing.T) {
				b := New(Config{Asker: &Socket{Path: listen(t, say(recorded(t, "reply-"+name+".txt")))}})
				a, err := b.Authenticate(t.Context(), login("joe", "secret"))
				accepted := a.Name == "joe" && a.UID == 2001 && a.GID == 2001 && a.Home == "/tmp/specB/home/joe/./"
				if !errors.Is(err, want) || (err == nil) != accepted {
					t.Errorf("Authenticate = %+v, %v; want %v", a, err, want)
				}
				if errors.Is(err, auth.ErrDown) || strings.Contains(name, "full") != (a.Limits.MaxSessions.N == 5) {
					t.Errorf("Authenticate = %+v, %v", a, err)
				}
			})
		}
	}
	files, err := filepath.Glob("../../authd/testdata/reply-*.txt")
	if len(files) != n || err != nil {
		t.Errorf("%d answers are recorded, %v; %d are tested", len(files), err, n)
	}
}

// TestQuestionOfTheOriginal compares what the daemon reads with what the original's server sends.
func TestQuestionOfTheOriginal(t *testing.T) {
	got := make(chan []byte, 1)
	path := listen(t, func(conn net.Conn) {
		b := make([]byte, linemsg.MaxSize)
		n, _ := conn.Read(b)
		got <- b[:n]
		_, _ = conn.Write([]byte("auth_ok:0\nend\n"))
	})
	c := login("al ice", "p:w é")
	c.Local, c.Remote = netip.MustParseAddrPort("127.0.0.1:21331"), netip.MustParseAddrPort("127.0.0.1:40000")
	if _, err := New(Config{Asker: &Socket{Path: path}}).Authenticate(t.Context(), c); !errors.Is(err, auth.ErrUnknown) {
		t.Errorf("Authenticate = %v; want ErrUnknown", err)
	}
	if want := recorded(t, "request-1.0.54.txt"); string(<-got) != want {
		t.Errorf("the question is not the original's")
	}
}

// TestSuite has a daemon that compares passwords as backends do.
func TestSuite(t *testing.T) {
	backendtest.Run(t, backendtest.Source{
		New: func(t *testing.T, v auth.Verifier, users []backendtest.User) auth.Backend {
			return New(Config{Asker: &Socket{Path: listen(t, func(conn net.Conn) {
				m, err := linemsg.Read(conn)
				if err != nil {
					return
				}
				_, _ = conn.Write(answer(t, v, users, m))
			})}})
		},
		NewDown: func(t *testing.T) auth.Backend {
			return New(Config{Asker: &Socket{Path: filepath.Join(t.TempDir(), "s"), Patience: time.Millisecond}})
		},
	})
}

// answer is that of a daemon that knows some users.
func answer(t *testing.T, v auth.Verifier, users []backendtest.User, m linemsg.Message) []byte {
	name, _ := m.Value(authd.AccountKey)
	password, _ := m.Value(authd.PasswordKey)
	for _, u := range users {
		if u.Name != name {
			continue
		}
		if ok, err := v.Verify(t.Context(), u.Hash, password); !ok || err != nil {
			return []byte(authd.No)
		}
		b := []byte("auth_ok:1\n")
		b = linemsg.Append(b, "uid", strconv.Itoa(int(u.UID)))
		b = linemsg.Append(b, "gid", strconv.Itoa(int(u.GID)))
		return linemsg.AppendEnd(linemsg.Append(b, "dir", u.Home))
	}
	return []byte("auth_ok:0\nend\n")
}

// TestFaults has daemons that are not there, break off, say too much, or nothing at all.
func TestFaults(t *testing.T) {
	ok := recorded(t, "reply-ok.txt")
	for _, test := range []struct {
		name   string
		answer func(conn net.Conn, end <-chan struct{}) // nil: there is no socket
		want   error
		text   string
	}{
		{"socket missing", nil, auth.ErrDown, "no such file"},
		{"broken off", func(conn net.Conn, _ <-chan struct{}) { say(ok[:len(ok)-10])(conn) }, auth.ErrRefused, "no end line"},
		{"endless", func(conn net.Conn, _ <-chan struct{}) {
			say("end\n")(conn)
			for err := error(nil); err == nil; {
				_, err = conn.Write(bytes.Repeat([]byte("x"), 4096))
			}
		}, auth.ErrRefused, "longer than"},
		{"held open", func(conn net.Conn, end <-chan struct{}) {
			say(ok)(conn)
			<-end
		}, auth.ErrDown, "it took longer than"},
		{"silent", func(_ net.Conn, end <-chan struct{}) { <-end }, auth.ErrDown, "it took longer than"},
		{"byte by byte", func(conn net.Conn, _ <-chan struct{}) {
			_, _ = linemsg.Read(conn)
			for _, c := range []byte(ok) {
				_, _ = conn.Write([]byte{c})
			}
		}, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s")
			end := make(chan struct{})
			if test.answer != nil {
				path = listen(t, func(conn net.Conn) { test.answer(conn, end) })
			}
			t.Cleanup(func() { close(end) })
			b := New(Config{Asker: &Socket{Path: path, Patience: 50 * time.Millisecond}, Limit: 2 * time.Second})
			begun := time.Now()
			a, err := b.Authenticate(t.Context(), login("joe", "secret"))
			if !errors.Is(err, test.want) || (err == nil) != (a.UID == 2001) || err != nil && !strings.Contains(err.Error(), test.text) {
				t.Errorf("Authenticate = %+v, %v; want %v with %q", a, err, test.want, test.text)
			}
			if n := strings.Count(fmt.Sprint(err), "it took longer"); n > 1 {
				t.Errorf("Authenticate = %v says so %d times", err, n)
			}
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("Authenticate took %v", took)
			}
		})
	}
}

// TestDaemonIsStartedAgain has a daemon that is away for a moment.
func TestDaemonIsStartedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	tried := make(chan struct{}, 1)
	s := &Socket{Path: path, Dial: func(ctx context.Context, path string) (net.Conn, error) {
		select {
		case tried <- struct{}{}:
		default:
		}
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}
	result := make(chan error, 1)
	go func() {
		_, err := New(Config{Asker: s}).Authenticate(t.Context(), login("joe", "secret"))
		result <- err
	}()
	<-tried
	if err := os.Symlink(listen(t, say(recorded(t, "reply-ok.txt"))), path); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Errorf("Authenticate while the daemon was away: %v", err)
	}
}
