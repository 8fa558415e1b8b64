//go:build privileged

package faults

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// testNoDescriptors leaves a server with few descriptors and connects more clients than it can take.
func testNoDescriptors(t *testing.T, l *lab) {
	const most = 64
	s := l.narrow(t, most).start(t, folder(t)+"/home", "-c", "500")
	content := pattern(10_000, 15)
	write(t, s.path("file"), content)
	in := s.login(t)
	var crowd []net.Conn
	defer func() {
		for _, c := range crowd {
			c.Close()
		}
	}()
	for i := range 3 * most { // the kernel takes them, whether the server does or not
		c, err := s.connect(fmt.Sprintf("127.0.0.%d", i%20+2))
		if err != nil {
			t.Fatal(err)
		}
		crowd = append(crowd, c.conn)
	}
	eventually(t, "the server has no descriptor left", func() bool { return descriptors(s.pid) >= most-1 })
	s.expectLog(t, "too many open files")

	for range 20 { // what needs a descriptor is refused, and the session stays
		if text, err := in.run("SIZE file"); err != nil || text == "" {
			t.Fatalf("SIZE without descriptors: %q, %v", text, err)
		}
		r, err := in.do("EPSV")
		if err != nil || r.code != 229 && r.code != 425 {
			t.Fatalf("EPSV without descriptors: %q, %v; want 229 or 425", r, err)
		}
		if r, err = in.do("RETR file"); err != nil || r.code < 400 {
			t.Fatalf("RETR without descriptors: %q, %v; want a refusal", r, err)
		}
	}
	before, begun := cpuTime(t, s.pid), time.Now()
	<-time.After(2 * time.Second) // the server is left alone with the crowd
	if used, wall := cpuTime(t, s.pid)-before, time.Since(begun); used > wall/5 {
		t.Errorf("without descriptors the server computed for %v of %v", used, wall)
	}
	for _, c := range crowd {
		c.Close()
	}
	settles(t, s.pid, most/2)
	if err := in.fetch("file", content); err != nil {
		t.Error(err)
	}
	s.login(t).alive(t)
}

// narrow is a lab whose servers begin with few descriptors: a limit on a server that runs is not ours to set.
func (l *lab) narrow(t *testing.T, most int) *lab {
	t.Helper()
	script := filepath.Join(folder(t), "narrow")
	text := fmt.Sprintf("#!/bin/sh\nulimit -n %d\nexec %s \"$@\"\n", most, l.binary)
	if err := os.WriteFile(script, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return &lab{binary: script, free: []int{l.block(t)}}
}

const (
	crowdSize      = 10_000
	crowdAddresses = 25
	crowdWorkers   = 32
)

// testCrowd connects ten thousand clients that do nothing, twice. The second time must cost no more than the first.
func testCrowd(t *testing.T, l *lab) {
	const (
		mostBytes   = 12 << 10 // of memory for a session
		mostThreads = 64
	)
	s := l.start(t, folder(t)+"/home", "-c", "12000", "-f", "none")
	s.login(t).alive(t)
	before := descriptors(s.pid)
	empty := resident(t, s.pid)
	var full [2]int64
	for round := range full {
		crowd := s.gather(t)
		if got := descriptors(s.pid); got < crowdSize {
			t.Errorf("the server holds %d descriptors for %d clients", got, crowdSize)
		}
		begun := time.Now()
		in := s.login(t)
		in.alive(t)
		in.conn.Close()
		if took := time.Since(begun); took > patience/4 {
			t.Errorf("a client in the crowd was served in %v", took)
		}
		full[round] = resident(t, s.pid)
		if threads := len(tasks(t, s.pid)); threads > mostThreads {
			t.Errorf("the server has %d threads for %d idle clients, want at most %d", threads, crowdSize, mostThreads)
		}
		for _, conn := range crowd {
			conn.Close()
		}
		settles(t, s.pid, before+portsOfServer)
	}
	t.Logf("resident: %d MiB empty, %d and %d full, %d after", empty>>20, full[0]>>20, full[1]>>20, resident(t, s.pid)>>20)
	if got := (full[0] - empty) / crowdSize; got > mostBytes {
		t.Errorf("an idle session takes %d bytes, want at most %d", got, mostBytes)
	}
	// On a quick machine the second comes before the memory of the first was collected: some 20 MiB.
	if full[1] > full[0]+full[0]/3 {
		t.Errorf("the second crowd takes %d bytes, the first took %d", full[1], full[0])
	}
	s.login(t).alive(t)
}

// gather connects the crowd, and reads the greeting of each.
func (s *site) gather(t *testing.T) []net.Conn {
	t.Helper()
	crowd := make([]net.Conn, crowdSize)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range crowdWorkers {
		workers.Go(func() {
			for {
				i := int(next.Add(1) - 1)
				if i >= crowdSize {
					return
				}
				c, err := s.connect(fmt.Sprintf("127.0.2.%d", i%crowdAddresses+1))
				if err == nil {
					crowd[i] = c.conn
					err = c.want(220, "")
				}
				if err != nil {
					t.Errorf("client %d: %v", i, err)
					return
				}
			}
		})
	}
	workers.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return crowd
}
