package main

import (
	"strings"
	"testing"
)

func TestParsePlanReportsAllMistakes(t *testing.T) {
	_, err := parsePlan([]string{"-scenario", "login,nosuch", "-servers", "wu-ftpd", "-hash", "rot13",
		"-tls", "1.1", "-key", "dsa", "-rounds", "1000", "-keep", "10s", "left"})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`scenario "nosuch"`, `server "wu-ftpd"`, `hash "rot13"`, `-tls: unknown version "1.1"`,
		`-key: unknown kind "dsa"`, "-rounds",
		"-keep", `argument "left"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q:\n%v", want, err)
		}
	}
}

func TestPlanOfAccounts(t *testing.T) {
	p, err := parsePlan([]string{"-accounts", "-sources", "mysql,ldap"})
	if err != nil {
		t.Fatal(err)
	}
	if p.Mode != modeAccounts || len(chosenSources(p)) != 2 || !p.wants("original") || !p.wants("ours") || p.wants("vsftpd") {
		t.Errorf("plan = %+v", p)
	}
	for want, args := range map[string][]string{
		"name one of them":         {"-accounts", "-users"},
		"no -scenario, -servers":   {"-accounts", "-servers", "ours"},
		`unknown source "nis"`:     {"-accounts", "-sources", "nis"},
		"-sources: only with":      {"-sources", "mysql"},
		`unknown scenario "mysql"`: {"-scenario", "mysql"},
	} {
		if _, err := parsePlan(args); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", args, err, want)
		}
	}
}

func TestPlanFill(t *testing.T) {
	for _, test := range []struct{ given, want plan }{
		{plan{}, plan{Rounds: 5, Large: 1 << 30, Idle: 15000, IdleFork: 300}},
		{plan{Quick: true}, plan{Rounds: 3, Large: 256 << 20, Idle: 2000, IdleFork: 100}},
		{plan{Rounds: 9, Idle: 50}, plan{Rounds: 9, Large: 1 << 30, Idle: 50, IdleFork: 50}},
	} {
		got := test.given
		got.fill()
		if got.Rounds != test.want.Rounds || got.Large != test.want.Large ||
			got.Idle != test.want.Idle || got.IdleFork != test.want.IdleFork {
			t.Errorf("fill(%+v) = %+v; want %+v", test.given, got, test.want)
		}
	}
}

func TestPlanNeedsAHome(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	if _, err := parsePlan(nil); err == nil {
		t.Error("parsePlan without a cache directory: no error")
	}
}
