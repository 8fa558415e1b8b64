package listing

import "strings"

// A pattern is one argument of LIST, resolved as text and cut at its slashes.
type pattern struct {
	rooted  bool // it begins at the root, not in the current directory
	parts   []part
	dirOnly bool // it ends in a slash, or did before "." and ".." were resolved
}

// A part is what stands between two slashes: a name, or a wildcard.
type part struct {
	name   string  // if tokens is nil
	tokens []token // of a wildcard
	dot    bool    // the wildcard begins with a dot, so it may match names that do
}

// wild are the characters that make a pathname a pattern.
const wild = `\*?[`

// splitPaths cuts LIST's argument at its blanks. A backslash keeps a blank, a brace or another
// backslash from meaning anything, and goes away; before other characters it stays, for the pattern
// to see.
func splitPaths(arg string) []string {
	var paths []string
	var path []byte
	for i := 0; i <= len(arg); i++ {
		switch {
		case i == len(arg) || arg[i] == ' ':
			if len(path) > 0 {
				paths = append(paths, string(path))
			}
			path = path[:0]
			continue
		case quotes(arg, i):
			i++
		}
		path = append(path, arg[i])
	}
	return paths
}

// unquote takes out of a single pathname the backslashes that splitPaths takes out of many.
func unquote(arg string) string {
	path := make([]byte, 0, len(arg))
	for i := 0; i < len(arg); i++ {
		if quotes(arg, i) {
			i++
		}
		path = append(path, arg[i])
	}
	return string(path)
}

// quotes reports whether at i stands a backslash that keeps the next character from meaning
// anything to splitPaths.
func quotes(arg string, i int) bool {
	return arg[i] == '\\' && i+1 < len(arg) && strings.IndexByte(` \{}`, arg[i+1]) >= 0
}

// parsePattern resolves slashes, "." and "x/.." in text and compiles what is left. A ".." at the
// start of a relative pattern stays.
func parsePattern(text string) pattern {
	p := pattern{rooted: strings.HasPrefix(text, "/")}
	pieces := strings.Split(text, "/")
	var kept []string
	for i, piece := range pieces {
		last := i == len(pieces)-1
		if !last && oddBackslashes(piece) {
			piece = piece[:len(piece)-1] // it quotes the slash, which means the same without
		}
		switch piece {
		case "", ".":
			p.dirOnly = last
		case "..":
			p.dirOnly = last
			switch n := len(kept); {
			case n > 0 && kept[n-1] != "..":
				kept = kept[:n-1]
			case !p.rooted:
				kept = append(kept, piece)
				p.dirOnly = false
			}
		default:
			kept = append(kept, piece)
		}
	}
	for _, piece := range kept {
		p.parts = append(p.parts, compile(piece))
	}
	return p
}

// oddBackslashes reports whether a piece ends in a backslash that no other one quotes.
func oddBackslashes(piece string) bool {
	return (len(piece)-len(strings.TrimRight(piece, `\`)))%2 == 1
}

// wildcards counts the parts that are wildcards.
func (p *pattern) wildcards() (n int) {
	for i := range p.parts {
		if p.parts[i].tokens != nil {
			n++
		}
	}
	return n
}

// A token matches one byte, or with kind star any number of them.
type token struct {
	kind tokenKind
	char byte
	set  *byteSet
}

type tokenKind uint8

const (
	char tokenKind = iota // this byte
	any1                  // any byte
	set                   // a byte of the set
	star                  // any bytes, also none
)

// A byteSet has one bit for every byte.
type byteSet [4]uint64

func (s *byteSet) has(c byte) bool { return s[c>>6]&(1<<(c&63)) != 0 }

// add adds the bytes from low to high.
func (s *byteSet) add(low, high byte) {
	for c := int(low); c <= int(high); c++ {
		s[c>>6] |= 1 << (c & 63)
	}
}

// compile reads one part of a pattern: "*", "?", "[a-z]", "[!a-z]" and a backslash that quotes the
// next character.
func compile(text string) part {
	var tokens []token
	wild := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch c {
		case '*':
			wild = true
			if n := len(tokens); n == 0 || tokens[n-1].kind != star { // "**" is "*"
				tokens = append(tokens, token{kind: star})
			}
			continue
		case '?':
			wild = true
			tokens = append(tokens, token{kind: any1})
			continue
		case '[':
			if members, end := parseSet(text, i+1); end > 0 {
				wild = true
				tokens = append(tokens, token{kind: set, set: members})
				i = end
				continue
			}
		case '\\':
			if i+1 < len(text) {
				i++
			}
		}
		tokens = append(tokens, token{kind: char, char: text[i]})
	}
	if wild {
		return part{tokens: tokens, dot: tokens[0] == token{kind: char, char: '.'}}
	}
	name := make([]byte, len(tokens))
	for i, t := range tokens {
		name[i] = t.char
	}
	return part{name: string(name)}
}

// parseSet reads a set of bytes that begins behind "[". It returns the index of the closing "]", or
// 0 if there is none and the bracket stands for itself. A "]" in first place is a member.
func parseSet(text string, i int) (members *byteSet, end int) {
	members = new(byteSet)
	inverted := i < len(text) && text[i] == '!'
	if inverted {
		i++
	}
	next := func() (c byte, ok bool) {
		if i < len(text) && text[i] == '\\' {
			i++
		}
		if i >= len(text) {
			return 0, false
		}
		i++
		return text[i-1], true
	}
	for first := true; first || i < len(text) && text[i] != ']'; first = false {
		low, ok := next()
		high := low
		if ok && i+1 < len(text) && text[i] == '-' && text[i+1] != ']' {
			i++
			high, ok = next()
		}
		if !ok {
			return nil, 0
		}
		members.add(low, high)
	}
	if i >= len(text) {
		return nil, 0
	}
	if inverted {
		for w := range members {
			members[w] = ^members[w]
		}
	}
	return members, i
}

// match reports whether the wildcard matches all of name, and how many steps that took: at most the
// product of both lengths. On a mismatch only the last star needs to try again with one more byte:
// whatever an earlier star could do, the last one can do as well.
func (p *part) match(name []byte) (matched bool, steps int) {
	if name[0] == '.' && !p.dot {
		return false, 1
	}
	t, n := 0, 0
	retry, tried := -1, 0 // the token after the last star, and where its present try began
	for n < len(name) || t < len(p.tokens) {
		steps++
		if t < len(p.tokens) && p.tokens[t].kind == star {
			t++
			retry, tried = t, n
			continue
		}
		if n < len(name) && t < len(p.tokens) && p.tokens[t].matches(name[n]) {
			t, n = t+1, n+1
			continue
		}
		if retry < 0 || tried == len(name) {
			return false, steps
		}
		tried++
		t, n = retry, tried
	}
	return true, steps
}

// matches reports whether a token other than a star matches one byte.
func (t *token) matches(c byte) bool {
	switch t.kind {
	case char:
		return t.char == c
	case set:
		return t.set.has(c)
	}
	return true
}
