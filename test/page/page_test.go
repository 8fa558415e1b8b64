//go:build clients

package page

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"pureftpd/internal/control"
	"pureftpd/internal/statuspage"
	"pureftpd/test/harness"
)

// two are users with rooms of their own.
const two = "ann:secret:$UID:$GID::$DIR/home/./::::::::::::\nbob:secret:$UID:$GID::$DIR/home/./::::::::::::\n"

// TestFigures compares what the page shows with what the control socket tells, while a file is sent, another comes, and somebody waits.
func TestFigures(t *testing.T) {
	s := start(t, false, harness.Config{
		Options: []string{"--totalbandwidth", "200:400"}, Users: two, Setup: []string{"size home/report.bin 2000000"},
	})
	down, up := s.login("ann"), s.login("bob")
	s.connect()
	received := down.Data()
	down.Ask(150, "RETR report.bin")
	sent := up.Data()
	up.Ask(150, "STOR incoming.dat")
	if _, err := sent.Write(make([]byte, 50000)); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { // ends with the file
		n, err := io.Copy(io.Discard, received)
		if err == nil && n != 2000000 {
			err = fmt.Errorf("%d bytes came", n)
		}
		done <- err
	}()

	b := open(t, s.url, 1200, 800)
	b.eventually("#open", "3")
	b.eventually("#moving", "1 downloading, 1 uploading")
	b.eventually("#link", "Live")
	told, err := s.control.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := told.Counters
	for selector, want := range map[string]string{
		"#open": fmt.Sprint(c.Open), "#max-open": fmt.Sprint("of ", told.MaxOpen), "#sessions": fmt.Sprint(c.Sessions), "#logins": fmt.Sprint(c.Logins),
		"#downloads": "0", "#uploads": "0", "#moving": fmt.Sprintf("%d downloading, %d uploading", c.Downloading, c.Uploading),
	} {
		if got := b.text(selector); got != want {
			t.Errorf("%s shows %q; the control socket tells %q", selector, got, want)
		}
	}
	if got := b.text("#about"); !strings.Contains(got, told.Version) || !strings.Contains(got, "standalone") {
		t.Errorf("the head says %q", got)
	}
	sessions := s.sessions()
	for user, want := range map[string]string{
		"ann": sessions["ann"].Address + "|↓Download|report.bin|", "bob": sessions["bob"].Address + "|↑Upload|incoming.dat|48.8 KB|",
		"not logged in": sessions[""].Address + "|Login|||",
	} {
		if got := b.row(user); !strings.HasPrefix(got, user+"|"+want) {
			t.Errorf("the row of %s is %q; want %q", user, got, want)
		}
	}

	// The download goes on, at the speed it is limited to, and ends.
	progress := "(() => { const p = [...document.querySelectorAll('#rows tr')].find(r => r.cells[0].innerText === 'ann')?.querySelector('progress');" +
		" return p && p.checkVisibility() ? p.value : -1; })()"
	var seen []float64
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		value := js[float64](b, progress)
		if value < 0 {
			break
		}
		if told := s.sessions()["ann"].Transfer; told != nil && value > float64(told.Position) {
			t.Errorf("the page shows %.0f bytes, the control socket tells %d later", value, told.Position)
		}
		if len(seen) == 0 || value != seen[len(seen)-1] {
			seen = append(seen, value)
		}
	}
	if len(seen) < 3 {
		t.Errorf("the progress was seen at %v; want it to move", seen)
	}
	for i := 1; i < len(seen); i++ {
		if seen[i] < seen[i-1] {
			t.Errorf("the progress goes back: %v", seen)
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	down.Reply(226)
	b.eventually("#downloads", "1")
	b.eventually("#sent", "1.9 MB since the start")
	if got := b.row("ann"); !strings.HasPrefix(got, "ann|127.0.0.1|Idle||||") {
		t.Errorf("after the download the row is %q", got)
	}
	if points := js[int](b, "document.querySelector('.down polyline').points.length"); points < 3 {
		t.Errorf("the curve has %d points", points)
	}
	down.Ask(221, "QUIT")
	b.eventually("#open", "2")
	if got := b.row("ann"); got != "" {
		t.Errorf("after the end there still is the row %q", got)
	}
	if err := sent.Close(); err != nil {
		t.Fatal(err)
	}
	up.Reply(226)
	b.eventually("#uploads", "1")
}

// hostile is the name of a file that would command a page which takes it for markup.
const hostile = `<img src=x onerror=document.title='owned'><script>alert(1)<!--"'&amp;`

func TestHostileNames(t *testing.T) {
	s := start(t, true, harness.Config{Users: strings.Replace(two, "bob", "<b>bob", 1)})
	c := s.login("<b>bob")
	c.Send("STOR "+hostile, "x")
	b := open(t, s.url, 1000, 700)
	b.eventually("#open", "1")
	b.eventually("#rows td.file", hostile)
	b.eventually("#rows td.user", "<b>bob")
	b.click("#rows td.user button")
	b.eventually("#session-title", "<b>bob")
	b.unlock()
	b.click("#rows td.user button")
	if got := b.text("#facts"); !strings.Contains(got, hostile) {
		t.Errorf("the details are %q", got)
	}
	time.Sleep(1500 * time.Millisecond) // another look
	if n := js[int](b, "document.querySelectorAll('img:not([src=\"icon.svg\"]), main script, main b:not(.figure b)').length"); n != 0 {
		t.Errorf("%d elements are made of names", n)
	}
	if got := js[string](b, "document.title"); strings.Contains(got, "owned") {
		t.Errorf("the title is %q", got)
	}
	b.expect(`TrustedHTML`)
	if got := js[string](b, "(() => { try { document.body.insertAdjacentHTML('beforeend', '<i>'); return 'done' } catch (e) { return e.name } })()"); got != "TypeError" {
		t.Errorf("markup can be made of text: %s", got)
	}
}

// unlock enters the token.
func (b *tab) unlock() {
	b.t.Helper()
	js[bool](b, "document.querySelectorAll('dialog[open]').forEach(d => d.close()) === undefined")
	b.click("#unlock")
	b.enter("#token input", token)
	b.click("#token form button")
	b.eventually("#unlock", "Lock")
}

// TestPhone looks for anything wider than a narrow phone, with names that are long, on the page and in its dialogs.
func TestPhone(t *testing.T) {
	for _, width := range []int64{320, 360, 412} {
		c := many(20)
		long := strings.Repeat("a-long-name-without-any-blank-", 8)
		c.guests[0].session.Transfer.File, c.guests[0].session.Account = long, long
		c.guests[0].session.Address = "2001:db8:1234:5678:9abc:def0:1234:5678"
		c.serve(t, "127.0.0.1:0", statuspage.Token{})
		b := open(t, c.url, width, 740)
		b.eventually("#open", "20")
		wide := func(where string) {
			t.Helper()
			if got := js[int64](b, "document.documentElement.scrollWidth"); got > width {
				t.Errorf("%s is %d wide; the screen has %d", where, got, width)
			}
			beyond := js[[]string](b, "[...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && !e.closest('thead, svg') && "+
				"e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName + '.' + e.className + '#' + e.id)")
			if len(beyond) > 0 {
				t.Errorf("%s: beyond the edge of %d are %q", where, width, beyond)
			}
		}
		wide("the page")
		b.click("#rows td.user button")
		b.eventually("#session-title", long)
		js[bool](b, "(document.querySelector('#actions').hidden = false) === false") // as for those with the token
		wide("the dialog")
		small := js[[]string](b, "[...document.querySelectorAll('button, select, input')].filter(e => e.checkVisibility() && "+
			"!e.closest('thead') && e.getBoundingClientRect().height < 24).map(e => e.outerHTML.slice(0, 80))")
		if len(small) > 0 {
			t.Errorf("too small for a finger: %q", small)
		}
		if got := js[string](b, "getComputedStyle(document.querySelector('.sort')).display"); got == "none" {
			t.Error("nothing sorts on a phone")
		}
	}
}

// TestReadOnly finds no way to change something without the token: on a page that has none, and on one that is locked.
func TestReadOnly(t *testing.T) {
	for _, withToken := range []bool{false, true} {
		s := start(t, withToken, harness.Config{})
		c := s.login("ann")
		b := open(t, s.url, 1000, 700)
		b.eventually("#open", "1")
		b.click("#rows td.user button")
		b.eventually("#session-title", "ann")
		if got := b.visible("#unlock"); got != withToken {
			t.Errorf("with a token %v: the page asks for it: %v", withToken, got)
		}
		if b.visible("#actions") || b.visible("#server-limit") {
			t.Error("what needs the token is shown")
		}
		id := s.sessions()["ann"].ID
		for _, request := range []string{
			fmt.Sprintf("POST v1/sessions/%d/kick", id), fmt.Sprintf("POST v1/sessions/%d/message", id), fmt.Sprintf("PUT v1/sessions/%d/limits", id),
			"PUT v1/server/limits", "PUT v1/users/ann/limits", "POST v1/bans", "POST v1/server/drain", "POST v1/server/reload",
		} {
			method, path, _ := strings.Cut(request, " ")
			if got := js[int](b, fmt.Sprintf("fetch(%q, {method: %q, body: '{}'}).then(r => r.status)", path, method)); got != 403 {
				t.Errorf("%s from the page = %d; want 403", request, got)
			}
		}
		if withToken { // the buttons are there, though not to be seen
			for _, form := range []string{"kick", "message", "limit", "ban"} {
				js[bool](b, fmt.Sprintf("document.getElementById(%q).requestSubmit === undefined || (document.getElementById(%[1]q).noValidate = true, "+
					"document.getElementById(%[1]q).requestSubmit(), true)", form))
				b.eventually("#outcome", "This takes the token.")
				js[bool](b, "(document.querySelector('#outcome').textContent = '') === ''")
			}
		}
		c.Ask(200, "NOOP")
	}
}

// TestToken enters a wrong token and the right one, and then does everything it is good for.
func TestToken(t *testing.T) {
	s := start(t, true, harness.Config{Setup: []string{"mkdir home/private", "sparse home/private/endless.iso 1000000000000"}})
	c := s.login("ann")
	data := c.Data()
	c.Ask(150, "RETR private/endless.iso")
	received := make(chan int64, 1)
	go func() { // ends with the session
		n, _ := io.Copy(io.Discard, data)
		received <- n
	}()
	b := open(t, s.url, 1000, 900)
	b.eventually("#rows td.file", "endless.iso")
	b.click("#unlock")
	b.enter("#token input", "something-else-entirely\n")
	b.eventually("#token-outcome", "The token is wrong.")
	b.enter("#token input", token+"\n")
	b.eventually("#unlock", "Lock")
	b.eventually("#rows td.file", "private/endless.iso")
	if got := js[string](b, "location.href + document.cookie + JSON.stringify(localStorage)"); got != s.url+"{}" {
		t.Errorf("the token is where it should not be: %s", got)
	}

	b.click("#rows td.user button")
	b.enter("#limit [name=download]", "700")
	b.click("#limit button")
	b.eventually("#outcome", "The limit holds from now on.")
	if got := s.sessions()["ann"].Limits; got != (control.Rates{Download: 700 << 10}) {
		t.Errorf("the session is limited to %v", got)
	}
	b.enter("#message [name=text]", "We close at six.")
	b.click("#message button")
	b.eventually("#outcome", "The user reads it with one of the next replies.")
	b.click("#kick button")
	b.eventually("#outcome", "The session is ended.")
	if text := c.Reply(421); !strings.Contains(text, "The administrator has ended this session") {
		t.Errorf("the client reads %q", text)
	}
	<-received
	b.eventually("#shown", "Nobody is connected.")
	b.eventually("#open", "0")
	b.click("#session .close")

	b.click("#server-limit")
	b.enter("#server-form [name=upload]", "500")
	b.click("#server-form button")
	b.eventually("#server-outcome", "The limit holds from now on.")
	if got, err := s.control.Status(t.Context()); err != nil || got.Limits == nil || *got.Limits != (control.Rates{Upload: 500 << 10}) {
		t.Errorf("the server is limited to %v, %v", got.Limits, err)
	}
	b.click("#server .close")
	next := s.login("ann")
	b.eventually("#open", "1")
	b.click("#rows td.user button")
	b.enter("#message [name=text]", "We close at six.")
	b.click("#message button")
	b.eventually("#outcome", "The user reads it with one of the next replies.")
	if got := next.Ask(200, "NOOP"); !strings.Contains(got, "We close at six.") {
		t.Errorf("the user reads %q", got)
	}
	b.click("#session .close")
	b.click("#unlock") // it says Lock
	b.eventually("#unlock", "Unlock")
	if got := js[string](b, "JSON.stringify(sessionStorage)"); got != "{}" {
		t.Errorf("the locked page keeps %s", got)
	}
}

// TestHidden lets the tab go to the background, where it asks for nothing, and come back.
func TestHidden(t *testing.T) {
	c := many(1)
	c.serve(t, "127.0.0.1:0", statuspage.Token{})
	b := open(t, c.url, 1000, 700)
	b.eventually("#link", "Live")
	hide := func(hidden bool) {
		js[bool](b, fmt.Sprintf("(Object.defineProperty(document, 'hidden', {value: %v, configurable: true}), "+
			"document.dispatchEvent(new Event('visibilitychange')))", hidden))
	}
	hide(true)
	b.eventually("#link", "Paused")
	time.Sleep(time.Second) // what was on the way
	before := b.requests()
	time.Sleep(3 * time.Second)
	if after := b.requests(); after != before {
		t.Errorf("a hidden page asks %d times", after-before)
	}
	hide(false)
	b.eventually("#link", "Live")
	for end := time.Now().Add(patience); b.requests() < before+6; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the page does not go on")
		}
	}
}

