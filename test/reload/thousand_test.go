package reload

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	reloads    = 1000
	idlers     = 24
	slow       = 6 // transfers in each direction that take as long as all reloads
	fast       = 3 // sessions that transfer one small file after the other
	slowSize   = 6 << 20
	fastSize   = 256 << 10
	descriptor = 24       // how many more there may be at the end
	memory     = 96 << 20 // likewise, in bytes
)

// Two configurations that differ in all that a reload has to make anew, and one that is broken.
const (
	one = "TLS 1\nTLSSelfSigned yes\nCertFile $DIR/etc/made.pem\nMaxClientsNumber 400\nPassivePortRange 25000 25499\n" +
		"TotalBandwidth 900000\nAuthFailures 20\nMaxIdleTime 14\n"
	other = "TLS 1\nTLSSelfSigned yes\nCertFile $DIR/etc/made.pem\nTLSCipherSuite HIGH\nMaxClientsNumber 500\nPassivePortRange 25500 25999\n" +
		"NoRename yes\nAltLog stats:$DIR/more.log\nAuthCache 30\nUnixAuthentication yes\nMinUID 1\nFollowLinksTo $DIR/home\n"
	broken = "NoRename yes\nMaxClientsNumber 1\nMaxIdleTime never\n"
)

// TestAThousandReloads cuts nothing: no session, no transfer, no client that comes; and leaves nothing behind.
func TestAThousandReloads(t *testing.T) {
	s := start(t, manner{more: one})
	w := newWork(t, s)
	w.begin()
	s.warm(w)
	descriptors, resident := s.descriptors(), s.resident()
	began := time.Now()
	for i := range reloads {
		switch {
		case i%10 == 7:
			s.configure(broken)
			if _, err := w.post(); err == nil || !strings.Contains(err.Error(), "MaxIdleTime: ") {
				t.Fatalf("reload %d, of a broken file: %v; want it refused", i, err)
			}
		default:
			s.exchange(w, i)
		}
		if i%20 == 0 {
			w.newcomer(i%2 == 1)
		}
	}
	t.Logf("%d reloads in %v", reloads, time.Since(began).Round(time.Millisecond))
	w.end()
	eventually(t, "old descriptors are closed", func() bool { return s.descriptors() <= descriptors+descriptor })
	if now := s.resident(); now > resident+memory {
		t.Errorf("the server has %d KB of memory, %d KB before the reloads; want at most %d KB more", now>>10, resident>>10, memory>>10)
	}
	t.Logf("descriptors: %d before, %d after; memory: %d KB before, %d KB after", descriptors, s.descriptors(), resident>>10, s.resident()>>10)
}

// warm lets the server take what it takes for the first transfers and reloads of each kind.
func (s *site) warm(w *work) {
	for i := range 20 {
		s.exchange(w, i)
	}
	s.configure(one)
	if _, err := w.post(); err != nil {
		s.t.Fatal(err)
	}
}

// exchange puts the one configuration in the place of the other: by the control socket, or by SIGHUP.
func (s *site) exchange(w *work, i int) {
	s.t.Helper()
	more := one
	if i%2 == 1 {
		more = other
	}
	s.configure(more)
	if i%4 < 2 {
		if _, err := w.post(); err != nil {
			s.t.Fatalf("reload %d: %v", i, err)
		}
		return
	}
	if err := s.process.Process.Signal(syscall.SIGHUP); err != nil {
		s.t.Fatal(err)
	}
	eventually(s.t, fmt.Sprintf("reload %d, by SIGHUP", i), func() bool {
		text, err := w.get("/v1/server/settings")
		if err != nil {
			s.t.Fatal(err)
		}
		return strings.Contains(text, `{"name":"norename","value":"yes"`) == (i%2 == 1)
	})
}

func (s *site) descriptors() int {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.process.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	return len(entries)
}

// resident is the memory of the server, in bytes.
func (s *site) resident() (bytes int64) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.process.Process.Pid))
	if err == nil {
		var size int64
		_, err = fmt.Sscan(string(b), &size, &bytes)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return bytes * int64(os.Getpagesize())
}

// A work is what goes on while the server reloads.
type work struct {
	t       *testing.T
	s       *site
	http    *http.Client
	large   []byte // what slow transfers move
	small   []byte
	over    atomic.Bool // the reloads are
	running sync.WaitGroup
	moved   atomic.Int64 // transfers that were complete and right
	idle    []*client
}

