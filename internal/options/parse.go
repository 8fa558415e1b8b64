package options

import (
	"path/filepath"
	"strings"
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
	var words []token
	plain := true // no switch that could be in a file
	for _, t := range split(args, b.flags()) {
		switch {
		case t.err != nil:
			b.mistakes.add(t.err)
			continue
		case t.flag == word:
			words = append(words, t)
			continue
		}
		row := &b.rows[t.flag]
		switch row.long {
		case "help":
			b.opts.Action = ShowHelp
			return b.finish()
		case "version":
			b.opts.Action = ShowVersion
			return b.finish()
		case "check":
			b.opts.Check = true
		case "try":
			b.try(t)
			plain = false
		default:
			plain = false
			o := order{row: row, value: t.value, name: t.name, origin: Origin{Arg: t.at + 1, Name: t.name}}
			if row.example != "" {
				o.example = withValue(t.name, row.example)
			}
			b.apply(o)
		}
	}
	b.leftOver(words, plain)
	return b.finish()
}

// flags is the table as getopt wants it.
func (b *build) flags() []option {
	flags := make([]option, len(b.rows))
	for i, row := range b.rows {
		flags[i] = option{short: row.short, long: row.long, arg: row.arg, example: row.example, ours: row.ours}
	}
	return flags
}

// try takes --try, whose folder may be glued to it or left over.
func (b *build) try(t token) {
	if t.given && t.value == "" {
		b.mistakes.add(&Error{Setting: t.name, Text: "the value is empty", Hint: "write --try=DIR"})
	}
	b.opts.Try = true
	if t.given {
		b.opts.TryDir = t.value
	}
}

// leftOver deals with the words that are no switches: the folder for --try, the file for --check,
// or a mistake.
func (b *build) leftOver(words []token, plain bool) {
	switch {
	case len(words) == 0:
		return
	case len(words) == 1 && b.opts.Try && b.opts.TryDir == "" && words[0].name != "":
		b.opts.TryDir = words[0].name
		return
	case len(words) == 1 && b.opts.Check && plain:
		b.source(words[0].name)
		return
	}
	for _, w := range words {
		b.mistakes.add(&Error{
			Text: "unexpected argument " + quote(w.name),
			Hint: "a configuration file stands alone; beside it, only --check is possible",
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
