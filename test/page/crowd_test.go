//go:build clients

package page

import (
	"context"
	"fmt"
	"iter"
	"math"
	"net"
	"sync"
	"testing"
	"time"

	"pureftpd/internal/control"
	"pureftpd/internal/statuspage"
)

// A guest is a session in memory, whose transfer goes on at an even speed.
type guest struct {
	session control.Session
	speed   float64 // bytes per second
}

func (g *guest) Snapshot() control.Session {
	s := g.session
	if s.Transfer != nil {
		t := *s.Transfer
		t.Position = t.Offset + int64(g.speed*time.Since(t.Started).Seconds())
		s.Transfer = &t
	}
	return s
}

func (*guest) Kick()                       {}
func (*guest) Message(string) error        { return nil }
func (*guest) SetRates(control.Rates) bool { return true }
func (*guest) Trace(context.Context, func(), func(control.Line) error) error {
	return nil
}

// A crowd is a server in memory.
type crowd struct {
	guests []*guest // the latest first
	begun  time.Time
	served *statuspage.Server
	url    string
}

// All and Find make it control.Sessions.
func (c *crowd) All() iter.Seq[control.Live] {
	return func(yield func(control.Live) bool) {
		for _, g := range c.guests {
			if !yield(g) {
				return
			}
		}
	}
}

func (c *crowd) Find(id uint64) control.Live {
	for _, g := range c.guests {
		if g.session.ID == id {
			return g
		}
	}
	return nil
}

// status tells of a day's work. The rates come and go like waves.
func (c *crowd) status() control.Status {
	now := time.Now()
	s := control.Status{Version: "1.0.0", Mode: "standalone", Started: c.begun, Now: now, MaxOpen: 200}
	for _, g := range c.guests {
		s.Counters.Open++
		switch g.session.State {
		case control.Download:
			s.Counters.Downloading++
		case control.Upload:
			s.Counters.Uploading++
		}
	}
	t := float64(now.UnixMilli()%1e9) / 1000
	swell := func(mean, swing, period float64) int64 { // of a rate that is never below 0
		return int64(mean*t - swing*period*math.Cos(t/period) - 0.4*swing*2.3*math.Cos(t/2.3))
	}
	s.Counters.Sessions, s.Counters.Logins, s.Counters.Downloads, s.Counters.Uploads = 18204, 17951, 96417, 8123
	s.Counters.BytesSent = 3<<40 + swell(21e6, 8e6, 9)
	s.Counters.BytesReceived = 412<<30 + swell(4.1e6, 1.5e6, 6)
	return s
}

// serve shows the crowd on a page; at an address, or a free one.
func (c *crowd) serve(t testing.TB, address string, secret statuspage.Token) {
	t.Helper()
	p, err := statuspage.NewPage("ftp.example.com", secret, nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	c.url = "http://" + l.Addr().String() + "/"
	c.served = statuspage.Serve([]net.Listener{l}, statuspage.Config{
		Page: p, Log: func(text string) { t.Log(text) },
		API: control.Config{Sessions: c, Log: func(text string) { t.Log(text) }, Hooks: control.Hooks{Status: c.status}},
	})
	t.Cleanup(c.close)
}

var closing sync.Mutex

// close ends the serving.
func (c *crowd) close() {
	closing.Lock()
	defer closing.Unlock()
	if c.served != nil {
		_ = c.served.Close()
		c.served = nil
	}
}

// many is a crowd of so many, of whom each tenth downloads, the first at the highest speed.
func many(n int) *crowd {
	c := &crowd{begun: time.Now().Add(-time.Hour)}
	for i := range n {
		g := &guest{session: control.Session{
			ID: uint64(4194304 + n - i), Account: fmt.Sprintf("user%d", i), State: control.Idle, Started: time.Now(),
			Address: fmt.Sprintf("10.1.%d.%d", i/250, i%250+1), LocalAddr: "192.0.2.2", LocalPort: 21,
		}}
		if i%10 == 0 {
			g.speed = float64(20 * (n - i) << 10)
			if i == 0 {
				g.speed *= 2 // beyond doubt, whenever it is looked at
			}
			g.session.State = control.Download
			g.session.Transfer = &control.Transfer{File: fmt.Sprintf("file%d.iso", i), Started: time.Now().Add(-10 * time.Second), Size: 1 << 40}
		}
		c.guests = append(c.guests, g)
	}
	return c
}
