package options

import (
	"errors"
	"path/filepath"
	"strings"

	"pureftpd/internal/getopt"
)

// Parse reads a command line, argv[0] being the program's name, and the configuration it names.
//
// A single argument that does not begin with a dash is a configuration file, or a folder in
// Debian's style; otherwise everything is switches. --check may stand beside the file. Mistakes
// are of type *Error, all of them joined.
func Parse(argv []string, env Env) (*Options, error) {
	return parse(settings(), argv, env)
}

// parse is Parse with another table.
func parse(rows []setting, argv []string, env Env) (*Options, error) {
	b := newBuild(rows, env)
	if len(argv) == 0 {
		return b.finish()
	}
	if strings.HasSuffix(filepath.Base(argv[0]), "-virtualchroot") {
		b.apply(order{row: b.row("virtualchroot"), origin: Origin{Name: "program name"}})
	}
	if len(argv) == 2 && !strings.HasPrefix(argv[1], "-") {
		b.source(argv[1])
		return b.finish()
	}
	return b.commandLine(argv[1:])
}

// commandLine carries out switches. Help and version win where they stand, unless a mistake stands
// before them.
func (b *build) commandLine(args []string) (*Options, error) {
	var words []getopt.Token
	plain := true // no switch that could be in a file
	for _, t := range getopt.Split(args, b.switches()) {
		switch {
		case t.Err != nil:
			b.mistakes.add(malformed(t))
			continue
		case t.Option == getopt.Word:
			words = append(words, t)
			continue
		}
		row := &b.rows[t.Option]
		switch row.long {
		case "help":
			b.opts.Action = ShowHelp
			return b.finish()
		case "version":
			b.opts.Action = ShowVersion
			return b.finish()
		case "check":
			b.opts.Check = true
		case "show":
			b.show(t)
		case "try":
			b.try(t)
			plain = false
		default:
			plain = false
			o := order{row: row, value: t.Value, name: t.Name, origin: Origin{Arg: t.At + 1, Name: t.Name}}
			if row.example != "" {
				o.example = getopt.WithValue(t.Name, row.example)
			}
			b.apply(o)
		}
	}
	b.leftOver(words, plain)
	return b.finish()
}

// switches is the table as getopt wants it.
func (b *build) switches() []getopt.Option {
	list := make([]getopt.Option, len(b.rows))
	for i, row := range b.rows {
		list[i] = getopt.Option{Short: row.short, Long: row.long, Arg: row.arg, Example: row.example, Ours: row.ours}
	}
	return list
}

// malformed is a mistake in the form of the command line, with what the server knows about it.
func malformed(t getopt.Token) error {
	mistake := &Error{Text: t.Err.Error(), cause: t.Err}
	if e, ok := errors.AsType[*getopt.Error](t.Err); ok {
		mistake.Text, mistake.Hint = e.Text, e.Hint
	}
	if t.Name == "-8" || t.Name == "-9" { // character sets, in older versions of the original
		mistake.Hint = "file names are always UTF-8, leave it out"
	}
	return mistake
}

// try takes --try, whose folder may be glued to it or left over.
func (b *build) try(t getopt.Token) {
	if t.Given && t.Value == "" {
		b.mistakes.add(&Error{Setting: t.Name, Text: "the value is empty", Hint: "write --try=DIR"})
	}
	b.opts.Try = true
	if t.Given {
		b.opts.TryDir = t.Value
	}
}

// show takes --show.
func (b *build) show(t getopt.Token) {
	if t.Value != showConfig && t.Value != showTOML && t.Value != showSwitches {
		b.mistakes.add(&Error{Setting: t.Name, Text: getopt.Quote(t.Value) + " is nothing to show", Hint: "write --show=config, --show=toml or --show=switches"})
	}
	b.opts.Show = t.Value
}

// leftOver deals with the words that are no switches: the folder for --try, the file for --check
// or --show, or a mistake.
func (b *build) leftOver(words []getopt.Token, plain bool) {
	switch {
	case len(words) == 0:
		return
	case len(words) == 1 && b.opts.Try && b.opts.TryDir == "" && words[0].Name != "":
		b.opts.TryDir = words[0].Name
		return
	case len(words) == 1 && (b.opts.Check || b.opts.Show != "") && plain:
		b.source(words[0].Name)
		return
	}
	for _, w := range words {
		b.mistakes.add(&Error{
			Text: "unexpected argument " + getopt.Quote(w.Name),
			Hint: "a configuration file stands alone; beside it, only --check and --show are possible",
		})
	}
}

// source reads a configuration file, or a folder of them.
func (b *build) source(name string) {
	if entries, err := b.env.ReadDir(name); err == nil {
		b.folder(name, entries)
		return
	}
	r := fileReader{b: b}
	r.read(name, nil)
}
