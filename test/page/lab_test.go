//go:build clients

package page

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"pureftpd/internal/control"
	"pureftpd/test/harness"
)

// patience is how long a test waits for what should happen at once, on a machine that is busy.
const patience = 30 * time.Second

var (
	programs string          // directory of what is tested
	browser  context.Context // one for all tests; nil if there is none
	ports    harness.Ports
)

func TestMain(m *testing.M) { os.Exit(build(m)) }

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "pure-ftpd-page-")
	if err == nil {
		err = os.Chmod(dir, 0o755) // the server leaves root
	}
	defer os.RemoveAll(dir)
	if err == nil {
		_, err = harness.Build(dir, "pure-ftpd")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	programs = dir
	path, err := exec.LookPath("chromium")
	if err != nil {
		return m.Run() // each test says that it is missing
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(dir, "profile")),
		chromedp.DisableGPU, chromedp.Flag("disable-dev-shm-usage", true))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // root cannot have one
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	defer end()
	var endBrowser context.CancelFunc
	browser, endBrowser = chromedp.NewContext(allocator)
	defer endBrowser()
	if err := chromedp.Do(browser); err != nil {
		fmt.Fprintln(os.Stderr, "start chromium:", err)
		return 1
	}
	return m.Run()
}

// A tab shows a page and notes what the browser has to say about it.
type tab struct {
	t   testing.TB
	ctx context.Context

	mu        sync.Mutex
	expected  []*regexp.Regexp
	complains []string // what is on the console and not expected
	asked     []string // addresses
	dialogs   []string
}

// open shows a page, as wide and high as is said.
func open(t testing.TB, address string, width, height int64) *tab {
	t.Helper()
	if browser == nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is not installed")
		}
		t.Skip("chromium is not installed")
	}
	ctx, end := chromedp.NewContext(browser)
	t.Cleanup(end)
	if err := chromedp.Do(ctx); err != nil { // with a limit of time, this would be that of the browser
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	b.expect(`^Failed to load resource: the server responded with a status of 40[13] `) // which the tests look at themselves
	if err := chromedp.Listen(ctx, b.note); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	b.run(chromedp.EmulateViewport(width, height), chromedp.Navigate(address))
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.complains) > 0 || len(b.dialogs) > 0 {
			t.Errorf("the browser says %q and asks %q", b.complains, b.dialogs)
		}
		for _, a := range b.asked {
			if u, err := url.Parse(a); err != nil || !strings.HasPrefix(a, address) || u.Scheme != "http" || strings.Contains(a, token) {
				t.Errorf("the page asks for %s", a)
			}
		}
	})
	return b
}

// expect makes what matches no complaint from now on: the browser may say it late.
func (b *tab) expect(pattern string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = append(b.expected, regexp.MustCompile(pattern))
}

func (b *tab) note(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		match := func(r *regexp.Regexp) bool { return r.MatchString(e.Entry.Text) }
		if e.Entry.Level != log.EntryLevelVerbose && !slices.ContainsFunc(b.expected, match) {
			b.complains = append(b.complains, e.Entry.Text)
		}
	case *runtime.EventConsoleAPICalled:
		b.complains = append(b.complains, "console: "+string(e.Type))
	case *runtime.EventExceptionThrown:
		b.complains = append(b.complains, e.ExceptionDetails.Text)
	case *network.EventRequestWillBeSent:
		b.asked = append(b.asked, e.Request.URL)
	case *page.EventJavascriptDialogOpening:
		b.dialogs = append(b.dialogs, e.Message)
	}
}

func (b *tab) requests() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.asked)
}

func (b *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// js is the value of an expression, which may be a promise.
func js[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// text is what an element shows.
func (b *tab) text(selector string) string {
	b.t.Helper()
	return js[string](b, fmt.Sprintf("document.querySelector(%q)?.innerText ?? '(none)'", selector))
}

// visible reports whether an element can be seen.
func (b *tab) visible(selector string) bool {
	b.t.Helper()
	return js[bool](b, fmt.Sprintf("document.querySelector(%q)?.checkVisibility() ?? false", selector))
}

// eventually waits until an element shows a text.
func (b *tab) eventually(selector, want string) {
	b.t.Helper()
	got := ""
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if got = b.text(selector); got == want {
			return
		}
	}
	b.t.Fatalf("%s shows %q; want %q", selector, got, want)
}

func (b *tab) click(selector string) {
	b.t.Helper()
	b.run(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

func (b *tab) enter(selector, text string) {
	b.t.Helper()
	b.run(chromedp.SendKeys(chromedp.CSS(selector), text, chromedp.NodeVisible))
}

// row is a session's row in the table, by its user.
func (b *tab) row(user string) string {
	b.t.Helper()
	return js[string](b, fmt.Sprintf("[...document.querySelectorAll('#rows tr')].filter(r => r.cells[0].innerText === %q)"+
		".map(r => [...r.cells].map(c => c.innerText.replace(/\\s+/g, ' ').trim()).join('|')).join('\\n')", user))
}

// dark has the page shown to who prefers dark colours.
func (b *tab) dark() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
	}); err != nil {
		b.t.Fatal(err)
	}
}

// picture is what the tab shows, to the end of the page.
func (b *tab) picture() []byte {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	return text
}

const token = "correct-horse-battery"

// A site is a server whose page is looked at.
type site struct {
	*harness.Server
	t       testing.TB
	url     string
	control *control.Client
}

// start starts a server; one with a token if that is wanted.
func start(t testing.TB, withToken bool, config harness.Config) *site {
	t.Helper()
	config.Binary = filepath.Join(programs, "pure-ftpd")
	config.Options = append(config.Options, "--controldir", "$DIR/run", "--statuspage", "127.0.0.1:0")
	if withToken {
		path := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		config.Options = append(config.Options, "--statustoken", path)
	}
	s := &site{Server: harness.Start(t, &ports, config), t: t}
	s.connect().Close() // it has started
	log, err := os.ReadFile(filepath.Join(s.Dir, "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	place := regexp.MustCompile(`StatusPage is (\S+)`).FindSubmatch(log)
	sockets, _ := filepath.Glob(filepath.Join(s.Dir, "run", "*.sock"))
	if place == nil || len(sockets) != 1 {
		t.Fatalf("the server has sockets %q and says\n%s", sockets, bytes.TrimSpace(log))
	}
	s.url = "http://" + string(place[1]) + "/"
	s.control = control.NewClient(sockets[0])
	t.Cleanup(s.control.Close)
	return s
}

// connect opens a control connection and reads the greeting.
func (s *site) connect() *harness.Client {
	s.t.Helper()
	conn, err := s.Dial("", "")
	if err != nil {
		s.t.Fatal(err)
	}
	c := harness.NewClient(s.t, conn, 3*time.Minute)
	c.Reply(220)
	return c
}

func (s *site) login(name string) *harness.Client {
	s.t.Helper()
	c := s.connect()
	c.Login(name)
	return c
}

// sessions are those the control socket tells, by user.
func (s *site) sessions() map[string]control.Session {
	s.t.Helper()
	list, err := s.control.Sessions(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	all := make(map[string]control.Session)
	for _, one := range list {
		all[one.Account] = one
	}
	return all
}
