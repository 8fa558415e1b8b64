package main

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pureftpd/internal/ban"
	"pureftpd/internal/control"
	"pureftpd/internal/session"
)

// TestRestoreBans takes bans from one process to another as the control socket tells them.
func TestRestoreBans(t *testing.T) {
	c := ban.Config{Failures: 1, Within: time.Minute, Time: time.Hour}
	table := func() *ban.Table { return ban.New(c, func(string) {}) }
	one, two := table(), table()
	for _, from := range []string{"192.0.2.1", "2001:db8::1"} {
		a, err := one.Begin(t.Context(), netip.MustParseAddr(from), "joe")
		if err != nil {
			t.Fatal(err)
		}
		a.Fail()
	}
	told := live(one)
	for _, address := range []string{"10.0.0.0/8", "2001:db8:1::1/128", "2001:db8:2::1"} {
		if _, err := told.Add(control.BanOrder{Address: address, For: time.Hour, Reason: "why"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := restoreBans(two, told.All()); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(live(two).All()), fmt.Sprint(told.All()); got != want || strings.Count(got, "why") != 3 {
		t.Errorf("restored %s; want %s", got, want)
	}
	if err := restoreBans(two, []control.Ban{{Address: "nowhere"}}); err == nil {
		t.Error("what is no address is restored")
	}
}

func TestLift(t *testing.T) {
	l := live(ban.New(ban.Config{}, func(string) {}))
	for _, address := range []string{"10.0.0.0/8", "10.1.0.0/16", "10.1.2.3"} {
		if got, err := l.Add(control.BanOrder{Address: address, For: time.Hour}); err != nil || got != address {
			t.Fatal(got, err)
		}
	}
	for _, test := range []struct{ address, want string }{
		{"192.0.2.1", control.ErrNotBanned.Error()},
		{"nowhere", control.ErrNotBanned.Error()},
		{"10.1.2.3", "10.1.2.3 is let in by itself, and still banned as part of 10.0.0.0/8 and 10.1.0.0/16"},
		{"10.1.2.3", "10.1.2.3 is banned as part of 10.0.0.0/8 and 10.1.0.0/16"},
		{"10.0.0.0/8", "<nil>"},
		{"10.1.0.0/16", "<nil>"},
	} {
		if got := fmt.Sprint(l.Lift(test.address)); got != test.want {
			t.Errorf("Lift(%s): %s; want %s", test.address, got, test.want)
		}
	}
	_, err := l.Add(control.BanOrder{Address: "0.0.0.0/0", For: time.Hour})
	if e, ok := err.(*control.Error); !ok || e.Status != 400 {
		t.Errorf("everybody: %v", err)
	}
}

// live is a table as the control socket sees it, in a process without sessions.
func live(table *ban.Table) liveBans {
	p := &parts{bans: table}
	p.current.Store(&generation{handler: session.NewHandler(session.Config{}, session.Parts{})})
	return liveBans{p}
}
