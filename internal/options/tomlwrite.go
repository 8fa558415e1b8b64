package options

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"pureftpd/internal/getopt"
)

// A tomlKey is a directive with the values it is given, in order.
type tomlKey struct {
	row    *setting
	name   string
	values []string
}

// TOMLFile is ConfigFile in TOML. There a directive is named once, so that one that was given several times keeps its values in order, but
// not its place among others. Where that would change the meaning it is an error.
func (o *Options) TOMLFile() (string, error) {
	var keys []tomlKey
	err := o.writeDown(func(row *setting, t getopt.Token) error {
		name, value, ok := tomlFor(row, t.Value)
		if !ok {
			return fmt.Errorf("%s: no TOML file says this", said(t))
		}
		at := slices.IndexFunc(keys, func(k tomlKey) bool { return k.name == name })
		if at < 0 {
			keys = append(keys, tomlKey{row: row, name: name, values: []string{value}})
			return nil
		}
		if between := slices.IndexFunc(keys[at+1:], func(k tomlKey) bool { return orderMatters(k.row, row) }); between >= 0 {
			return fmt.Errorf("%s: given before and after %s, an order that no TOML file keeps, as it names each once", name, keys[at+1+between].name)
		}
		keys[at].values = append(keys[at].values, value)
		return nil
	})
	var file strings.Builder
	for _, k := range keys {
		if len(k.values) == 1 {
			fmt.Fprintf(&file, "%s = %s\n", k.name, k.values[0])
		} else {
			fmt.Fprintf(&file, "%s = [\n  %s,\n]\n", k.name, strings.Join(k.values, ",\n  "))
		}
	}
	return file.String(), err
}

// orderMatters reports whether two orders mean something else the other way round.
func orderMatters(a, b *setting) bool {
	if a.again == sticky && b.again == sticky {
		return false
	}
	return a.long == b.long || a.decides == b.long || b.decides == a.long
}

// tomlFor is the directive that stands for a switch, and its value in TOML: one that is read as that of the switch.
func tomlFor(row *setting, value string) (name, written string, ok bool) {
	for _, key := range row.keywords {
		rest, ok := key.without(value)
		if !ok {
			continue
		}
		for _, text := range []string{rest, "yes", commaApart(rest)} {
			if text == "" || controls(text) || !utf8.ValidString(text) {
				continue
			}
			if got, given, err := key.grammar.read(text); err != nil || !given || got != rest {
				continue
			}
			if written = tomlValue(key.grammar, text); len(key.name+" = "+written) <= maxLine {
				return key.name, written, true
			}
		}
	}
	return "", "", false
}

// tomlValue writes the text of a value for what it is: true, a number or a string.
func tomlValue(g grammar, text string) string {
	if g.onOff {
		return "true" // what is denied leaves no trace
	}
	if n, err := strconv.ParseInt(text, 10, 64); g.number && err == nil && strconv.FormatInt(n, 10) == text {
		return text
	}
	if strings.ContainsAny(text, `"\`) && !strings.Contains(text, "'") {
		return "'" + text + "'"
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\t", `\t`).Replace(text) + `"`
}
