package listing

import (
	"slices"
	"strings"
	"testing"
)

func TestSplitPaths(t *testing.T) {
	for arg, want := range map[string][]string{
		"":          nil,
		"  ":        nil,
		"a  b c ":   {"a", "b", "c"},
		`sp\ ace b`: {"sp ace", "b"},
		`\{a\}\\x`:  {`{a}\x`},
		`\*\`:       {`\*\`},
		`"a b"`:     {`"a`, `b"`},
	} {
		if got := splitPaths(arg); !slices.Equal(got, want) {
			t.Errorf("splitPaths(%q) = %q; want %q", arg, got, want)
		}
	}
}

func TestParsePattern(t *testing.T) {
	for text, want := range map[string]struct {
		names   string // of the parts, joined
		rooted  bool
		dirOnly bool
	}{
		"a/b":      {"a/b", false, false},
		"/a//b/":   {"a/b", true, true},
		"./a/./b":  {"a/b", false, false},
		"a/x/../b": {"a/b", false, false},
		"a/..":     {"", false, true},
		"../../a":  {"../../a", false, false},
		"..":       {"..", false, false},
		"/../a":    {"a", true, false},
		"a/../..":  {"..", false, false},
		`a\/b\\/c`: {`a/b\/c`, false, false},
		"/":        {"", true, true},
	} {
		p := parsePattern(text)
		var names []string
		for _, part := range p.parts {
			names = append(names, part.name)
		}
		if got := strings.Join(names, "/"); got != want.names || p.rooted != want.rooted || p.dirOnly != want.dirOnly {
			t.Errorf("parsePattern(%q) = %q, rooted %v, dirOnly %v; want %+v", text, got, p.rooted, p.dirOnly, want)
		}
	}
}

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		pattern string
		match   string // names that match, and
		differ  string // names that do not
	}{
		{"*", "a ab * a.b", ".a . .."},
		{".*", ". .. .a", "a"},
		{"?b*", "ab abc", "b .b"},
		{"*a*b*c", "abc xaxbxc aabbcc", "abcd ab acb"},
		{"****tar", "tar star", "stars"},
		{"[a-c]x", "ax cx", "dx -x x"},
		{"[!a-c]x", "dx -x", "ax .x"},
		{"[]a]", "] a", "[ []a]"},
		{"[!]]", "a", "]"},
		{"[a-]*", "a - -x", "b"},
		{`[a\]b]`, "a ] b", `\`},
		{`[\a-\c]`, "a b c", `\ d`},
		{"[f-a]*", "", "a f -"},
		{"[^a]", "^ a", "b"}, // not a negation
		{"[a*", "[a [ab", "a"},
		{`\[*\]`, "[] [br]", `\[]`},
		{"[.]x*", "", ".x"},
		{`\.x*`, ".x .xy", "x"},
	} {
		p := compile(test.pattern)
		for _, name := range strings.Fields(test.match) {
			if ok, _ := p.match([]byte(name)); !ok {
				t.Errorf("%q does not match %q", test.pattern, name)
			}
		}
		for _, name := range strings.Fields(test.differ) {
			if ok, _ := p.match([]byte(name)); ok {
				t.Errorf("%q matches %q", test.pattern, name)
			}
		}
	}
}

// matchText is match said in the plainest way, by trying everything, on the text of the pattern.
func matchText(pattern, name string) bool {
	if pattern == "" {
		return name == ""
	}
	if pattern[0] == '*' {
		return matchText(pattern[1:], name) || name != "" && matchText(pattern, name[1:])
	}
	if name == "" {
		return false
	}
	size, ok := matchByte(pattern, name[0])
	return ok && matchText(pattern[size:], name[1:])
}

// matchByte matches one byte with the start of a pattern and says how much of the pattern that was.
func matchByte(pattern string, c byte) (size int, ok bool) {
	switch {
	case pattern[0] == '?':
		return 1, true
	case pattern[0] == '\\' && len(pattern) > 1:
		return 2, pattern[1] == c
	case pattern[0] != '[':
		return 1, pattern[0] == c
	}
	body, inverted := strings.CutPrefix(pattern[1:], "!")
	var members []byte // one per member, with quoted ones marked in quoted
	var quoted []bool
	i := 0
	for ; i < len(body) && (body[i] != ']' || len(members) == 0); i++ {
		q := body[i] == '\\'
		if q {
			if i++; i == len(body) {
				return 1, c == '['
			}
		}
		members, quoted = append(members, body[i]), append(quoted, q)
	}
	if i == len(body) {
		return 1, c == '['
	}
	size = len(pattern) - len(body) + i + 1
	for m := 0; m < len(members); m++ {
		low, high := members[m], members[m]
		if m+2 < len(members) && members[m+1] == '-' && !quoted[m+1] {
			high = members[m+2]
			m += 2
		}
		ok = ok || low <= c && c <= high
	}
	return size, ok != inverted
}

// FuzzMatch compares match with matchText and checks that it takes no more steps than it promises.
func FuzzMatch(f *testing.F) {
	for _, seed := range [][2]string{
		{"*a*b", "aab"}, {"[!a-c]?", "xy"}, {`[\]-a]*`, "]"}, {"[a-", "[a-"}, {"[]-a]", "_"}, {`\`, `\`}, {"**?*", "abc"}, {"[--0]", "."},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if name == "" || name[0] == '.' || len(pattern) > 14 || len(name) > 14 {
			return
		}
		p := compile(pattern)
		if p.tokens == nil {
			if p.name != "" && !matchText(pattern, p.name) {
				t.Errorf("%q is not matched by %q", p.name, pattern)
			}
			return
		}
		got, steps := p.match([]byte(name))
		if want := matchText(pattern, name); got != want {
			t.Errorf("match(%q, %q) = %v; want %v", pattern, name, got, want)
		}
		if most := (len(name) + len(p.tokens) + 1) * (len(p.tokens) + 1); steps > most {
			t.Errorf("match(%q, %q) took %d steps; want at most %d", pattern, name, steps, most)
		}
	})
}

// FuzzPattern checks that a pattern without its "." and ".." is what is left, and bounded by what
// was given.
func FuzzPattern(f *testing.F) {
	f.Add("a/../b//c/.")
	f.Add(`\/../../x\`)
	f.Fuzz(func(t *testing.T, arg string) {
		for _, text := range splitPaths(arg) {
			p := parsePattern(text)
			if len(p.parts) > strings.Count(text, "/")+1 || p.wildcards() > len(p.parts) {
				t.Errorf("parsePattern(%q) has %d parts", text, len(p.parts))
			}
			inside := p.rooted // ".." may stand at the start only
			for _, part := range p.parts {
				if part.tokens == nil && strings.Contains(part.name, "/") {
					t.Errorf("parsePattern(%q) has the part %q", text, part.name)
				}
				if part.tokens != nil || part.name != ".." {
					inside = true
				}
			}
			if p.rooted != strings.HasPrefix(text, "/") || !inside && len(p.parts) == 0 && !p.dirOnly {
				t.Errorf("parsePattern(%q) = %+v", text, p)
			}
		}
	})
}
