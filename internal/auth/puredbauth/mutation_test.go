package puredbauth

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/passhash"
)

// plain is a verifier without cost: the one hash that it knows is that of "x".
type plain struct{}

const plainHash = "$1$abcdefgh$znAnv9M.XU2pRYfmSs46h/"

func (p plain) Verify(_ context.Context, stored, password string) (bool, error) {
	return password == "x", p.Check(stored)
}

func (plain) Check(stored string) error {
	if stored != plainHash {
		return passhash.ErrMalformed
	}
	return nil
}

// single is a source that answers each question with the same record.
type single string

func (s single) Find(string) ([]byte, error) { return []byte(s), nil }
func (s single) First() ([]byte, error)      { return []byte(s), nil }

// The fields of a line, from 0, as the tests need them.
const (
	fieldHash = iota + 1
	fieldUID
	fieldGID
	fieldGecos
	fieldHome
	fieldUpload
	fieldDownload
	fieldUploadRatio
	fieldDownloadRatio
	fieldSessions
	fieldFiles
	fieldBytes
	fieldFirstList
	fieldHours = fieldFirstList + 4
	fieldCount = fieldHours + 1
)

// A visit is one way to come: with which password, where to, where from, and when.
type visit struct {
	password      auth.Secret
	local, client string
	hour, minute  int
}

// visits are such that each rule of the records refuses one that all others permit.
func visits() []visit {
	all := []visit{{"wrong", "127.0.0.1", "10.1.2.3", 12, 0}, {"", "127.0.0.1", "10.1.2.3", 23, 0}}
	for _, local := range []string{"127.0.0.1", "192.168.3.4", "10.0.0.1", "192.0.2.5"} {
		for _, client := range []string{"10.1.2.3", "10.9.9.9", "203.0.113.7", "203.0.113.8", "198.51.100.1", "2001:db8::1"} {
			for _, at := range [][2]int{{3, 0}, {8, 59}, {12, 0}, {18, 1}, {23, 59}} {
				all = append(all, visit{"x", local, client, at[0], at[1]})
			}
		}
	}
	return all
}

// named is a resolver of the names in the records.
type named struct{ noHosts }

func (n named) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	known := map[string]string{"localhost": "127.0.0.1", "bad.example.net": "203.0.113.8"}
	if a, ok := known[host]; ok && network == "ip4" {
		return []netip.Addr{netip.MustParseAddr(a)}, nil
	}
	return n.noHosts.LookupNetIP(ctx, network, host)
}

// An outcome is what each of the visits leads to; an account without a name is a refusal.
type outcome []account.Account

// outcomeOf returns the outcome of a line, without its line end.
func outcomeOf(t *testing.T, line string) outcome {
	t.Helper()
	login, value, _ := strings.Cut(line, ":")
	var at visit
	b := New(Config{Source: single(value), Verifier: plain{}, Resolver: named{}, Now: func() time.Time {
		return time.Date(2026, 11, 22, at.hour, at.minute, 0, 0, time.UTC)
	}})
	var all outcome
	for _, at = range visits() {
		a, err := b.Authenticate(t.Context(), auth.Credentials{
			User: login, Password: at.password,
			Local:  netip.AddrPortFrom(netip.MustParseAddr(at.local), 21),
			Remote: netip.AddrPortFrom(netip.MustParseAddr(at.client), 40000),
		})
		if (err == nil) != (a.Name != "") || err != nil && !errors.Is(err, auth.ErrRefused) {
			t.Errorf("%q: Authenticate = %+v, %v; want an account or a refusal", line, a, err)
		}
		all = append(all, a)
	}
	return all
}

// loosened says what of an account is looser than before, or returns "". Looser is: another uid, gid
// or home; a limit that is greater, or gone, which for sessions is 0, too; a ratio that gives more.
// A limit that was not there before is not.
func loosened(before, after account.Account) string {
	b, a := before.Limits, after.Limits
	greater := func(b, a account.Limit) bool { return b.Set && (!a.Set || a.N > b.N) }
	faster := func(b, a uint64) bool { return b > 0 && (a == 0 || a > b) }
	switch {
	case after.UID != before.UID || after.GID != before.GID:
		return "other ids"
	case after.Home != before.Home:
		return "other home"
	case greater(b.MaxSessions, a.MaxSessions) && b.MaxSessions.N > 0, a.MaxSessions.Set && a.MaxSessions.N == 0 && b.MaxSessions != a.MaxSessions:
		return "more sessions"
	case greater(b.MaxFiles, a.MaxFiles), greater(b.MaxBytes, a.MaxBytes):
		return "greater quota"
	case faster(b.UploadRate, a.UploadRate), faster(b.DownloadRate, a.DownloadRate):
		return "more bandwidth"
	case b.UploadRatio > 0 && (a.UploadRatio == 0 || a.DownloadRatio*b.UploadRatio > b.DownloadRatio*a.UploadRatio):
		return "more of a ratio"
	}
	return ""
}

