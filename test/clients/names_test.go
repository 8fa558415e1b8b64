//go:build clients

package clients

import "strings"

// A kind is a kind of odd name that some clients fail to transport.
type kind string

const (
	leadingBlank  kind = "leading blank"
	trailingBlank kind = "trailing blank"
	percent       kind = "percent"
	long          kind = "long"
	longUTF8      kind = "long UTF-8"
	other         kind = "other" // every client transports it
)

// odd returns the odd names. The server refuses those with a backslash or a control character.
func odd() []struct {
	kind kind
	name string
} {
	return []struct {
		kind kind
		name string
	}{
		{other, "two  words and more"},
		{leadingBlank, "  lead"},
		{trailingBlank, "trail "},
		{other, "it's"},
		{other, `say "hi"`},
		{other, "[a-c]"},
		{other, "{a,b}"},
		{other, "*star"},
		{other, "what?"},
		{other, "-dash"},
		{other, "~tilde"},
		{other, ".hidden"},
		{percent, "%41"},
		{other, "#hash"},
		{other, "$HOME;a&b|c>d!e@f,g(h)=i`j"},
		{other, "a -> b"}, // as a listing shows a link
		{other, "c:d"},
		{other, "12345"},
		{other, "žluťoučký 日本語 🐎"},
		{other, "caf\xe9"}, // Latin-1
		{long, strings.Repeat("long-name.", 26)[:255]},
		{longUTF8, strings.Repeat("é", 127)},
	}
}

// lacks says which kinds of names a client cannot transport, and why.
type lacks map[kind]string

// notStored returns the names that no client can send: the server stores them as others.
func notStored() lacks {
	const why = "the server stores blanks at the ends of a name as `_`"
	return lacks{leadingBlank: why, trailingBlank: why}
}

// names returns the odd names without those that are lacking.
func names(without ...lacks) []string {
	var names []string
next:
	for _, odd := range odd() {
		for _, l := range without {
			if _, ok := l[odd.kind]; ok {
				continue next
			}
		}
		names = append(names, odd.name)
	}
	return names
}
