package control

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pureftpd/test/harness"
)

// A registrar is a daemon behind -l extauth. It knows joe, whose password is never right, and counts how often it is asked for him;
// of others it knows nothing.
type registrar struct {
	asked atomic.Int32
	slow  time.Duration // what an answer takes
}

// register begins to answer at a socket.
func register(t *testing.T, socket string, slow time.Duration) *registrar {
	t.Helper()
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	r := &registrar{slow: slow}
	var answering sync.WaitGroup
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		answering.Wait()
	})
	answering.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // closed
			}
			answering.Go(func() { r.answer(conn) })
		}
	})
	return r
}

func (r *registrar) answer(conn net.Conn) {
	defer conn.Close()
	verdict := "0"
	for lines := bufio.NewScanner(conn); lines.Scan() && lines.Text() != "end"; {
		if lines.Text() == "account:joe" {
			verdict = "-1"
			r.asked.Add(1)
		}
	}
	time.Sleep(r.slow)
	fmt.Fprintf(conn, "auth_ok:%s\nend\n", verdict)
}

// from opens a session from an address and returns what the server says first.
func (s *site) from(address, code string) *client {
	s.t.Helper()
	conn, err := s.Dial(address, "")
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	c := &client{s.t, conn, bufio.NewReaderSize(conn, 512)}
	if err := conn.SetDeadline(time.Now().Add(3 * time.Minute)); err != nil {
		s.t.Fatal(err)
	}
	if reply := c.want(code); code == "421" && !strings.Contains(reply, "Your address is banned here until 20") {
		s.t.Errorf("who is banned reads %q", reply)
	}
	return c
}

// ann logs in from an address.
func (s *site) ann(address string) *client {
	s.t.Helper()
	c := s.from(address, "220")
	c.do("USER ann", "331")
	c.do("PASS secret", "230")
	return c
}

// storm has so many connections of an address guess joe's password, each as often as it may. Replies are not waited for once the
// guesser is in: end closes all connections.
func (s *site) storm(address string, guessers int) (end func()) {
	s.t.Helper()
	var conns []net.Conn
	var storm sync.WaitGroup
	begin := make(chan struct{})
	for i := range guessers {
		conn, err := s.Dial(address, "")
		if err != nil {
			s.t.Fatal(err)
		}
		conns = append(conns, conn)
		storm.Go(func() {
			<-begin
			for n := 0; ; n++ {
				if _, err := fmt.Fprintf(conn, "USER joe\r\nPASS %d-%d\r\n", i, n); err != nil || n == 20 {
					break
				}
			}
			_, _ = io.Copy(io.Discard, conn) // until the server or end closes it
		})
	}
	close(begin)
	return func() {
		for _, conn := range conns {
			conn.Close()
		}
		storm.Wait()
	}
}

// TestStormOfGuesses has 200 connections of one address guess at once: eight passwords are looked at, not nine. Somebody else logs in
// meanwhile; who of the address is in stays; pure-ftpctl shows the ban and lifts it.
func TestStormOfGuesses(t *testing.T) {
	s := start(t, harness.Config{Options: []string{
		"-l", "extauth:$DIR/auth", "-l", "puredb:$DIR/users.pdb", "-c", "300", "--banexempt", "none", "--banafter", "8", "--bantime", "3600",
	}})
	r := register(t, filepath.Join(s.Dir, "auth"), 200*time.Millisecond)
	in := s.ann("127.0.0.2")
	end := s.storm("127.0.0.2", 200)
	defer end()
	elsewhere := s.ann("127.0.0.3")
	eventually(t, "the ban", func() bool { return strings.Contains(s.ctl("bans"), "127.0.0.2 ") })
	for range 3 {
		s.from("127.0.0.2", "421")
	}
	in.do("NOOP", "200")
	elsewhere.do("NOOP", "200")
	if n := r.asked.Load(); n != 8 {
		t.Errorf("%d passwords were looked at; want 8", n)
	}
	table := s.ctl("bans")
	for _, words := range []string{"ADDRESS", "failed logins", "8 failed logins within 10 minutes"} {
		if !strings.Contains(table, words) {
			t.Errorf("pure-ftpctl bans prints no %q:\n%s", words, table)
		}
	}
	end()
	figures := s.ctl("metrics")
	for _, line := range []string{
		`pureftpd_bans{by="failures"} 1`, `pureftpd_bans{by="administrator"} 0`, `pureftpd_bans_total{by="failures"} 1`, `pureftpd_bans_total{by="administrator"} 0`, "pureftpd_guesses_total 8",
		`pureftpd_logins_total{source="none",outcome="backend-down"} 0`,
	} {
		if !strings.Contains(figures, "\n"+line+"\n") {
			t.Errorf("pure-ftpctl metrics does not print %s", line)
		}
	}
	if strings.Contains(figures, `pureftpd_connections_refused_total{reason="banned"} 0`) {
		t.Error("no refused client is counted")
	}
	if out := s.ctl("unban", "127.0.0.2"); !strings.Contains(out, "127.0.0.2 is let in") {
		t.Errorf("unban prints %q", out)
	}
	s.ann("127.0.0.2")
	if s.program("pure-ftpctl", "unban", "127.0.0.2").status != 1 {
		t.Error("what is not banned is let in")
	}
}

