package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"pureftpd/internal/auth"
	"pureftpd/internal/control"
	"pureftpd/internal/options"
	"pureftpd/internal/record"
	"pureftpd/internal/server"
)

// A reloading is a server in this process, with a configuration that changes.
type reloading struct {
	t       *testing.T
	dir     string
	argv    []string
	parts   *parts
	server  *server.Server
	again   *reloader
	address string
}

// newReloading starts one; the test's end stops it.
func newReloading(t *testing.T, more string) *reloading {
	t.Helper()
	r := &reloading{t: t, dir: t.TempDir()}
	r.argv = []string{"pure-ftpd", filepath.Join(r.dir, "conf")}
	r.configure(more)
	o, err := options.Parse(r.argv, options.System())
	if err != nil {
		t.Fatal(err)
	}
	if r.parts, err = newParts(o, nil, nil); err != nil {
		t.Fatal(err)
	}
	r.server = server.New(r.parts.handler(), r.parts.admission, r.parts.log)
	ctx, stop := context.WithCancel(context.Background())
	if r.again, err = newReloader(ctx, r.argv, r.parts, r.server); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.address = l.Addr().String()
	served := make(chan error, 1)
	go func() { served <- r.server.Serve(ctx, ctx, []net.Listener{l}) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		r.again.close()
		r.parts.close()
	})
	return r
}

func (r *reloading) configure(more string) {
	r.t.Helper()
	text := "SyslogFacility none\nDontResolve yes\nNoAnonymous yes\nPureDB " + r.dir + "/users.pdb\n" + more
	name := r.argv[1]
	if err := os.WriteFile(name+".new", []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		r.t.Fatal(err)
	}
}

// client connects, and reads the beginning of the greeting.
func (r *reloading) client() (net.Conn, error) {
	conn, err := net.Dial("tcp", r.address)
	if err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && !strings.HasPrefix(line, "220") {
		err = fmt.Errorf("the server greets with %q", line)
	}
	return conn, err
}

// TestReloadsAtOnce has several ask for reloads while clients come and go, and looks what is left of it.
func TestReloadsAtOnce(t *testing.T) {
	configurations := []string{
		"MaxIdleTime 3\nTLS 1\nTLSSelfSigned yes\nCertFile DIR/cert.pem\nAltLog clf:DIR/a.log\n",
		"MaxIdleTime 4\nAltLog clf:DIR/a.log\nAltLog stats:DIR/b.log\nAuthCache 9\nPassivePortRange 40000 40010\n",
		"MaxIdleTime 5\nPurePW DIR/users.passwd\nDESPasswords yes\nMaxClientsNumber 900\n",
		"MaxIdleTime 0\nNoRename yes\n",
	}
	r := newReloading(t, "")
	if err := os.WriteFile(filepath.Join(r.dir, "users.passwd"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	change := func(i int) {
		r.configure(strings.ReplaceAll(configurations[i%len(configurations)], "DIR", r.dir))
		if _, err := r.again.reload(); err != nil && i%len(configurations) != 3 && !strings.Contains(err.Error(), "MaxIdleTime") {
			t.Error(err) // another may have put the broken file there meanwhile
		}
	}
	stays, err := r.client()
	if err != nil {
		t.Fatal(err)
	}
	defer stays.Close()
	change(0)
	goroutines := runtime.NumGoroutine()
	var clients, changers sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		clients.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				conn, err := r.client()
				if err == nil {
					err = conn.Close()
				}
				if err != nil {
					t.Errorf("a client that comes: %v", err)
					return
				}
			}
		})
	}
	var turn sync.Mutex // of the file, not of reloading
	for k := range 3 {
		changers.Go(func() {
			for i := range 40 {
				if i%2 == 0 {
					_, _ = r.again.reload() // of whatever is there
					continue
				}
				turn.Lock()
				change(i + k)
				turn.Unlock()
			}
		})
	}
	changers.Wait()
	close(done)
	clients.Wait()
	change(0)
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > goroutines; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, %d before the reloads", runtime.NumGoroutine(), goroutines)
		}
	}
	if n := len(r.parts.altLogs.held); n != 1 {
		t.Errorf("%d transfer logs are open; want that of the last configuration", n)
	}
	if n := len(r.parts.passives.held); n != 1 { // both want what the kernel chooses
		t.Errorf("%d ranges of passive ports are held; want 1", n)
	}
	if _, err := stays.Write([]byte("NOOP\r\n")); err != nil {
		t.Errorf("the first session: %v", err)
	}
}

