package start

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"pureftpd/internal/authd"
	"pureftpd/internal/linemsg"
)

// socket listens where the server may connect. The test's end closes it, after what serves it was told to stop.
func socket(t *testing.T, path string) net.Listener {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err == nil {
		err = os.Chmod(path, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// lines is a daemon that answers to a name with a text. The test's end stops it.
func lines(t *testing.T, path string, answer func(user, password string) string) {
	t.Helper()
	l := socket(t, path)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				if m, err := linemsg.Read(conn); err == nil {
					user, _ := m.Value(authd.AccountKey)
					password, _ := m.Value(authd.PasswordKey)
					_, _ = io.WriteString(conn, answer(user, password))
				}
				_ = conn.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		serving.Wait()
	})
}

// service is one that does as its function says. The test's end stops it.
func service(t *testing.T, path string, fn func(w http.ResponseWriter, question string)) {
	t.Helper()
	l := socket(t, path)
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		question, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		fn(w, string(question))
	})}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
}

// question is what a service is asked about a user of the tests.
func question(user, number string) string {
	return fmt.Sprintf(`{"account":%q,"password":"secret","localhost":"127.0.0.1","localport":%s,"peer":"127.0.0.1","sni_name":"","encrypted":false}`,
		user, number)
}

// TestAccountsElsewhere asks a daemon, then a service, then a database, and goes on only where a user is unknown.
func TestAccountsElsewhere(t *testing.T) {
	t.Parallel()
	dir, number := folder(t), port(t)
	database := accounts(t, dir) // of ann, bob and ben
	program, web := filepath.Join(dir, "program"), filepath.Join(dir, "web")
	lines(t, program, func(user, password string) string {
		switch {
		case user == "ext" && password == "secret":
			return fmt.Sprintf("auth_ok:1\nuid:%d\ngid:%d\ndir:%s/home/./\nper_user_max:1\nend\n", owner(), group(), dir)
		case user == "eve":
			return authd.No
		}
		return "auth_ok:0\nend\n"
	})
	service(t, web, func(w http.ResponseWriter, asked string) {
		switch asked {
		case question("web", number):
			_, _ = fmt.Fprintf(w, `{"auth":"ok","uid":%d,"gid":%d,"dir":"%s/home/./"}`, owner(), group(), dir)
		case question("ann", number):
			w.WriteHeader(http.StatusNotFound)
		case question("bob", number):
			w.WriteHeader(http.StatusForbidden)
		case question("ben", number):
			w.WriteHeader(http.StatusBadGateway)
		default:
			t.Errorf("the service is asked %s", asked)
		}
	})
	address := "127.0.0.1:" + number
	p := launch(t, dir, command{args: quiet("-l", "extauth:"+program, "-l", "http:"+web, "-l", "puredb:"+database,
		"-S", "127.0.0.1,"+number, "-g", filepath.Join(dir, "pid"))})
	p.serves(t, address)
	for _, name := range []string{"ext", "web", "ann"} {
		works(t, user(t, address, name))
	}
	c := greeted(t, address)
	c.Ask(331, "USER ext")
	c.Ask(421, "PASS secret") // while the first session goes on
	for _, name := range []string{"eve", "bob", "ben"} {
		c := greeted(t, address)
		c.Ask(331, "USER "+name)
		c.Ask(530, "PASS secret")
	}
}

// TestDaemonIsAway logs nobody in while a daemon is away, and goes on when it is back.
func TestDaemonIsAway(t *testing.T) {
	t.Parallel()
	dir, number := folder(t), port(t)
	program, address := filepath.Join(dir, "program"), "127.0.0.1:"+number
	put(t, filepath.Join(dir, "pure-ftpd.conf"), fmt.Sprintf("ExtAuth %s\nPureDB %s\nBind 127.0.0.1,%s\nPIDFile %s/pid\nSyslogFacility none\n",
		program, accounts(t, dir), number, dir))
	p := launch(t, dir, command{args: []string{filepath.Join(dir, "pure-ftpd.conf")}})
	p.serves(t, address)
	c := greeted(t, address)
	c.Ask(331, "USER ann")
	c.Ask(530, "PASS secret") // although the database knows ann
	lines(t, program, func(string, string) string { return "auth_ok:0\nend\n" })
	c.Ask(331, "USER ann")
	c.Ask(230, "PASS secret")
}

// TestThousandAccountsElsewhere has a thousand users log in at once whose accounts a daemon knows, while it says nothing about one.
func TestThousandAccountsElsewhere(t *testing.T) {
	t.Parallel()
	dir, number := folder(t), port(t)
	program, address := filepath.Join(dir, "program"), "127.0.0.1:"+number
	put(t, filepath.Join(dir, "home", "hello.txt"), "hello\n")
	end := make(chan struct{})
	lines(t, program, func(user, _ string) string {
		if user == "slow" {
			<-end
		}
		return fmt.Sprintf("auth_ok:1\nuid:%d\ngid:%d\ndir:%s/home/./\nend\n", owner(), group(), dir)
	})
	t.Cleanup(func() { close(end) }) // comes before the daemon's
	p := launch(t, dir, command{args: quiet("-l", "extauth:"+program, "-c", "1100", "-S", "127.0.0.1,"+number, "-g", filepath.Join(dir, "pid"))})
	p.serves(t, address)
	slow := greeted(t, address)
	slow.Ask(331, "USER slow")
	slow.Say("PASS secret")
	var all sync.WaitGroup
	for i := range 1000 {
		c := dial(t, address)
		all.Go(func() {
			for _, step := range []struct {
				line string
				code int
			}{{"", 220}, {fmt.Sprint("USER u", i), 331}, {"PASS secret", 230}} {
				if step.line != "" {
					if _, err := fmt.Fprintf(c, "%s\r\n", step.line); err != nil {
						t.Error(err)
					}
				}
				if code, text, err := c.Answer(); code != step.code {
					t.Errorf("%s: %d %s, %v", step.line, code, text, err)
					return
				}
			}
		})
	}
	all.Wait()
	works(t, user(t, address, "ann"))
}
