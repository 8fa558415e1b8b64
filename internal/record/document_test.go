package record

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What docs/logging.md lists are the events and fields that there are, no more and no less.
func TestLoggingIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/logging.md")
	if err != nil {
		t.Fatal(err)
	}
	section := func(from, to string) (names []string) {
		_, rest, found := strings.Cut(string(text), from)
		rest, _, ended := strings.Cut(rest, to)
		if !found || !ended {
			t.Fatalf("docs/logging.md has no %q before %q", from, to)
		}
		for line := range strings.Lines(rest) {
			if cells := strings.Split(line, "|"); len(cells) > 2 {
				for _, name := range regexp.MustCompile("`([a-z-]+)`").FindAllStringSubmatch(cells[1], -1) {
					names = append(names, name[1])
				}
			}
		}
		slices.Sort(names)
		return names
	}
	var events []string
	for _, e := range Events() {
		events = append(events, string(e))
	}
	slices.Sort(events)
	if got := section("| Event |", "## Transfer logs"); !slices.Equal(got, events) {
		t.Errorf("events of the table: %q; want %q", got, events)
	}
	fields := map[string]bool{}
	for _, x := range jsonSamples() {
		line, err := newJSONEncoder(1).encode(&x)
		if err != nil {
			t.Fatal(err)
		}
		shown, err := decode(line)
		if err != nil {
			t.Fatal(err)
		}
		for key := range shown {
			fields[key] = true
		}
	}
	var want []string
	for key := range fields {
		want = append(want, key)
	}
	slices.Sort(want)
	if got := section("| Field |", "| Event |"); !slices.Equal(got, want) {
		t.Errorf("fields of the table: %q; want %q", got, want)
	}
}
