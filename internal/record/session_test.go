package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// texts returns the lines a Log wrote to standard error, without time and program.
func texts(b *bytes.Buffer) []string {
	var lines []string
	for line := range strings.Lines(b.String()) {
		_, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "pure-ftpd: ")
		lines = append(lines, text)
	}
	return lines
}

func equal(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("log:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

var client = netip.MustParseAddr("::ffff:192.0.2.7")

// answer is a resolver that answers after a delay, or when its context ends.
func answer(
	delay time.Duration, name string,
) func(context.Context, netip.Addr) (string, error) {
	return func(ctx context.Context, _ netip.Addr) (string, error) {
		select {
		case <-time.After(delay):
			return name, nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

func TestLinesWaitForTheName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := Open(Config{Output: Stderr, Stderr: &out, Resolve: answer(time.Second, "client.example.")})
		s := log.Session(client)
		s.Connected()
		s.SetUser("ann")
		s.WriteString(Notice, "first")
		synctest.Wait()
		if out.Len() != 0 || s.Host() != "192.0.2.7" {
			t.Errorf("before the name is known: host %q, log %q", s.Host(), &out)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		s.WriteString(Notice, "second")
		if err := log.Close(); err != nil {
			t.Error(err)
		}
		equal(t, texts(&out),
			"(?@client.example) [INFO] New connection from client.example",
			"(ann@client.example) [NOTICE] first",
			"(ann@client.example) [NOTICE] second")
	})
}

func TestClientThatLeavesAtOnceHasItsName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := Open(Config{Output: Stderr, Stderr: &out, Resolve: answer(time.Second, "client.example")})
		s := log.Session(client)
		s.Connected()
		s.WriteString(Info, Logout)
		start := time.Now()
		log.Close()
		if took := time.Since(start); took != time.Second {
			t.Errorf("Close took %v; want the second that the lookup takes", took)
		}
		equal(t, texts(&out),
			"(?@client.example) [INFO] New connection from client.example",
			"(?@client.example) [INFO] Logout.")
	})
}

// A resolver that is a black hole holds nobody up: sessions begin at once, their lines come after two seconds with the address, one
// line says why, and an address that was asked for in vain is not asked for again for a minute (Q33).
func TestResolverIsABlackHole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		asked := 0
		log := Open(Config{Output: Stderr, Stderr: &out, Resolve: func(ctx context.Context, _ netip.Addr) (string, error) {
			asked++
			<-ctx.Done()
			return "", ctx.Err()
		}})
		begun := time.Now()
		for range 3 {
			s := log.Session(client)
			s.Connected()
			s.WriteString(Info, "ann is now logged in")
		}
		if took := time.Since(begun); took != 0 {
			t.Errorf("sessions waited for %v", took)
		}
		time.Sleep(lookupLimit + time.Second)
		log.Session(client).WriteString(Info, "known to have no name")
		synctest.Wait()
		if took := time.Since(begun); asked != 1 || took != lookupLimit+time.Second {
			t.Errorf("asked %d times in %v; want once", asked, took)
		}
		log.Session(netip.MustParseAddr("192.0.2.8")).WriteString(Info, "another") // as slow, and nothing new
		time.Sleep(lookupLimit + time.Second)
		log.Close()
		warnings := 0
		for _, line := range texts(&out) {
			if strings.HasPrefix(line, "(?@?) [WARNING] looking up the names of clients takes longer than 2s") {
				warnings++
			} else if !strings.HasPrefix(line, "(?@192.0.2.") {
				t.Errorf("line %q has no address", line)
			}
		}
		if warnings != 1 || len(texts(&out)) != 3*2+2+1 {
			t.Errorf("%d warnings in\n%s", warnings, &out)
		}
	})
}

func TestHostStaysNumeric(t *testing.T) {
	for name, resolve := range map[string]func(context.Context, netip.Addr) (string, error){
		"without lookups": nil,
		"unknown": func(context.Context, netip.Addr) (string, error) {
			return "", errors.New("no such name")
		},
		"too slow": answer(time.Hour, "late.example"),
		"deaf to its context": func(context.Context, netip.Addr) (string, error) {
			time.Sleep(time.Hour)
			return "late.example", nil
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			log := Open(Config{Output: Stderr, Stderr: &out, Resolve: resolve})
			s := log.Session(client)
			s.Connected()
			time.Sleep(lookupLimit)
			synctest.Wait()
			s.WriteString(Info, Logout)
			log.Close()
			t.Log(name)
			slow := func(line string) bool { return strings.Contains(line, "] looking up the names of clients") } // TestResolverIsABlackHole
			equal(t, slices.DeleteFunc(texts(&out), slow),
				"(?@192.0.2.7) [INFO] New connection from 192.0.2.7",
				"(?@192.0.2.7) [INFO] Logout.")
		})
	}
}

func TestHeldLinesOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := Open(Config{Output: Stderr, Stderr: &out, Resolve: answer(time.Second, "client.example")})
		s := log.Session(client)
		var want []string
		for i := range maxHeld + 1 {
			s.WriteString(Info, fmt.Sprint(i))
			want = append(want, fmt.Sprintf("(?@192.0.2.7) [INFO] %d", i))
		}
		synctest.Wait()
		equal(t, texts(&out), want...)
		time.Sleep(time.Second)
		synctest.Wait()
		s.WriteString(Info, Logout)
		log.Close()
		equal(t, texts(&out), append(want, "(?@192.0.2.7) [INFO] Logout.")...)
	})
}

func TestFirstHostCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := Open(Config{Output: Stderr, Stderr: &out, Resolve: answer(time.Second, "client.example")})
		s := log.Session(client)
		s.SetHost("told.example")
		s.SetHost("later.example")
		time.Sleep(time.Second)
		synctest.Wait()
		s.Connected()
		log.Close()
		equal(t, texts(&out), "(?@told.example) [INFO] New connection from told.example")
	})
}

func TestNamesAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		resolve := func(_ context.Context, a netip.Addr) (string, error) {
			asked.Add(1)
			if a.Is6() {
				return "", errors.New("no such name")
			}
			return "client.example", nil
		}
		log := Open(Config{Output: Stderr, Stderr: new(bytes.Buffer), Resolve: resolve})
		defer log.Close()
		nameless := netip.MustParseAddr("2001:db8::1")
		visit := func(address netip.Addr, host string, questions int32) {
			t.Helper()
			s := log.Session(address)
			synctest.Wait()
			if got := s.Host(); got != host || asked.Load() != questions {
				t.Errorf("host %q after %d lookups; want %q after %d", got, asked.Load(), host, questions)
			}
		}
		visit(client, "client.example", 1)
		visit(client.Unmap(), "client.example", 1)
		visit(nameless, "2001:db8::1", 2)
		visit(nameless, "2001:db8::1", 2)
		time.Sleep(noNameLife + 1)
		visit(nameless, "2001:db8::1", 3)
		visit(client, "client.example", 3)
		time.Sleep(nameLife)
		visit(client, "client.example", 4)
	})
}

func TestLookupsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		now, most, all := 0, 0, 0
		resolve := func(ctx context.Context, _ netip.Addr) (string, error) {
			mu.Lock()
			now, all = now+1, all+1
			most = max(most, now)
			mu.Unlock()
			defer func() { mu.Lock(); now--; mu.Unlock() }()
			return answer(time.Second, "client.example")(ctx, netip.Addr{})
		}
		log := Open(Config{Output: Stderr, Stderr: new(bytes.Buffer), Resolve: resolve})
		address := client.Unmap()
		for range 10 * maxLookups {
			log.Session(address)
			log.Session(address) // the same lookup serves both
			address = address.Next()
		}
		time.Sleep(9 * time.Second)
		synctest.Wait()
		log.Session(client)
		log.Close()
		if most != maxLookups || all > 10*maxLookups {
			t.Errorf("%d lookups, %d at once; want at most %d, %d at once", all, most, 10*maxLookups, maxLookups)
		}
	})
}

func TestNamesTableIsBounded(t *testing.T) {
	n := newNames(func(context.Context, netip.Addr) (string, error) { return "", nil }, func() {})
	defer n.close()
	address := client
	for range maxNames + 10 {
		n.rememberLocked(address, "x")
		address = address.Next()
	}
	if len(n.known) != maxNames {
		t.Errorf("%d names remembered; want %d", len(n.known), maxNames)
	}
}

func TestSessionIsSmall(t *testing.T) {
	if size := reflect.TypeFor[Session]().Size(); size >= 200 {
		t.Errorf("a Session takes %d bytes; want less than 200", size)
	}
}

func TestSuppressedLinesCostNothing(t *testing.T) {
	log := Open(Config{Output: Stderr, Stderr: new(bytes.Buffer)})
	defer log.Close()
	s := log.Session(client)
	text := []byte("Command [noop] []")
	allocs := testing.AllocsPerRun(100, func() {
		s.Write(Debug, text)
		s.WriteString(Debug, Logout)
		log.Write(Debug, text)
	})
	if allocs != 0 || s.Enabled(Debug) {
		t.Errorf("a suppressed line allocates %v times, Enabled(Debug) = %t", allocs, s.Enabled(Debug))
	}
}
