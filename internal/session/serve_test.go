package session

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/ban"
	"pureftpd/internal/listing"
	"pureftpd/internal/pace"
	"pureftpd/internal/quota"
	"pureftpd/internal/record"
	"pureftpd/internal/rootfs"
	"pureftpd/internal/transfer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// accounts is an Authenticator with the password "secret" for everybody in it.
type accounts map[string]account.Account

func (a accounts) Authenticate(_ context.Context, c auth.Credentials) (account.Account, error) {
	found, ok := a[c.User]
	switch {
	case !ok:
		return account.Account{}, auth.ErrUnknown
	case !c.Certified && c.Password != "secret":
		return account.Account{}, &auth.Refusal{Cause: auth.WrongPassword, Reason: "wrong password"}
	}
	return found, nil
}

// house counts sessions of accounts.
type house struct {
	mu    sync.Mutex
	users map[string]uint64
}

func (h *house) Sessions() int { return 1 }

func (h *house) Login(name string, limit uint64) (func(), bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if limit > 0 && h.users[name] >= limit {
		return nil, false
	}
	h.users[name]++
	return func() { h.mu.Lock(); defer h.mu.Unlock(); h.users[name]-- }, true
}

type numbersOnly struct{}

func (numbersOnly) Names() (user, group func(uint32) string, err error) {
	none := func(uint32) string { return "" }
	return none, none, nil
}

func (numbersOnly) HomeOf(string) (string, bool) { return "", false }

// A lab is a handler over a temporary directory that is the home of the account ann.
type lab struct {
	handler *Handler
	home    string
	journal journal
}

// A journal is the log of a lab.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

// expect waits for a line that holds the words.
func (j *journal) expect(t testing.TB, words string) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(10 * time.Second); ; {
		j.mu.Lock()
		text := j.text.String()
		j.mu.Unlock()
		if strings.Contains(text, words) {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("the log holds no %q:\n%s", words, text)
		}
	}
}

func newLab(t testing.TB, change func(*Config)) *lab {
	t.Helper()
	home := t.TempDir()
	config := Config{
		MaxFiles: 1000, MaxDepth: 5, FileMask: 0o133, DirMask: 0o022, Idle: 10 * time.Second,
		Location: time.UTC, PassiveWait: 5 * time.Second, IPv6: true, AnonUpload: true,
		AnonymousAccount: func() (account.Account, error) {
			return account.Account{UID: uint32(os.Getuid()) + 1, GID: uint32(os.Getgid()) + 1, Home: home}, nil
		},
	}
	if change != nil {
		change(&config)
	}
	passive, err := transfer.NewPassive(transfer.Config{})
	if err != nil {
		t.Fatal(err)
	}
	copier := transfer.NewCopier()
	l := &lab{home: home}
	log := record.Open(record.Config{Output: record.Stderr, Stderr: &l.journal})
	t.Cleanup(func() { _, _, _ = passive.Close(), copier.Close(), log.Close() })
	ann := account.Account{Name: "ann", UID: uint32(os.Getuid()), GID: uint32(os.Getgid()), Home: home + "/./"}
	l.handler = NewHandler(config, Parts{
		Auth: accounts{"ann": ann}, Roots: rootfs.NewCache(), Passive: passive, Dialer: &transfer.Dialer{}, Copier: copier,
		Log: log, Names: numbersOnly{}, Admission: &house{users: map[string]uint64{}}, Scratch: new(listing.Scratch),
		Quotas: quota.NewBook(), Shaper: pace.NewShaper(pace.Rates{}), TLS: newTLS(t, config),
		Bans: ban.New(ban.Config{}, func(string) {}),
	})
	return l
}

// A client is the other end of a control connection.
type client struct {
	t       testing.TB
	conn    net.Conn
	in      *bufio.Reader
	session *Session // the server's end

	raw net.Conn    // of a client with TLS: the connection under it
	tls *tls.Config // likewise: for its connections, which resume one session

	certificate *tls.Certificate // what it shows, if anything
}

// connect opens a session and reads its greeting.
func (l *lab) connect(t testing.TB) *client {
	t.Helper()
	c := l.dial(t, l.handler.Open)
	c.want("220")
	return c
}