// notLooser tells whether a line lets in nobody whom the other kept out, and gives nobody more.
func notLooser(t *testing.T, line string, before, after outcome) {
	t.Helper()
	for i, v := range visits() {
		switch {
		case after[i].Name == "":
		case before[i].Name == "":
			t.Errorf("%q lets in %+v", line, v)
			return
		case loosened(before[i], after[i]) != "":
			t.Errorf("%q gives %s: %+v; before: %+v", line, loosened(before[i], after[i]), after[i], before[i])
			return
		}
	}
}

// valid tells whether the text is what the field may hold, so that it says something else than the
// original, and nothing can be said against it.
func valid(field int, text string) bool {
	switch {
	case field == fieldUID, field == fieldGID:
		n, err := strconv.ParseUint(text, 10, 32)
		return err == nil && n > 0 && n < 1<<32-1
	case field == fieldGecos, strings.HasPrefix(text, "/") && field == fieldHome:
		return !strings.ContainsAny(text, "\r\n\x00")
	case field >= fieldUpload && field <= fieldBytes:
		return text == "" || isDecimal(text)
	case field == fieldHours:
		return regexp.MustCompile(`^([0-9]{1,4}-[0-9]{1,4})?$`).MatchString(text)
	}
	return field >= fieldFirstList && !slices.ContainsFunc(strings.Split(text, ","), func(item string) bool {
		name := regexp.MustCompile(`^[a-z0-9-]*[a-z][a-z0-9-]*([.][a-z][a-z0-9-]*)*$`).MatchString(item)
		_, err1 := netip.ParseAddr(item)
		network, err2 := netip.ParsePrefix(item)
		return text != "" && !name && err1 != nil && (err2 != nil || network.Bits() == 0)
	})
}

func isDecimal(text string) bool {
	_, err := strconv.ParseUint(strings.TrimPrefix(strings.TrimLeft(text, " \t"), "+"), 10, 64)
	return err == nil
}

// said returns what an account must become if a field holds a valid text.
func said(a account.Account, field int, text string) account.Account {
	n, _ := strconv.ParseUint(strings.TrimPrefix(strings.TrimLeft(text, " \t"), "+"), 10, 64)
	limit := account.Limit{Set: text != "", N: n}
	switch field {
	case fieldUID:
		a.UID = uint32(n)
	case fieldGID:
		a.GID = uint32(n)
	case fieldHome:
		a.Home = text
	case fieldUpload:
		a.Limits.UploadRate = n
	case fieldDownload:
		a.Limits.DownloadRate = n
	case fieldUploadRatio:
		a.Limits.UploadRatio = n
	case fieldDownloadRatio:
		a.Limits.DownloadRatio = n
	case fieldSessions:
		a.Limits.MaxSessions = limit
	case fieldFiles:
		a.Limits.MaxFiles = limit
	case fieldBytes:
		a.Limits.MaxBytes = limit
	}
	if a.Limits.UploadRatio == 0 || a.Limits.DownloadRatio == 0 {
		a.Limits.UploadRatio, a.Limits.DownloadRatio = 0, 0
	}
	return a
}

// asSaid tells whether a line differs from the other in nothing but what a valid text says. Of lists
// and hours, whose text says whom to let in, only the accounts are compared.
func asSaid(t *testing.T, line string, field int, text string, before, after outcome) {
	t.Helper()
	for i, v := range visits() {
		rule := field >= fieldFirstList
		if rule && (before[i].Name == "" || after[i].Name == "") {
			continue
		}
		want := before[i]
		if want.Name != "" {
			want = said(want, field, text)
		}
		if fmt.Sprint(after[i]) != fmt.Sprint(want) {
			t.Errorf("%q, %+v: account %+v; want %+v", line, v, after[i], want)
			return
		}
	}
}

