package session

import (
	"io"
	"strings"
	"testing"

	"pureftpd/internal/pace"
)

// crawl is a rate at which no transfer of these tests comes to its end.
func crawl() pace.Rates { return pace.Rates{Upload: 1, Download: 1} }

// TestRatesChangeDuringTransfers begins transfers at a byte per second, frees them, and waits for their end.
func TestRatesChangeDuringTransfers(t *testing.T) {
	for _, level := range []struct {
		name  string
		crawl func(*Config)
		free  func(l *lab, c *client)
	}{
		{"session", func(c *Config) { c.UserBandwidth.Session = crawl() }, func(_ *lab, c *client) {
			if !c.session.SetRates(pace.Rates{}) {
				t.Error("SetRates does not know the session")
			}
		}},
		{"user", func(c *Config) { c.UserBandwidth.Total = crawl() },
			func(l *lab, _ *client) { l.handler.parts.Shaper.SetUser("ann", pace.Rates{}) }},
		{"server", func(*Config) {}, func(l *lab, _ *client) { l.handler.parts.Shaper.SetTotal(pace.Rates{}) }},
	} {
		t.Run(level.name, func(t *testing.T) {
			l := newLab(t, level.crawl)
			if level.name == "server" {
				l.handler.parts.Shaper.SetTotal(crawl())
			}
			content := strings.Repeat("0123456789abcdef", 64<<10)
			l.write(t, "big", content)
			c := l.login(t)
			c.do("TYPE I", "200")

			data := c.passive()
			c.do("RETR big", "150")
			if !strings.Contains(c.do("STAT", "211"), "Sending") {
				t.Error("STAT does not see the transfer")
			}
			level.free(l, c)
			if got, err := io.ReadAll(data); err != nil || string(got) != content {
				t.Errorf("the download gave %d bytes, %v", len(got), err)
			}
			c.want("226")

			data = c.passive()
			c.do("STOR new", "150")
			if _, err := io.WriteString(data, content); err != nil {
				t.Fatal(err)
			}
			data.Close()
			c.want("226")
			if got := l.read(t, "new"); got != content {
				t.Errorf("the upload stored %d bytes", len(got))
			}
		})
	}
}

// TestAborEndsATransferThatWaitsForItsTurn sends ABOR to transfers that may move a byte per second.
func TestAborEndsATransferThatWaitsForItsTurn(t *testing.T) {
	l := newLab(t, func(c *Config) { c.UserBandwidth.Session = crawl() })
	l.write(t, "big", strings.Repeat("x", 1<<20))
	c := l.login(t)
	c.do("TYPE I", "200")
	c.passive()
	c.do("RETR big", "150")
	c.send("ABOR")
	c.want("426")
	c.want("226")
	data := c.passive()
	c.do("STOR new", "150")
	if _, err := io.WriteString(data, strings.Repeat("x", 1000)); err != nil {
		t.Fatal(err)
	}
	c.send("ABOR")
	c.want("426")
	c.want("226")
}

func TestNobodyHasRatesBeforeTheLogin(t *testing.T) {
	c := newLab(t, nil).connect(t)
	if c.session.SetRates(crawl()) {
		t.Error("SetRates finds a session that is not logged in")
	}
}