// dial opens a session.
func (l *lab) dial(t testing.TB, open func(net.Conn) *Session) *client {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.Dial("tcp4", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	served, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	s := open(served)
	go func() { defer close(done); s.Serve(ctx) }()
	t.Cleanup(func() { conn.Close(); cancel(); <-done })
	c := &client{t: t, conn: conn, in: bufio.NewReader(conn), session: s}
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

func (l *lab) login(t testing.TB) *client {
	t.Helper()
	c := l.connect(t)
	c.do("USER ann", "331")
	c.do("PASS secret", "230")
	return c
}

// send writes command lines in one packet.
func (c *client) send(lines ...string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, strings.Join(lines, "\r\n")+"\r\n"); err != nil {
		c.t.Fatal(err)
	}
}

// reply reads one whole reply.
func (c *client) reply() string {
	c.t.Helper()
	var all strings.Builder
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			c.t.Fatalf("read a reply: %v after %q", err, all.String()+line)
		}
		all.WriteString(line)
		if len(line) > 3 && line[3] == ' ' && line[0] >= '1' && line[0] <= '5' {
			return all.String()
		}
	}
}

// want reads one reply, which must have the code.
func (c *client) want(code string) string {
	c.t.Helper()
	r := c.reply()
	lines := strings.Split(strings.TrimRight(r, "\r\n"), "\r\n")
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, code+" ") {
		c.t.Fatalf("reply %q; want code %s", r, code)
	}
	return r
}

func (c *client) do(line, code string) string {
	c.t.Helper()
	c.send(line)
	return c.want(code)
}

// passive opens a data connection.
func (c *client) passive() net.Conn {
	c.t.Helper()
	r := c.do("EPSV", "229")
	_, rest, _ := strings.Cut(r, "(|||")
	port, _, _ := strings.Cut(rest, "|")
	if _, err := strconv.Atoi(port); err != nil {
		c.t.Fatalf("no port in %q", r)
	}
	conn, err := net.Dial("tcp4", "127.0.0.1:"+port)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { conn.Close() })
	return conn
}