// TestServerAway takes the server away and brings it back.
func TestServerAway(t *testing.T) {
	c := many(3)
	c.serve(t, "127.0.0.1:0", statuspage.Token{})
	b := open(t, c.url, 1000, 700)
	b.eventually("#open", "3")
	b.expect(`^Failed to load resource: net::ERR_`)
	c.close()
	for end := time.Now().Add(patience); !strings.HasPrefix(b.text("#link"), "No answer since "); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("without a server the page says %q", b.text("#link"))
		}
	}
	c.guests = c.guests[:2]
	c.serve(t, strings.Trim(strings.TrimPrefix(c.url, "http://"), "/"), statuspage.Token{})
	b.eventually("#link", "Live")
	b.eventually("#open", "2")
}

// TestCrowd shows the fastest of ten thousand, finds one of them, sorts and shows more.
func TestCrowd(t *testing.T) {
	c := many(10000)
	c.serve(t, "127.0.0.1:0", statuspage.Token{})
	b := open(t, c.url, 1100, 800)
	b.eventually("#open", "10,000")
	b.eventually("#shown", "50 of 10,000 are shown.")
	first := "document.querySelector('#rows td.user').innerText"
	if got := js[string](b, first); got != "user0" {
		t.Errorf("the first is %s; want the fastest, user0", got)
	}
	b.enter("#filter", "user777")
	b.eventually("#rows tr:nth-child(11) td.user", "user7779") // 7770, which downloads, then the latest: 777, 7771 to 7779
	b.eventually("#rows td.user", "user7770")
	b.eventually("#shown", "")
	js[bool](b, "(() => { const f = document.querySelector('#filter'); f.value = ''; f.dispatchEvent(new Event('input')); return true })()")
	b.click("#show-more")
	b.eventually("#shown", "200 of 10,000 are shown.")
	b.click("th [data-sort=address]")
	b.eventually("#rows td.address", "10.1.0.1")
	if got := js[string](b, "document.querySelector('th.address').getAttribute('aria-sort')"); got != "ascending" {
		t.Errorf("aria-sort is %q", got)
	}
	b.click("th [data-sort=address]")
	b.eventually("#rows td.address", "10.1.9.99")
}

