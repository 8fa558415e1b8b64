package main

import (
	"slices"
	"strings"
	"testing"

	"pureftpd/internal/session"
)

func TestParseAliases(t *testing.T) {
	text := "# shared places\n\npub\n/srv/pub\nsp alias\n# between\n/srv/a b\n"
	want := []session.Alias{{Name: "pub", Dir: "/srv/pub"}, {Name: "sp alias", Dir: "/srv/a b"}}
	got, err := parseAliases(strings.NewReader(text))
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("parseAliases = %v, %v; want %v", got, err, want)
	}
	for _, text := range []string{"pub\n", "pub\n" + strings.Repeat("x", 256) + "\n"} {
		if got, err := parseAliases(strings.NewReader(text)); err == nil {
			t.Errorf("parseAliases(%.20q) = %v; want an error", text, got)
		}
	}
}