// TestThisMachineIsExempt: where nobody says otherwise, a proxy on this machine is not banned.
func TestThisMachineIsExempt(t *testing.T) {
	s := start(t, harness.Config{Options: []string{
		"-l", "extauth:$DIR/auth", "-l", "puredb:$DIR/users.pdb", "--banafter", "2", "-c", "60",
	}})
	r := register(t, filepath.Join(s.Dir, "auth"), 0)
	defer s.storm("127.0.0.2", 20)()
	eventually(t, "twenty guesses", func() bool { return r.asked.Load() >= 20 })
	s.ann("127.0.0.2")
	var list struct{ Bans []any }
	if err := json.Unmarshal([]byte(s.ctl("bans", "--json")), &list); err != nil || list.Bans == nil || len(list.Bans) > 0 {
		t.Errorf("bans: %+v, %v; want an empty list", list, err)
	}
}

// TestBansByTheAdministrator bans a network, which ends its sessions, and an address, whose sessions go on.
func TestBansByTheAdministrator(t *testing.T) {
	s := start(t, harness.Config{})
	one, kept, other := s.ann("127.0.0.5"), s.ann("127.0.0.9"), s.ann("127.0.0.10")
	waiting := s.from("127.0.0.6", "220")
	s.ctl("ban", "127.0.0.4/30", "for", "30m", "guests go home")
	one.want("421")
	waiting.want("421")
	s.ctl("ban", "--keep", "127.0.0.9", "1h")
	kept.do("NOOP", "200")
	other.do("NOOP", "200")
	s.from("127.0.0.7", "421")
	s.from("127.0.0.9", "421")
	s.ann("127.0.0.8")
	var list struct {
		Bans []struct {
			Server          int
			Address, Reason string
			Since, Until    time.Time
			Ordered         bool
		}
	}
	if err := json.Unmarshal([]byte(s.ctl("bans", "--json")), &list); err != nil || len(list.Bans) != 2 {
		t.Fatalf("bans: %+v, %v", list, err)
	}
	if b := list.Bans[0]; b.Address != "127.0.0.4/30" || b.Reason != "guests go home" || !b.Ordered || b.Until.Sub(b.Since).Round(time.Second) != 30*time.Minute {
		t.Errorf("the first is %+v", b)
	}
	if r := s.program("pure-ftpctl", "unban", "127.0.0.5"); r.status != 1 || !strings.Contains(r.errs, "127.0.0.5 is banned as part of 127.0.0.4/30") {
		t.Errorf("unban of a part: %+v", r)
	}
	s.ctl("unban", "127.0.0.4/30", "127.0.0.9")
	s.ann("127.0.0.5")
	s.ann("127.0.0.9")
	for _, words := range []string{"0.0.0.0/0 1h", "10.0.0.1/8 1h", "nowhere 1h"} {
		if r := s.program("pure-ftpctl", append([]string{"ban"}, strings.Fields(words)...)...); r.status != 1 {
			t.Errorf("ban %s: %+v; want a refusal", words, r)
		}
	}
}

// TestBanEndsByItself bans for two seconds.
func TestBanEndsByItself(t *testing.T) {
	s := start(t, harness.Config{Options: []string{"--banexempt", "none", "--banafter", "1", "--bantime", "2"}})
	c := s.from("127.0.0.2", "220")
	c.do("USER ann", "331")
	if _, err := io.WriteString(c.conn, "PASS wrong\r\n"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the ban", func() bool { return strings.Contains(s.ctl("bans"), "127.0.0.2 ") })
	s.from("127.0.0.2", "421")
	eventually(t, "the end of the ban", func() bool { return !strings.Contains(s.ctl("bans"), "127.0.0.2 ") })
	s.ann("127.0.0.2")
}

// TestInetdBansNobody: the process of a client could only ban the client it serves.
func TestInetdBansNobody(t *testing.T) {
	s := start(t, harness.Config{Inetd: true, Options: []string{"--banexempt", "none", "--banafter", "1"}})
	c := s.from("127.0.0.2", "220")
	c.do("USER ann", "331")
	c.do("PASS wrong", "530")
	c.do("USER ann", "331")
	c.do("PASS secret", "230")
	if r := s.program("pure-ftpctl", "bans"); r.status != 1 || !strings.Contains(r.errs, "keeps no list of banned addresses") {
		t.Errorf("bans: %+v", r)
	}
}