// original are the lines to damage: those of the vectors, and one with every field in use.
func original(t *testing.T) []string {
	t.Helper()
	lines := []string{"full:" + plainHash + ":2001:2002:Full:/srv/./full:4096:8192:1:3:4:100:5242880:" +
		"127.0.0.1,192.168.0.0/16:192.168.3.4:10.0.0.0/8,203.0.113.0/24:10.9.9.9,203.0.113.7:900-1800:"}
	for _, name := range []string{"one", "three"} {
		text, err := os.ReadFile("testdata/" + name + ".passwd")
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.Split(strings.TrimSpace(string(text)), "\n")...)
	}
	return lines
}

// A slip of the pen in any field never lets in a visit that the record kept out, nor gives more than
// it gave, unless what the field holds then is right.
func TestDamageNeverLoosens(t *testing.T) {
	for _, line := range original(t) {
		before := outcomeOf(t, line)
		if !slices.ContainsFunc(before, func(a account.Account) bool { return a.Name != "" }) {
			t.Fatalf("%q lets in nobody", line)
		}
		for field := fieldHash; field < fieldCount; field++ {
			for _, text := range damaged(strings.Split(line, ":")[field]) {
				fields := strings.Split(line, ":")
				fields[field] = text
				mutant := strings.Join(fields, ":")
				after := outcomeOf(t, mutant)
				if valid(field, text) {
					asSaid(t, mutant, field, text, before, after)
				} else {
					notLooser(t, mutant, before, after)
				}
			}
		}
	}
}

// damaged returns what may become of a field.
func damaged(s string) []string {
	all := []string{
		"", "0", "x", "junk", "?", "-", "-1", "1e9", "0x10", "9 9", "1,5", "*", "/0", " ", "\t", "\xff", "\x00", "\n", "\r",
		"99999999999999999999", "18446744073709551615", "18446744073709551616", "4294967295", "4294967296",
		s + "x", s + "junk", "x" + s, s + "k", s + "\x00", s + "\n", s + "\r", "\x00" + s, "\n" + s, s + "\x01", "\x7f" + s, s + "\xff",
		" " + s, s + " ", "\t" + s, s + "\t", "-" + s, "+" + s, "!" + s, s + "-1", s + "/", s + "/8", s + ".5", s + ",", "," + s,
		s + "99999999999999999999", s[:len(s)/2], s[len(s)/2:],
	}
	for _, change := range [][2]string{
		{".", ""}, {".", ".."}, {",", ";"}, {",", " "}, {"-", "--"}, {"-", ""}, {"-", " - "}, {"/16", "/160"}, {"/24", "/240"}, {"/8", "/"},
		{"/", "\\"}, {"$", ""}, {"0", "O"}, {"1", "l"},
	} {
		if text := strings.ReplaceAll(s, change[0], change[1]); text != s {
			all = append(all, text)
		}
	}
	return all
}

// A colon too many anywhere never loosens: what moves into the wrong field is noticed.
func TestExtraColonNeverLoosens(t *testing.T) {
	for _, line := range original(t) {
		before := outcomeOf(t, line)
		for at := strings.IndexByte(line, ':'); at <= len(line); at++ {
			for _, colons := range []string{":", "::"} {
				mutant := line[:at] + colons + line[at:]
				notLooser(t, mutant, before, outcomeOf(t, mutant))
			}
		}
	}
}

// A record that is cut behind a field is one whose fields from there on are empty: no rule before
// the cut is lost. One that is cut within a field is never looser than one cut before it.
func TestCutRecordKeepsItsRules(t *testing.T) {
	for _, line := range original(t) {
		fields := strings.Split(line, ":")[:fieldCount]
		for n := 1; n <= fieldCount; n++ {
			cut := strings.Join(fields[:n], ":")
			after, padded := outcomeOf(t, cut), outcomeOf(t, cut+strings.Repeat(":", fieldCount-n))
			if fmt.Sprint(after) != fmt.Sprint(padded) {
				t.Errorf("%q: %v; with empty fields %v", cut, after, padded)
			}
			if len(slices.DeleteFunc(after, func(a account.Account) bool { return a.Name == "" })) > 0 && n <= fieldHome {
				t.Errorf("%q lets in somebody", cut)
			}
		}
	}
}