func (l *lab) write(t testing.TB, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(l.home, name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (l *lab) read(t testing.TB, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(l.home, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestDownloadUpload(t *testing.T) {
	l := newLab(t, nil)
	c := l.login(t)
	c.do("TYPE I", "200")
	for _, size := range []int{0, 1, 4096, 64 << 10, 3 << 20} {
		content := strings.Repeat("0123456789abcdef", size/16+1)[:size]
		data := c.passive()
		c.do("STOR f", "150")
		if _, err := io.WriteString(data, content); err != nil {
			t.Fatal(err)
		}
		data.Close()
		c.want("226")
		if got := l.read(t, "f"); got != content {
			t.Fatalf("an upload of %d bytes stored %d", size, len(got))
		}
		data = c.passive()
		c.send("RETR f")
		got, err := io.ReadAll(data)
		if err != nil || string(got) != content {
			t.Fatalf("a download of %d bytes gave %d, %v", size, len(got), err)
		}
		c.want("150")
		c.want("226")
	}
}

func TestPipelinedCommandsKeepTheirOrder(t *testing.T) {
	c := newLab(t, nil).login(t)
	c.send("TYPE I", "PWD", "NOSUCH", "", "SYST", "CWD /nowhere", "NOOP")
	for _, code := range []string{"200", "257", "500", "215", "550", "200"} {
		c.want(code)
	}
}

func TestAborDuringDownload(t *testing.T) {
	l := newLab(t, nil)
	l.write(t, "big", strings.Repeat("x", 64<<20))
	c := l.login(t)
	c.do("TYPE I", "200")
	data := c.passive()
	c.send("RETR big")
	c.want("150")
	if _, err := io.ReadFull(data, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	c.do("STAT", "211")
	c.send("NOOP", "\xff\xf4\xff\xf2ABOR")
	for _, code := range []string{"426", "200", "226"} { // RETR, NOOP, ABOR
		c.want(code)
	}
	c.do("PWD", "257")
}

func TestAborDuringUploadKeepsWhatCame(t *testing.T) {
	l := newLab(t, nil)
	c := l.login(t)
	data := c.passive()
	c.do("STOR f", "150")
	if _, err := io.WriteString(data, "half"); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(c.do("STAT", "211"), "4 bytes so far") {
	}
	c.send("ABOR")
	c.want("426")
	c.want("226")
	if got := l.read(t, "f"); got != "half" {
		t.Errorf("the file holds %q; want %q", got, "half")
	}
}

func TestAborWhileNobodyConnects(t *testing.T) {
	c := newLab(t, nil).login(t)
	c.do("EPSV", "229")
	c.send("LIST", "ABOR")
	c.want("426")
	c.want("226")
}

func TestQuitDuringTransferWaitsForItsEnd(t *testing.T) {
	l := newLab(t, nil)
	c := l.login(t)
	data := c.passive()
	c.do("STOR f", "150")
	c.send("QUIT")
	if _, err := io.WriteString(data, "whole"); err != nil {
		t.Fatal(err)
	}
	data.Close()
	c.want("226")
	c.want("221")
	if got := l.read(t, "f"); got != "whole" {
		t.Errorf("the file holds %q; want %q", got, "whole")
	}
}

func TestFailedAtomicUploadLeavesTheOldFile(t *testing.T) {
	l := newLab(t, func(c *Config) { c.AtomicUploads = true })
	l.write(t, "f", "old")
	c := l.login(t)
	data := c.passive()
	c.do("STOR f", "150")
	if _, err := io.WriteString(data, "new, but not all of it"); err != nil {
		t.Fatal(err)
	}
	c.send("ABOR")
	c.want("426")
	c.want("226")
	entries, err := os.ReadDir(l.home)
	if got := l.read(t, "f"); got != "old" || err != nil || len(entries) != 1 {
		t.Errorf("the file holds %q beside %v, %v; want the old one alone", got, entries, err)
	}
}

func TestAtomicRestartKeepsTheStart(t *testing.T) {
	l := newLab(t, func(c *Config) { c.AtomicUploads = true })
	l.write(t, "f", "0123456789")
	c := l.login(t)
	c.do("TYPE I", "200")
	c.do("REST 4", "350")
	data := c.passive()
	c.do("STOR f", "150")
	if _, err := io.WriteString(data, "abc"); err != nil {
		t.Fatal(err)
	}
	data.Close()
	c.want("226")
	if got := l.read(t, "f"); got != "0123abc" {
		t.Errorf("the file holds %q; want %q", got, "0123abc")
	}
}

func TestAutoRenameFindsAFreeName(t *testing.T) {
	for _, atomic := range []bool{false, true} {
		t.Run(fmt.Sprintf("atomic=%v", atomic), func(t *testing.T) {
			l := newLab(t, func(c *Config) { c.AutoRename, c.AtomicUploads = true, atomic })
			c := l.login(t)
			for i, name := range []string{"f", "f.1", "f.2"} {
				data := c.passive()
				c.do("STOR f", "150")
				if _, err := io.WriteString(data, strconv.Itoa(i)); err != nil {
					t.Fatal(err)
				}
				data.Close()
				c.want("226")
				if got := l.read(t, name); got != strconv.Itoa(i) {
					t.Errorf("%s holds %q; want %d", name, got, i)
				}
			}
		})
	}
}

func TestWithoutDataConnectionNothingIsCreated(t *testing.T) {
	l := newLab(t, nil)
	l.write(t, "old", "content")
	c := l.login(t)
	c.do("STOR new", "425")
	c.do("STOR old", "425")
	if _, err := os.Stat(filepath.Join(l.home, "new")); err == nil || l.read(t, "old") != "content" {
		t.Errorf("a 425 touched a file: %v", err)
	}
}

func TestForeignPortIsRefused(t *testing.T) {
	c := newLab(t, nil).login(t)
	c.do("PORT 127,0,0,9,200,1", "500")
	c.do("PORT 127,0,0,1,0,25", "501")
	c.do("EPRT |2|::1|2000|", "500")
	c.do("EPSV ALL", "200")
	c.do("PORT 127,0,0,1,200,1", "501")
	c.do("PASV", "501")
	c.passive()
}

func TestIdleSessionEnds(t *testing.T) {
	c := newLab(t, nil).login(t)
	c.do("SITE IDLE 0", "200")
	c.want("421")
}

func TestDrainEndsIdleSessions(t *testing.T) {
	l := newLab(t, nil)
	server, conn := net.Pipe()
	s := l.handler.Open(server)
	done := make(chan struct{})
	go func() { defer close(done); s.Serve(t.Context()) }()
	c := &client{t: t, conn: conn, in: bufio.NewReader(conn)}
	c.want("220")
	s.Drain()
	c.want("421")
	<-done
}

func TestRootThatIsGoneEndsTheSession(t *testing.T) {
	l := newLab(t, nil)
	c := l.login(t)
	if err := os.Rename(l.home, l.home+".moved"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(l.home + ".moved") })
	for {
		c.send("PWD")
		if r := c.reply(); strings.HasPrefix(r, "421") {
			return
		} else if !strings.HasPrefix(r, "257") {
			t.Fatalf("reply %q; want 257 until 421", r)
		}
	}
}

func TestAddrPort(t *testing.T) {
	a := &net.TCPAddr{IP: net.ParseIP("::ffff:192.0.2.1"), Port: 21}
	if got, want := addrPort(a), netip.MustParseAddrPort("192.0.2.1:21"); got != want {
		t.Errorf("addrPort(%v) = %v; want %v", a, got, want)
	}
}
