package session

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"pureftpd/internal/pace"
)

// A sink reads a download and counts.
type sink struct{ bytes atomic.Int64 }

func (s *sink) Write(p []byte) (int, error) {
	s.bytes.Add(int64(len(p)))
	return len(p), nil
}

// endless is the size of a file, a hole, that no download of these tests comes to the end of.
const endless = 1 << 40

// download begins one and counts its bytes. It ends before the test does.
func (c *client) download(name string) *sink {
	c.t.Helper()
	data := c.passive()
	// Few bytes wait between the server and the test, which are not held back any more.
	if err := data.(*net.TCPConn).SetReadBuffer(16 << 10); err != nil {
		c.t.Fatal(err)
	}
	c.do("RETR "+name, "150")
	s := new(sink)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(s, data) // ends when the test closes the connection
	}()
	c.t.Cleanup(func() { data.Close(); <-done })
	return s
}

// hole makes a file of that size.
func (l *lab) hole(t *testing.T, name string) {
	t.Helper()
	l.write(t, name, "")
	if err := os.Truncate(filepath.Join(l.home, name), endless); err != nil {
		t.Fatal(err)
	}
}

// rates measures bytes per second of sinks, after a pause in which buffers run empty.
func rates(sinks []*sink, pause, during time.Duration) []float64 {
	time.Sleep(pause)
	before := make([]int64, len(sinks))
	for i, s := range sinks {
		before[i] = s.bytes.Load()
	}
	begun := time.Now()
	time.Sleep(during)
	seconds := time.Since(begun).Seconds()
	measured := make([]float64, len(sinks))
	for i, s := range sinks {
		measured[i] = float64(s.bytes.Load()-before[i]) / seconds
	}
	return measured
}

// TestBandwidthSetWhileATransferRunsHolds sets, changes and lifts the limit of a user in the middle of a download.
func TestBandwidthSetWhileATransferRunsHolds(t *testing.T) {
	l := newLab(t, nil)
	l.hole(t, "big")
	c := l.login(t)
	c.do("TYPE I", "200")
	s := []*sink{c.download("big")}
	shaper := l.handler.parts.Shaper
	free := rates(s, 0, 200*time.Millisecond)[0]
	for _, rate := range []uint64{2 << 20, 4 << 20} {
		tryThrice(t, func() error {
			shaper.SetUser("ann", pace.Rates{})
			shaper.SetUser("ann", pace.Rates{Download: rate})
			got := rates(s, 700*time.Millisecond, 1300*time.Millisecond)[0]
			switch {
			case got > float64(rate)*1.1:
				t.Errorf("two seconds after a limit of %d bytes per second the rate is %.0f", rate, got)
			case got < float64(rate)*0.9:
				return fmt.Errorf("two seconds after a limit of %d bytes per second the rate is %.0f", rate, got)
			}
			return nil
		})
	}
	tryThrice(t, func() error {
		shaper.SetUser("ann", pace.Rates{})
		if got := rates(s, 100*time.Millisecond, 200*time.Millisecond)[0]; got < 12<<20 {
			return fmt.Errorf("without the limit the rate is %.0f bytes per second; it was %.0f before", got, free)
		}
		return nil
	})
}

// TestTotalBandwidthIsSharedByTwentyClients holds twenty downloads together to the limit of the server.
func TestTotalBandwidthIsSharedByTwentyClients(t *testing.T) {
	const clients, total = 20, 8 << 20
	l := newLab(t, nil)
	l.hole(t, "big")
	l.handler.parts.Shaper.SetTotal(pace.Rates{Download: total})
	sinks := make([]*sink, clients)
	for i := range sinks {
		c := l.login(t)
		c.do("TYPE I", "200")
		sinks[i] = c.download("big")
	}
	tryThrice(t, func() error {
		sum, squares := 0.0, 0.0
		measured := rates(sinks, time.Second, 3*time.Second)
		for _, r := range measured {
			sum += r
			squares += r * r
		}
		jain := sum * sum / (clients * squares)
		switch {
		case sum > total*1.05:
			t.Errorf("together they have %.0f bytes per second; the limit is %d", sum, total)
		case sum < total*0.95 || jain < 0.95:
			return fmt.Errorf("together they have %.0f bytes per second of %d; Jain's index is %.3f; their rates are %.0f",
				sum, total, jain, measured)
		}
		return nil
	})
}

// tryThrice tries three times to measure what a machine that is busy otherwise cannot show.
func tryThrice(t *testing.T, measure func() error) {
	t.Helper()
	var err error
	for range 3 {
		if err = measure(); err == nil || t.Failed() {
			return
		}
	}
	t.Error(err)
}