// TestAccess asks for what those need who do not see the page, or have no mouse.
func TestAccess(t *testing.T) {
	c := many(30)
	c.serve(t, "127.0.0.1:0", statuspage.Token{})
	b := open(t, c.url, 1100, 800)
	b.eventually("#open", "30")
	if nameless := js[[]string](b, "[...document.querySelectorAll('input, select, button')].filter(e => !(e.labels?.length || e.ariaLabel || "+
		"e.textContent.trim())).map(e => e.outerHTML)"); len(nameless) > 0 {
		t.Errorf("without a name: %q", nameless)
	}
	if got := js[string](b, "[document.documentElement.lang, document.querySelectorAll('h1').length, document.querySelectorAll('th[scope=col]').length].join()"); got != "en,1,7" {
		t.Errorf("language, headings and columns are %s", got)
	}
	// The focus stays where it is while rows come and go above it.
	js[bool](b, "(document.querySelectorAll('#rows button')[2].focus(), true)")
	name := js[string](b, "document.activeElement.textContent")
	time.Sleep(2500 * time.Millisecond)
	if got := js[string](b, "document.activeElement.textContent"); got != name || name == "" {
		t.Errorf("the focus has gone from %q to %q", name, got)
	}
	js[bool](b, "(document.activeElement.click(), true)")
	b.eventually("#session-title", name)
	for _, dark := range []bool{false, true} {
		if dark {
			b.dark()
		}
		if low := js[[]string](b, contrast); len(low) > 0 {
			t.Errorf("dark %v: hard to read: %q", dark, low)
		}
	}
}

// contrast lists the texts that differ from their background by less than 4.5 to 1 (WCAG 2, AA).
const contrast = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = c => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = e => { for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] > 250) return c; } return [255, 255, 255]; };
  return [...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
    .filter(e => { const a = light(rgba(getComputedStyle(e).color)), b = light(behind(e)); return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5; })
    .map(e => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 20));
})()`
