package getopt

import "strings"

// An Arg says whether an option takes a value.
type Arg uint8

// The rules for values.
const (
	None     Arg = iota
	Required     // glued (-lunix, --login=unix) or the next argument, whatever that looks like
	Optional     // long names only, and only glued (--try=DIR)
)

// An Option is what Split has to know about a switch.
type Option struct {
	Short   byte   // its letter, 0 if it has none
	Long    string // its name without dashes, empty if it has none
	Arg     Arg
	Example string // a value that is right, for hints
	// Ours says that the program this one stands in for does not know the option: abbreviations of its long name give
	// way to those of the others.
	Ours bool
}

// Word is the Option of a token that is no option.
const Word = -1

// A Token is one thing found on the command line: an option, a word (an argument that is no option), or a mistake.
type Token struct {
	Option int    // index in the table, or Word; Word in a mistake
	Name   string // the option as it was typed, "-c" or "--maxcl"; the word itself
	Value  string // the value given with it
	Given  bool   // whether a value was given, which may be empty
	At     int    // index in args of the option or word
	Err    error  // the mistake, an *Error; nil if there is none
}

// A splitter is a command line on its way.
type splitter struct {
	options []Option
	args    []string
	next    int // index of the first argument not looked at
	tokens  []Token
}

// Split returns what args, which does not include the program's name, holds, in order. It goes on after a mistake.
func Split(args []string, options []Option) []Token {
	p := splitter{options: options, args: args}
	for p.next < len(p.args) {
		at := p.next
		arg := p.args[at]
		p.next++
		switch {
		case arg == "--":
			for ; p.next < len(p.args); p.next++ {
				p.emit(Token{Option: Word, Name: p.args[p.next], At: p.next})
			}
		case strings.HasPrefix(arg, "--"):
			p.long(arg, at)
		case len(arg) > 1 && arg[0] == '-':
			p.bundle(arg, at)
		default:
			p.emit(Token{Option: Word, Name: arg, At: at})
		}
	}
	return p.tokens
}

func (p *splitter) emit(t Token) { p.tokens = append(p.tokens, t) }

// take uses up the next argument as a value, whatever it looks like.
func (p *splitter) take() (string, bool) {
	if p.next == len(p.args) {
		return "", false
	}
	p.next++
	return p.args[p.next-1], true
}

// bundle reads an argument of short options, the last of which may have its value glued to it.
func (p *splitter) bundle(arg string, at int) {
	for i := 1; i < len(arg); i++ {
		c := arg[i]
		name := "-" + arg[i:i+1]
		n := p.short(c)
		if n < 0 {
			hint := ""
			if c == '-' {
				hint = "write switches with two dashes apart from the others"
			}
			p.mistake(at, name, hint, "invalid option -- %s", quoteByte(c))
			continue
		}
		if p.options[n].Arg != Required {
			p.emit(Token{Option: n, Name: name, At: at})
			continue
		}
		value, ok := arg[i+1:], true
		if value == "" {
			value, ok = p.take()
		}
		if !ok {
			p.mistake(at, name, hintFor(name, p.options[n]), "option requires an argument -- %s", quoteByte(c))
			return
		}
		p.emit(Token{Option: n, Name: name, Value: value, Given: true, At: at})
		return
	}
}

// short is the index of a letter, or -1.
func (p *splitter) short(c byte) int {
	for i, o := range p.options {
		if o.Short == c && c != 0 {
			return i
		}
	}
	return -1
}

// long reads "--name", "--name=value" or "--name value".
func (p *splitter) long(arg string, at int) {
	name, value, given := strings.Cut(arg[len("--"):], "=")
	typed := "--" + name
	matches := p.matches(name)
	switch {
	case len(matches) == 0:
		p.mistake(at, typed, p.similar(name), "unrecognized option %s", Quote(arg))
		return
	case len(matches) > 1:
		var names strings.Builder
		for _, n := range matches {
			names.WriteString(" '--" + p.options[n].Long + "'")
		}
		p.mistake(at, typed, "", "option %s is ambiguous; possibilities:%s", Quote(arg), names.String())
		return
	}
	o := p.options[matches[0]]
	switch {
	case given && o.Arg == None:
		p.mistake(at, typed, "", "option '--%s' doesn't allow an argument", o.Long)
		return
	case !given && o.Arg == Required:
		if value, given = p.take(); !given {
			p.mistake(at, typed, hintFor("--"+o.Long, o), "option '--%s' requires an argument", o.Long)
			return
		}
	}
	p.emit(Token{Option: matches[0], Name: typed, Value: value, Given: given, At: at})
}

// matches are the indexes of the options that name may mean: the one it spells out, else those it begins. Our own
// options are looked at only if none of the original's fits.
func (p *splitter) matches(name string) []int {
	var theirs, ours []int
	for i, o := range p.options {
		switch {
		case o.Long == "":
		case o.Long == name:
			return []int{i}
		case !strings.HasPrefix(o.Long, name):
		case o.Ours:
			ours = append(ours, i)
		default:
			theirs = append(theirs, i)
		}
	}
	if len(theirs) > 0 {
		return theirs
	}
	return ours
}

// similar is a hint at the long option that was probably meant.
func (p *splitter) similar(name string) string {
	var names []string
	for _, o := range p.options {
		if o.Long != "" {
			names = append(names, o.Long)
		}
	}
	if best := Nearest(name, names); best != "" {
		return "did you mean --" + best + "?"
	}
	return "-h lists all options"
}
