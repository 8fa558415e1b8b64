package options

import (
	"errors"
	"fmt"
	"strings"

	"pureftpd/internal/getopt"
)

// What --show shows.
const (
	showConfig   = "config"
	showTOML     = "toml"
	showSwitches = "switches"
)

// CommandLine is Switches as a shell reads them.
func (o *Options) CommandLine() string {
	words := make([]string, len(o.switches))
	for i, word := range o.switches {
		words[i] = shellWord(word)
	}
	return strings.Join(words, " ") + "\n"
}

// shellWord quotes what a shell would take for more, or less, than a word.
func shellWord(word string) string {
	plain := func(r rune) bool {
		return r < 0x80 && (isAlnum(byte(r)) || strings.ContainsRune("-_=+./,:%@", r))
	}
	if word != "" && strings.TrimFunc(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// ConfigFile is a configuration file that means the same as the switches or files that were given. A few values of switches cannot be
// said in a file; they are errors, all of them joined.
func (o *Options) ConfigFile() (string, error) {
	var file strings.Builder
	err := o.writeDown(func(row *setting, t getopt.Token) error {
		line, ok := directiveFor(row, t.Value)
		if !ok {
			return fmt.Errorf("%s: no line of a configuration file says this", said(t))
		}
		file.WriteString(line + "\n")
		return nil
	})
	return file.String(), err
}

// writeDown calls write with each of Switches. Its errors are joined.
func (o *Options) writeDown(write func(row *setting, t getopt.Token) error) error {
	var mistakes []error
	b := newBuild(settings(), Env{})
	for _, t := range getopt.Split(o.switches, b.switches()) {
		if t.Err != nil {
			return t.Err // Switches are right
		}
		mistakes = append(mistakes, write(&b.rows[t.Option], t))
	}
	return errors.Join(mistakes...)
}

// said is a switch as somebody would type it.
func said(t getopt.Token) string { return strings.TrimSpace(t.Name + " " + t.Value) }

// directiveFor is the line that stands for a switch: one that is read as that value.
func directiveFor(row *setting, value string) (string, bool) {
	for _, key := range row.keywords {
		rest, ok := key.without(value)
		if !ok {
			continue
		}
		for _, written := range []string{rest, `"` + rest + `"`, "yes", commaApart(rest)} {
			if controls(written) || tidy(written, key.grammar.verbatim) == "" {
				continue
			}
			if value, err := cutSeparator(" " + written); err != nil || value != written { // it begins as a separator does
				continue
			}
			if got, given, err := key.grammar.read(tidy(written, key.grammar.verbatim)); err == nil && given && got == rest {
				return key.name + " " + written, true
			}
		}
	}
	return "", false
}

// without takes the directive's prefix off the value of its switch. It reports false if the value is not the directive's.
func (k keyword) without(value string) (rest string, ok bool) {
	n := len(k.prefix)
	if n > len(value) || !strings.EqualFold(value[:n], k.prefix) {
		return "", false
	}
	return value[n:], true
}

// commaApart is a pair as the grammar of two paths wants it.
func commaApart(value string) string {
	first, second, _ := strings.Cut(value, ",")
	return `"` + first + `" "` + second + `"`
}
