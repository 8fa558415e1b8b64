package listing

import "strings"

// A sortField is what the content of directories is sorted by.
type sortField uint8

const (
	byName sortField = iota
	byTime
	bySize
)

// flags are the options of LIST that do something.
type flags struct {
	all     bool // -a: names that begin with a dot too
	long    bool // -l: all facts
	columns bool // -C: names in columns
	suffix  bool // -F: a character for the type after the name
	recurse bool // -R: the directories in a directory too
	self    bool // -d: directories themselves, not their content
	reverse bool // -r: from the end
	sort    sortField
}

// parseFlags reads the options at the start of LIST's argument: words that begin with a dash and
// consist of letters, digits and dashes. Unknown letters mean nothing. It returns what follows, the
// pathnames.
func parseFlags(arg string, preset flags) (flags, string) {
	f := preset
	rest := strings.TrimLeft(arg, " ")
	for strings.HasPrefix(rest, "-") {
		end := 1
		for end < len(rest) && isOption(rest[end]) {
			f.set(rest[end])
			end++
		}
		rest = strings.TrimLeft(rest[end:], " ")
	}
	return f, rest
}

func isOption(c byte) bool {
	return c == '-' || isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// set applies one option. Of the formats -l, -C and -1, and of the orders -t and -S, the last one
// given wins.
func (f *flags) set(option byte) {
	switch option {
	case 'a':
		f.all = true
	case 'l':
		f.long, f.columns = true, false
	case 'C':
		f.long, f.columns = false, true
	case '1':
		f.long, f.columns = false, false
	case 'F':
		f.suffix = true
	case 'R':
		f.recurse = true
	case 'd':
		f.self = true
	case 'r':
		f.reverse = true
	case 't':
		f.sort = byTime
	case 'S':
		f.sort = bySize
	}
}

// String lists the active options the way the final reply of LIST does, "-a -l ".
func (f flags) String() string {
	var text strings.Builder
	for _, option := range [...]struct {
		on   bool
		text string
	}{
		{f.all, "-a "}, {f.columns, "-C "}, {f.self, "-d "}, {f.suffix, "-F "}, {f.long, "-l "},
		{f.reverse, "-r "}, {f.recurse, "-R "}, {f.sort == bySize, "-S "}, {f.sort == byTime, "-t"},
	} {
		if option.on {
			text.WriteString(option.text)
		}
	}
	return text.String()
}
