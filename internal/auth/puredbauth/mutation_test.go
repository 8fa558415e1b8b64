package puredbauth

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pureftpd/internal/auth"
	"pureftpd/internal/passhash"
	"pureftpd/internal/puredb"
)

// plain is a verifier without cost: the one hash that it knows is that of "secret".
type plain struct{}

const plainHash = "hash-of-secret"

func (p plain) Verify(_ context.Context, stored, password string) (bool, error) {
	return password == "secret", p.Check(stored)
}

func (plain) Check(stored string) error {
	if stored != plainHash {
		return passhash.ErrMalformed
	}
	return nil
}

// ruled is a record in which every rule that this version keeps is in force, cut into fields.
func ruled() []string {
	return strings.Split(plainHash+":2001:2002:Joe:/home/joe:::::4:::"+
		"192.0.2.1,192.0.2.8:192.0.2.8:192.0.2.0/24:192.0.2.66,198.51.100.0/24:900-1800", ":")
}

// A visit is one way to come: with which password, where from, where to, and when.
type visit struct {
	password      auth.Secret
	local, client string
	hour          int
}

// visits are such that each rule of the record refuses one that all others permit.
func visits() []visit {
	var all []visit
	for _, password := range []auth.Secret{"secret", "wrong", ""} {
		for _, local := range []string{"192.0.2.1", "192.0.2.8", "192.0.2.9"} {
			for _, client := range []string{"192.0.2.2", "192.0.2.66", "203.0.113.1"} {
				for _, hour := range []int{12, 20} {
					all = append(all, visit{password, local, client, hour})
				}
			}
		}
	}
	return all
}

// accepted returns the visits that a record lets in, each with what it gives.
func accepted(t *testing.T, value string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users.pdb")
	write(t, path, puredb.Record{Key: "joe", Value: value})
	var in []string
	for _, v := range visits() {
		b := New(Config{Path: path, Verifier: plain{}, Resolver: noHosts{}, Now: func() time.Time {
			return time.Date(2026, 11, 22, v.hour, 0, 0, 0, time.UTC)
		}})
		a, err := b.Authenticate(t.Context(), auth.Credentials{
			User: "joe", Password: v.password,
			Local:  netip.AddrPortFrom(netip.MustParseAddr(v.local), 21),
			Remote: netip.AddrPortFrom(netip.MustParseAddr(v.client), 40000),
		})
		if err == nil {
			in = append(in, fmt.Sprint(v, a.UID, a.GID, a.Limits))
		}
	}
	return in
}

// A slip of the pen in any field never lets in a visit that the record kept out, nor gives more
// than it gave.
func TestDamageNeverLoosens(t *testing.T) {
	before := accepted(t, strings.Join(ruled(), ":"))
	if len(before) != 1 {
		t.Fatalf("the record lets in %q; want one visit", before)
	}
	const firstList, lastList = 12, 15 // of the value's fields
	for i, field := range ruled() {
		if field == "" {
			continue // an empty field that is filled is a new rule: TestNewRules
		}
		for _, damaged := range []string{
			"x" + field, field + "x", field + " x", field + "\x00", field + "\n", field + "\r", "\x00" + field,
			field + "/", field + "-1", "x", "?", "-", "-1", "1e9", "0x1", "9 9", "\xff", "/0", "*", "!" + field,
			strings.ReplaceAll(field, ".", ""), strings.ReplaceAll(field, ".", ".."), strings.ReplaceAll(field, ",", ";"),
			strings.ReplaceAll(field, "-", "--"), strings.ReplaceAll(field, "/24", "/240"), strings.ReplaceAll(field, "2.66", "2.660"),
		} {
			isList := i >= firstList && i <= lastList
			if damaged == field || isList && (damaged == "x" || damaged == "1e9") {
				continue // in a list these are names of hosts: a rule, if not the one that was there
			}
			fields := ruled()
			fields[i] = damaged
			for _, v := range accepted(t, strings.Join(fields, ":")) {
				if !slices.Contains(before, v) {
					t.Errorf("field %d as %q lets in %s", i+2, damaged, v)
				}
			}
		}
	}
}

// Filling an empty field with anything never lets in more; only the number of sessions may be a new
// one.
func TestNewRulesNeverLoosen(t *testing.T) {
	base := strings.Split(plainHash+":2001:2002::/home/joe::::::::::::", ":")
	before := accepted(t, strings.Join(base, ":"))
	for i := range base {
		if base[i] != "" {
			continue
		}
		for _, text := range []string{"1", "0", "x", "-1", "192.0.2.1", "office.example", "900-1800", "0-0", ",", " ", "\n"} {
			fields := slices.Clone(base)
			fields[i] = text
			after := accepted(t, strings.Join(fields, ":"))
			const sessions = 9 // of the value's fields
			if i == sessions && (text == "1" || text == "0") {
				if len(after) != len(before) {
					t.Errorf("%s sessions: lets in %d visits; want %d", text, len(after), len(before))
				}
				continue
			}
			for _, v := range after {
				if !slices.Contains(before, v) {
					t.Errorf("field %d as %q lets in %s", i+2, text, v)
				}
			}
		}
	}
}

// A record that is cut before a field is one whose fields from there on are empty: no rule before
// the cut is lost.
func TestCutRecordKeepsItsRules(t *testing.T) {
	all := ruled()
	for n := range all {
		empty := strings.Repeat(":", len(all)-n)
		cut, padded := accepted(t, strings.Join(all[:n], ":")), accepted(t, strings.Join(all[:n], ":")+empty)
		const home = 5
		if n >= home && len(cut) == 0 || n < home && len(cut) > 0 {
			t.Errorf("cut to %d fields: lets in %q", n+1, cut)
		}
		if !slices.Equal(cut, padded) {
			t.Errorf("cut to %d fields: lets in %q; with empty fields %q", n+1, cut, padded)
		}
	}
}