// A reload that fails at its last step leaves nothing of the steps before.
func TestFailedReloadGivesAllBack(t *testing.T) {
	r := newReloading(t, "")
	before := r.parts.current.Load()
	r.configure("AltLog clf:" + r.dir + "/a.log\nPassivePortRange 40000 40010\nMySQLConfigFile " + r.dir + "/none\n")
	if report, err := r.again.reload(); err == nil || !strings.Contains(err.Error(), "none") || len(report.Changed) != 0 {
		t.Errorf("reload = %+v, %v; want the file that is not there", report, err)
	}
	if r.parts.current.Load() != before || len(r.parts.altLogs.held) != 0 || len(r.parts.passives.held) != 1 {
		t.Errorf("after it: %d logs and %d ranges held; want what was there", len(r.parts.altLogs.held), len(r.parts.passives.held))
	}
}

// The count of lines that a transfer log has lost stays when a reload takes the log away.
func TestLostLinesOutliveTheirLog(t *testing.T) {
	r := newReloading(t, "AltLog clf:/dev/full\n")
	r.parts.current.Load().logs[0].Write(record.Transfer{End: time.Now()})
	for _, more := range []string{"AltLog clf:" + r.dir + "/a.log\n", ""} {
		r.configure(more)
		if _, err := r.again.reload(); err != nil {
			t.Fatal(err)
		}
		if got := value(t, scrape(t, r.parts), "pureftpd_transfer_log_lines_lost_total", "format", "clf"); got != 1 {
			t.Errorf("with %q %v lines are lost; want 1", more, got)
		}
	}
}

// TestMetricsOfReloads counts them. Metrics are of the generation in force: sums of the server go on, those of the cache begin anew.
func TestMetricsOfReloads(t *testing.T) {
	r := newReloading(t, "MaxClientsNumber 5\nAuthCache 60\n")
	check := func(when string, ok, failed, most, lookups float64) {
		t.Helper()
		families := scrape(t, r.parts)
		for _, test := range []struct {
			name   string
			labels []string
			want   float64
		}{
			{"pureftpd_reloads_total", []string{"result", "ok"}, ok},
			{"pureftpd_reloads_total", []string{"result", "failed"}, failed},
			{"pureftpd_sessions_max", nil, most},
			{"pureftpd_sessions_total", nil, 1},
			{"pureftpd_auth_cache_lookups_total", []string{"result", "miss"}, lookups},
			{"pureftpd_settings_timestamp_seconds", nil, float64(r.parts.current.Load().read.UnixMilli()) / 1000},
		} {
			if got := value(t, families, test.name, test.labels...); got != test.want {
				t.Errorf("%s: %s %q is %v; want %v", when, test.name, test.labels, got, test.want)
			}
		}
	}
	conn, err := r.client()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = r.parts.current.Load().cache.Authenticate(t.Context(), auth.Credentials{User: "joe", Password: "x"})
	if err == nil {
		t.Fatal("nobody is let in")
	}
	check("at the start", 0, 0, 5, 1)
	began := r.parts.current.Load().read

	r.configure("MaxClientsNumber many\n")
	if _, err := r.again.reload(); err == nil {
		t.Error("a broken file is read")
	}
	check("after a reload that failed", 0, 1, 5, 1)
	r.configure("MaxClientsNumber 7\nAuthCache 60\n")
	if _, err := r.again.reload(); err != nil {
		t.Fatal(err)
	}
	check("after a reload", 1, 1, 7, 0)
	if now := r.parts.current.Load().read; !now.After(began) {
		t.Errorf("the settings are of %v, those before of %v", now, began)
	}
	r.again.drain()
	if _, err := r.again.reload(); err == nil {
		t.Error("a server that ends is reloaded")
	}
	check("at the end", 1, 1, 7, 0)
}

// TLS cannot go while there is a port whose clients begin with it.
func TestTLSStaysForItsPort(t *testing.T) {
	tls := "TLS 1\nTLSSelfSigned yes\nCertFile DIR/cert.pem\n"
	r := newReloading(t, "")
	r.configure(strings.ReplaceAll(tls+"ImplicitTLSListen 990\n", "DIR", r.dir))
	o, err := options.Parse(r.argv, options.System())
	if err != nil {
		t.Fatal(err)
	}
	g, err := r.parts.build(o, nil, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	r.again.put(g, r.parts.current.Load())
	r.configure("")
	if _, err := r.again.reload(); err == nil || !strings.Contains(err.Error(), "implicit TLS") {
		t.Errorf("reload = %v; want that TLS cannot be switched off", err)
	}
	if r.parts.current.Load() != g {
		t.Error("the settings have changed all the same")
	}
}

// At the end of the server there is nothing to reload for.
func TestReloadWhileDraining(t *testing.T) {
	r := newReloading(t, "")
	r.again.drain()
	_, err := r.again.reload()
	if e, ok := err.(*control.Error); !ok || e.Status != http.StatusConflict { //nolint:errorlint // it is handed on as it is
		t.Errorf("reload = %v; want a conflict", err)
	}
}

// What was lost before it was there is no terminal.
func TestNoTerminal(t *testing.T) {
	if (terminal{}).lost() {
		t.Error("a server without a terminal has lost one")
	}
	if (terminal{there: true}).lost() == hasTerminal() {
		t.Error("a terminal is lost and there")
	}
}
