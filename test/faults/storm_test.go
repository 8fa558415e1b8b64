//go:build privileged

package faults

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

// A tally counts replies by their codes, and keeps the connections open that got them.
type tally struct {
	mu      sync.Mutex
	codes   map[int]int
	byHost  map[string]int // those let in
	clients []*client
}

// storm connects so many times at once, from addresses in turn, and talks with each until talk returns a code.
func (s *site) storm(t *testing.T, times, addresses int, talk func(*client) (int, error)) *tally {
	t.Helper()
	sum := &tally{codes: make(map[int]int), byHost: make(map[string]int)}
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range times {
		from := fmt.Sprintf("127.0.1.%d", i%addresses+1)
		all.Go(func() {
			<-start
			c, err := s.connect(from)
			code := 0
			if err == nil {
				code, err = talk(c)
			}
			if err != nil {
				t.Errorf("client %d: %v", i, err)
			}
			sum.mu.Lock()
			defer sum.mu.Unlock()
			sum.codes[code]++
			if code/100 == 2 {
				sum.byHost[from]++
			}
			if c != nil {
				sum.clients = append(sum.clients, c)
			}
		})
	}
	close(start)
	all.Wait()
	return sum
}

func (s *tally) close() {
	for _, c := range s.clients {
		c.conn.Close()
	}
}

// greeting is the talk of a client that only connects.
func greeting(c *client) (int, error) {
	r, err := c.read()
	return r.code, err
}

// loginTalk logs in, anonymously without a password.
func loginTalk(name, password string) func(*client) (int, error) {
	return func(c *client) (int, error) {
		if err := c.want(220, ""); err != nil {
			return 0, err
		}
		r, err := c.do("USER " + name)
		if err == nil && r.code == 331 {
			r, err = c.do("PASS " + password)
		}
		return r.code, err
	}
}

// testLimits storms the limits of sessions. All who got in stay until everybody has been answered, so that the count is exact.
func testLimits(t *testing.T, l *lab) {
	for _, test := range []struct {
		name             string
		options          []string
		times, addresses int
		talk             func(*client) (int, error)
		let              int // in all
		each             int // of them from one address, at most
		code             int
	}{
		{"-c", []string{"-c", "50"}, 500, 20, greeting, 50, 50, 220},
		{"-C", []string{"-c", "1000", "-C", "7"}, 500, 4, greeting, 28, 7, 220},
		{"-c and -C", []string{"-c", "20", "-C", "7"}, 500, 4, greeting, 20, 7, 220},
		{"-y, users", []string{"-c", "1000", "-y", "3:2"}, 80, 20, loginTalk(user, password), 3, 3, 230},
		{"-y, anonymous", []string{"-c", "1000", "-y", "3:2"}, 80, 20, loginTalk("ftp", ""), 2, 2, 230},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := l.start(t, folder(t)+"/home", test.options...)
			s.expectSession(t) // the look whether it has started is no client any more
			before := descriptors(s.pid)
			for range 3 {
				sum := s.storm(t, test.times, test.addresses, test.talk)
				if sum.codes[test.code] != test.let || sum.codes[421] != test.times-test.let {
					t.Errorf("of %d clients were answered %v, want %d with %d and the others with 421",
						test.times, sum.codes, test.let, test.code)
				}
				for host, n := range sum.byHost {
					if n > test.each {
						t.Errorf("%d clients of %s got in, want %d at most", n, host, test.each)
					}
				}
				sum.close()
				s.expectSession(t)
				settles(t, s.pid, before+2)
			}
		})
	}
}

// slowHash is that of the password `secret`, of a kind that costs something to check.
const slowHash = "$6$faults$U5abdcvRoZtW5g1eHfgIr/w81X0UegsNg5/170XBKx6Nn50a96z8ECFOpL.eJz1NCdmWLAtUSLit5AFUBJkhV1"

// testWrongPasswords storms the login with wrong passwords. Those wait; one who knows his password does not.
func testWrongPasswords(t *testing.T, l *lab) {
	const pause = 3 * time.Second // after the first failure, at least
	home := folder(t) + "/home"
	users := fmt.Sprintf("%s:%s:%d:%d::%s/./::::::::::::\n", user, slowHash, userID, userID, home)
	s := l.startFor(t, home, users, "-c", "400")
	failing := make(chan *tally, 1)
	go func() { failing <- s.storm(t, 150, 20, loginTalk(user, "wrong")) }()
	eventually(t, "the storm rises", func() bool { return s.connections(t) > 100 })
	for range 5 {
		begun := time.Now()
		c, err := s.enter("127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took > pause {
			t.Errorf("a login with the right password took %v among wrong ones", took)
		}
		c.conn.Close()
	}
	begun := time.Now()
	sum := <-failing
	defer sum.close()
	if sum.codes[530] != 150 {
		t.Errorf("wrong passwords were answered %v, want 530", sum.codes)
	}
	if took := time.Since(begun); took > patience {
		t.Errorf("the storm took %v", took)
	}
	s.expectLog(t, "Authentication failed for user ["+user+"]")
	if r, err := sum.clients[0].do("USER " + user); err != nil || r.code != 331 {
		t.Error(errors.Join(fmt.Errorf("after a failure USER is answered %q", r), err))
	}
}