func newWork(t *testing.T, s *site) *work {
	w := &work{t: t, s: s, large: make([]byte, slowSize), small: make([]byte, fastSize)}
	rand.Read(w.large) // never fails
	rand.Read(w.small)
	for name, content := range map[string][]byte{"large": w.large, "small": w.small} {
		if err := os.WriteFile(filepath.Join(s.dir, "home", name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w.http = &http.Client{Timeout: patience, Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", fmt.Sprintf("%s/run/%d.sock", s.dir, s.process.Process.Pid))
	}}}
	t.Cleanup(w.http.CloseIdleConnections)
	return w
}

func (w *work) post() (string, error) {
	return answer(w.http.Post("http://x/v1/server/reload", "", nil)) //nolint:bodyclose // answer does
}

func (w *work) get(path string) (string, error) {
	return answer(w.http.Get("http://x" + path)) //nolint:bodyclose // answer does
}

func answer(reply *http.Response, err error) (string, error) {
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(reply.Body)
	if err = errors.Join(err, reply.Body.Close()); err == nil && reply.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", reply.Status, body)
	}
	return string(body), err
}

// begin opens the sessions, and has transfers run.
func (w *work) begin() {
	for range idlers {
		w.idle = append(w.idle, w.s.login())
	}
	for i := range slow {
		down, up := w.s.login(), w.s.login()
		w.goOn("a slow download", func() error { return w.download(down, "large", w.large, true) })
		w.goOn("a slow upload", func() error { return w.upload(up, fmt.Sprintf("slow%d", i), w.large, true) })
	}
	for i := range fast {
		c := w.s.login()
		w.goOn("fast transfers", func() error {
			for !w.over.Load() {
				err := w.upload(c, fmt.Sprintf("fast%d", i), w.small, false)
				if err == nil {
					err = w.download(c, "small", w.small, false)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	w.goOn("clients that come and go", func() error {
		for !w.over.Load() {
			conn, err := net.Dial("tcp", w.s.expand("127.0.0.1:$PORT"))
			if err != nil {
				return err
			}
			c := &client{t: w.t, conn: conn, in: newReader(conn)}
			for _, step := range [][2]string{{"", "220"}, {"USER ann", "331"}, {"PASS secret", "230"}, {"PWD", "257"}, {"QUIT", "221"}} {
				if _, err := c.ask(step[0], step[1]); err != nil {
					return errors.Join(err, conn.Close())
				}
			}
			if err := conn.Close(); err != nil {
				return err
			}
			w.moved.Add(1)
		}
		return nil
	})
}

func (w *work) goOn(what string, do func() error) {
	w.running.Go(func() {
		if err := do(); err != nil {
			w.t.Errorf("%s: %v", what, err)
		}
	})
}

// end lets what runs come to its end, and looks at the sessions that have been there all the time.
func (w *work) end() {
	w.over.Store(true)
	w.running.Wait()
	for _, c := range w.idle {
		c.do("NOOP", "200")
		c.do("RNFR small", "350") // the first configuration's
		c.do("QUIT", "221")
	}
	w.t.Logf("%d transfers and visits", w.moved.Load())
}

// newcomer logs in and has the settings of now.
func (w *work) newcomer(noRename bool) {
	w.t.Helper()
	c := w.s.login()
	code := "350"
	if noRename {
		code = "55"
	}
	c.do("RNFR small", code)
	c.do("QUIT", "221")
	c.conn.Close()
}

// slowly takes its time until the reloads are over.
type slowly struct {
	io.ReadWriter
	w *work
}

func (s slowly) Read(p []byte) (int, error) {
	return s.ReadWriter.Read(s.wait(p))
}

func (s slowly) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = s.ReadWriter.Write(s.wait(p[n:]))
		n += m
	}
	return n, err
}

func (s slowly) wait(p []byte) []byte {
	if s.w.over.Load() {
		return p
	}
	time.Sleep(50 * time.Millisecond)
	return p[:min(len(p), 4<<10)]
}

func (w *work) pace(conn net.Conn, slow bool) io.ReadWriter {
	if slow {
		return slowly{conn, w}
	}
	return conn
}

func (w *work) download(c *client, name string, want []byte, slow bool) error {
	data, err := c.passive()
	if err != nil {
		return err
	}
	defer data.Close()
	if _, err := c.ask("RETR "+name, "150"); err != nil {
		return err
	}
	got := sha256.New()
	if _, err := io.Copy(got, struct{ io.Reader }{w.pace(data, slow)}); err != nil {
		return err
	}
	if _, err := c.ask("", "226"); err != nil {
		return err
	}
	if sum := sha256.Sum256(want); !bytes.Equal(got.Sum(nil), sum[:]) {
		return fmt.Errorf("%s came as something else", name)
	}
	w.moved.Add(1)
	return nil
}

func (w *work) upload(c *client, name string, content []byte, slow bool) error {
	data, err := c.passive()
	if err != nil {
		return err
	}
	defer data.Close()
	if _, err := c.ask("STOR "+name, "150"); err != nil {
		return err
	}
	if _, err := w.pace(data, slow).Write(content); err != nil {
		return err
	}
	if err := data.Close(); err != nil {
		return err
	}
	if _, err := c.ask("", "226"); err != nil {
		return err
	}
	stored, err := os.ReadFile(filepath.Join(w.s.dir, "home", name))
	if err == nil && !bytes.Equal(stored, content) {
		err = fmt.Errorf("%s is stored as something else", name)
	}
	w.moved.Add(1)
	return err
}
