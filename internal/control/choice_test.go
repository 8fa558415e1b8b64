package control

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// listed are the numbers of the sessions that a request lists, less 4194304, and how many match.
func (l *lab) listed(t testing.TB, role Role, query string) string {
	t.Helper()
	w := l.as(role, "GET", "/v1/sessions"+query, "")
	if w.Code != 200 {
		return fmt.Sprint(w.Code)
	}
	var list sessionList
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil {
		t.Fatalf("%s: %v in %s", query, err, w.Body)
	}
	var numbers []string
	for _, s := range list.Sessions {
		numbers = append(numbers, fmt.Sprint(s.ID-4194304))
	}
	return fmt.Sprintf("%s of %d", strings.Join(numbers, " "), list.Matching)
}

func TestChosenSessions(t *testing.T) {
	l := newLab(t) // 3: ann downloads letters.zip; 2: ftp; 1: nobody yet
	l.crowd[1].session.Address, l.crowd[1].session.State = "198.51.100.7", Upload
	l.crowd[1].session.Transfer = &Transfer{File: "new", Started: time.Now().Add(-time.Second), Position: 1 << 20}
	for query, want := range map[string]string{
		"":                             "3 2 1 of 3",
		"?sort=started":                "1 2 3 of 3",
		"?sort=-started&limit=2":       "3 2 of 3",
		"?limit=1":                     "3 of 3",
		"?sort=account":                "1 3 2 of 3",
		"?sort=-account&limit=2":       "2 3 of 3",
		"?sort=address":                "3 1 2 of 3", // those that are alike: the latest first
		"?sort=-address&limit=2":       "2 3 of 3",
		"?sort=state":                  "3 1 2 of 3",
		"?sort=file&limit=2":           "1 2 of 3",
		"?sort=-speed&limit=1":         "2 of 3",
		"?sort=speed":                  "1 3 2 of 3",
		"?match=ANN":                   "3 of 1",
		"?match=letters&sort=-speed":   "3 of 1",
		"?match=198.51.":               "2 of 1",
		"?match=client.ex&limit=1":     "3 of 3",
		"?match=idle":                  "1 of 1",
		"?match=nothing":               " of 0",
		"?match=":                      "3 2 1 of 3",
		"?limit=0":                     "400",
		"?limit=1001":                  "400",
		"?limit=x":                     "400",
		"?limit=1&limit=2":             "400",
		"?sort=size":                   "400",
		"?sort=--speed":                "400",
		"?top=1":                       "400",
		"?match=%zz":                   "400",
		"?match=" + stringOf(200, 'x'): " of 0",
		"?match=" + stringOf(201, 'x'): "400",
	} {
		if got := l.listed(t, Admin, query); got != want {
			t.Errorf("%s lists %s; want %s", query, got, want)
		}
	}
}

func stringOf(n int, c byte) string { return strings.Repeat(string(c), n) }

// TestViewersFindNoDirectories matches and sorts by what the role may see: nobody guesses a directory by what is found.
func TestViewersFindNoDirectories(t *testing.T) {
	l := newLab(t)
	for role, want := range map[Role]string{Viewer: " of 0", Operator: "3 of 1"} {
		if got := l.listed(t, role, "?match=private"); got != want {
			t.Errorf("a %s finds %s; want %s", role, got, want)
		}
	}
	l.crowd[1].session.Transfer = &Transfer{File: "b/a"}
	l.crowd[2].session.Transfer = &Transfer{File: "a/b"}
	for role, want := range map[Role]string{Viewer: "2 1 3 of 3", Operator: "1 2 3 of 3"} {
		if got := l.listed(t, role, "?sort=file"); got != want {
			t.Errorf("a %s sees the order %s; want %s", role, got, want)
		}
	}
}

// TestLimitIsTheBeginning compares the few that are kept while all go by with all of them, sorted.
func TestLimitIsTheBeginning(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	now := time.Now()
	for range 200 {
		limit := 1 + random.IntN(20)
		c, err := chosen(map[string][]string{"sort": {"-speed"}, "limit": {fmt.Sprint(limit)}}, now)
		if err != nil {
			t.Fatal(err)
		}
		var all, few []Session
		for id := range random.IntN(40) {
			s := Session{ID: uint64(id), Transfer: &Transfer{Started: now.Add(-time.Second), Position: random.Int64N(10)}}
			all, few = append(all, s), c.add(few, s)
		}
		slices.SortFunc(all, c.order)
		want := all[:min(limit, len(all))]
		if !slices.EqualFunc(few, want, func(a, b Session) bool { return a.ID == b.ID }) {
			t.Fatalf("limit %d of %d: %+v; want %+v", limit, len(all), few, want)
		}
	}
}

func BenchmarkFastestOf10000(b *testing.B) {
	l := newLab(b)
	one := l.crowd[0]
	l.crowd = nil
	for range 10000 {
		l.crowd = append(l.crowd, one)
	}
	l.config.Sessions = l.crowd
	b.ReportAllocs()
	for b.Loop() {
		if got := l.as(Viewer, "GET", "/v1/sessions?sort=-speed&limit=50&match=client", ""); got.Code != 200 {
			b.Fatal(got.Code)
		}
	}
}
