package options

import (
	"strings"

	"pureftpd/internal/getopt"
)

// A found is a directive of the table.
type found struct {
	row *setting
	key *keyword
}

// keyword finds a directive by its name in any case, or returns nil.
func (b *build) keyword(name string) *found {
	for i := range b.rows {
		for j := range b.rows[i].keywords {
			if key := &b.rows[i].keywords[j]; strings.EqualFold(key.name, name) {
				return &found{row: &b.rows[i], key: key}
			}
		}
	}
	return nil
}

// unknown is the mistake of a directive that does not exist, with the one that was probably meant.
func (b *build) unknown(name string) error {
	if strings.EqualFold(name, "FSCharset") || strings.EqualFold(name, "ClientCharset") {
		return hinted("leave it out: file names are always UTF-8", "unknown directive")
	}
	names := []string{"Include"}
	for _, row := range b.rows {
		for _, key := range row.keywords {
			names = append(names, key.name)
		}
	}
	if best := getopt.Nearest(name, names); best != "" {
		return hinted("did you mean "+best+"?", "unknown directive")
	}
	return hinted("leave it out", "unknown directive")
}

// directive carries out a directive with its value as it stands in the file. It reports whether it
// asked for anything.
func (b *build) directive(l line, value string) bool {
	if controls(value) {
		b.mistakes.add(l.mistake(hinted("was the file saved as plain text?", "a control character in the value")))
		return false
	}
	known := b.keyword(l.name)
	if known == nil {
		b.mistakes.add(l.mistake(b.unknown(l.name)))
		return false
	}
	o := known.order(l)
	o.example = known.key.name + " " + known.key.example
	return b.carryOut(known.key, o, tidy(value, known.key.grammar.verbatim))
}

// controls reports whether a value holds what no line can.
func controls(value string) bool {
	return strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// order is what a line orders, but for the value.
func (f *found) order(l line) order {
	return order{row: f.row, name: f.key.name, origin: Origin{File: l.file, Line: l.number}}
}

// carryOut gives an order its value, which is text for the directive's grammar.
func (b *build) carryOut(key *keyword, o order, value string) bool {
	if value == "" {
		b.blame(wrong("the value is missing"), o)
		return false
	}
	value, given, err := key.grammar.read(value)
	if err != nil {
		b.blame(err, o)
		return false
	}
	if given {
		o.value = key.prefix + value
		b.apply(o)
	}
	return given
}
