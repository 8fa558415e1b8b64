package options

import (
	"errors"
	"sort"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// A tomlReader carries out a configuration file that is written in TOML: its keys are the directives, an array gives one several
// times. A string is the value as it stands: it is not unquoted a second time, and no comment is cut off.
//
// The library's parser sees to the grammar, escapes and UTF-8, and knows where things stand, for which it was chosen. It leaves
// keys that are there twice and numbers that are too large to its caller.
type tomlReader struct {
	*fileReader
	file   string
	parser unstable.Parser
	starts []int          // the offset of each line
	given  map[string]int // the line of each directive so far, by its name in the table
}

// toml reads a file in TOML. What is wrong with its form ends it, as nothing behind that place can be trusted.
func (r *fileReader) toml(name, content string) {
	t := &tomlReader{fileReader: r, file: name, given: map[string]int{}}
	start := 0
	for text := range strings.SplitSeq(content, "\n") {
		t.starts = append(t.starts, start)
		start += len(text) + 1
		if len(text) > maxLine {
			t.refuse(line{file: name, number: len(t.starts)}, hinted("is this a configuration file?", "longer than %d bytes", maxLine))
			return
		}
	}
	t.parser.Reset([]byte(content))
	for t.parser.NextExpression() {
		if t.expression(t.parser.Expression()); r.stop {
			return
		}
	}
	if err := t.parser.Error(); err != nil {
		l := line{file: name}
		if broken, ok := errors.AsType[*unstable.ParserError](err); ok {
			l.number = t.line(t.parser.Range(broken.Highlight))
		}
		t.refuse(l, hinted("write NAME = VALUE, text in quotes", "not TOML: %v", err))
	}
}

// line is the number of the line in which something begins.
func (t *tomlReader) line(at unstable.Range) int {
	return sort.SearchInts(t.starts, int(at.Offset)+1)
}

// expression carries out a key and its value; the heads of tables are mistakes.
func (t *tomlReader) expression(e *unstable.Node) {
	keys := e.Key()
	keys.Next()
	key := keys.Node()
	l := line{file: t.file, number: t.line(key.Raw), name: string(key.Data)}
	if l.name == "" || strings.ContainsFunc(l.name, func(r rune) bool { return r > 0x7f || !isAlnum(byte(r)) && r != '-' && r != '_' }) {
		l.name = shorten(l.name) // it was in quotes and may hold anything
	}
	switch {
	case e.Kind != unstable.KeyValue:
		t.refuse(l, hinted("leave the line out", "directives stand in no table"))
	case keys.Next():
		t.refuse(l, hinted("write NAME = VALUE", "directives have no dots in their names"))
	case strings.EqualFold(l.name, "Include"):
		if t.first(l, "Include") {
			t.each(l, e.Value(), func(l line, v *unstable.Node) { t.include(l, v) })
		}
	default:
		known := t.b.keyword(l.name)
		if known == nil {
			t.refuse(l, t.b.unknown(l.name))
		} else if t.first(l, known.key.name) {
			t.each(l, e.Value(), func(l line, v *unstable.Node) { t.directive(l, known, v) })
		}
	}
}

func (t *tomlReader) refuse(l line, err error) { t.b.mistakes.add(l.mistake(err)) }

// first reports whether a directive is there for the first time: TOML names a key once.
func (t *tomlReader) first(l line, name string) bool {
	if before := t.given[name]; before != 0 {
		t.refuse(l, hinted("write one array: "+name+" = [VALUE, VALUE]", "line %d gives it already", before))
		return false
	}
	t.given[name] = l.number
	return true
}

// each carries out a value, or those of an array.
func (t *tomlReader) each(l line, value *unstable.Node, one func(line, *unstable.Node)) {
	if value.Kind != unstable.Array {
		one(l, value)
		return
	}
	if value.Child() == nil {
		t.refuse(l, hinted("leave the line out", "an array without a value"))
	}
	for v := value.Child(); v != nil && !t.stop; v = v.Next() {
		if v.Raw.Length > 0 { // arrays in arrays do not say where they are
			l.number = t.line(v.Raw)
		}
		one(l, v)
	}
}

// include reads another file, in either form.
func (t *tomlReader) include(l line, value *unstable.Node) {
	switch name := string(value.Data); {
	case value.Kind != unstable.String || controls(name):
		t.refuse(l, hinted(`write Include = "FILE"`, "the value is not the name of a file"))
	case name == "":
		t.refuse(l, hinted(`write Include = "FILE"`, "the value is missing"))
	default:
		t.read(name, &l)
	}
}

// directive carries out a directive with one value.
func (t *tomlReader) directive(l line, known *found, value *unstable.Node) {
	o := known.order(l)
	o.example = known.key.name + " = " + tomlValue(known.key.grammar, known.key.example)
	text, err := tomlText(known.key.grammar, value)
	if err == nil && controls(text) {
		err = wrong("a control character in the value")
	}
	if err != nil {
		t.b.blame(err, o)
		return
	}
	t.b.carryOut(known.key, o, text)
}

// tomlText is a value as text for the grammar of its directive.
func tomlText(g grammar, value *unstable.Node) (string, error) {
	text := string(value.Data)
	switch value.Kind {
	case unstable.String:
		return text, nil
	case unstable.Bool:
		if !g.onOff {
			return "", wrong("%s is for directives that take yes or no", text)
		}
		return map[string]string{"true": "yes", "false": "no"}[text], nil
	case unstable.Integer:
		n, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, 64)
		if errors.Is(err, strconv.ErrRange) {
			return "", wrong("%s is out of range", shorten(text))
		}
		if err != nil {
			return "", wrong("%s is not in decimal", shorten(text))
		}
		return strconv.FormatInt(n, 10), nil
	case unstable.Float:
		return "", hinted("put it in quotes", "%s is no whole number", shorten(text))
	case unstable.Array:
		return "", wrong("an array in an array")
	case unstable.InlineTable:
		return "", wrong("a table is no value")
	}
	return "", wrong("a date or time is no value")
}
