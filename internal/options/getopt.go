package options

import (
	"fmt"
	"strconv"
	"strings"
)

// An argRule says whether a switch takes a value.
type argRule uint8

const (
	noArg       argRule = iota
	needsArg            // glued (-lunix, --login=unix) or the next argument
	optionalArg         // long switches only, and only glued (--try=DIR)
)

// An option is what getopt has to know about a switch.
type option struct {
	short byte // 0 if it has none
	long  string
	arg   argRule
	// example is a value that is right.
	example string
	ours    bool // unknown to the original: its abbreviations give way to those of the original's switches
}

// A token is one thing found on the command line: a switch (flag >= 0), a word (flag < 0) or a
// mistake (err).
type token struct {
	flag  int    // index of the flag
	name  string // the switch as it was typed, "-c" or "--maxcl"; the word itself for a word
	value string // the value given with it
	given bool   // whether a value was given, which may be empty
	at    int    // index in args of the switch or word
	err   error
}

const word = -1

// A getopt splits a command line the way the C library's getopt_long does: bundled switches, glued
// and separate values, unambiguous prefixes of long names, switches after words, and "--" before
// words that begin with a dash. Unlike it, it goes on after a mistake.
type getopt struct {
	flags  []option
	args   []string
	next   int // index of the first argument not looked at
	tokens []token
}

// split returns what args, which does not include the program name, holds, in order.
func split(args []string, flags []option) []token {
	g := getopt{flags: flags, args: args}
	for g.next < len(g.args) {
		at := g.next
		arg := g.args[at]
		g.next++
		switch {
		case arg == "--":
			for ; g.next < len(g.args); g.next++ {
				g.emit(token{flag: word, name: g.args[g.next], at: g.next})
			}
		case strings.HasPrefix(arg, "--"):
			g.long(arg, at)
		case len(arg) > 1 && arg[0] == '-':
			g.bundle(arg, at)
		default:
			g.emit(token{flag: word, name: arg, at: at})
		}
	}
	return g.tokens
}

func (g *getopt) emit(t token) { g.tokens = append(g.tokens, t) }

func (g *getopt) mistake(at int, hint, format string, args ...any) {
	g.emit(token{at: at, err: &Error{Text: fmt.Sprintf(format, args...), Hint: hint}})
}

// take uses up the next argument as a value, whatever it looks like.
func (g *getopt) take() (string, bool) {
	if g.next == len(g.args) {
		return "", false
	}
	g.next++
	return g.args[g.next-1], true
}

// bundle reads an argument of short switches, the last of which may have its value glued to it.
func (g *getopt) bundle(arg string, at int) {
	for i := 1; i < len(arg); i++ {
		c := arg[i]
		n := g.short(c)
		if n < 0 {
			g.mistake(at, hintForShort(c), "invalid option -- %s", quoteByte(c))
			continue
		}
		name := "-" + string(c)
		if g.flags[n].arg != needsArg {
			g.emit(token{flag: n, name: name, at: at})
			continue
		}
		value, ok := arg[i+1:], true
		if value == "" {
			value, ok = g.take()
		}
		if !ok {
			g.mistake(at, hintFor(name, g.flags[n]), "option requires an argument -- %s", quoteByte(c))
			return
		}
		g.emit(token{flag: n, name: name, value: value, given: true, at: at})
		return
	}
}

// short is the index of a short switch, or -1.
func (g *getopt) short(c byte) int {
	for i, f := range g.flags {
		if f.short == c && c != 0 {
			return i
		}
	}
	return -1
}

// long reads "--name", "--name=value" or "--name value".
func (g *getopt) long(arg string, at int) {
	name, value, given := strings.Cut(arg[len("--"):], "=")
	matches := g.matches(name)
	switch {
	case len(matches) == 0:
		g.mistake(at, g.similar(name), "unrecognized option %s", quote(arg))
		return
	case len(matches) > 1:
		var names strings.Builder
		for _, n := range matches {
			names.WriteString(" '--" + g.flags[n].long + "'")
		}
		g.mistake(at, "", "option %s is ambiguous; possibilities:%s", quote(arg), names.String())
		return
	}
	f := g.flags[matches[0]]
	switch {
	case given && f.arg == noArg:
		g.mistake(at, "", "option '--%s' doesn't allow an argument", f.long)
		return
	case !given && f.arg == needsArg:
		if value, given = g.take(); !given {
			g.mistake(at, hintFor("--"+f.long, f), "option '--%s' requires an argument", f.long)
			return
		}
	}
	g.emit(token{flag: matches[0], name: "--" + name, value: value, given: given, at: at})
}

// matches are the indexes of the flags that name may mean: the one it spells out, else those it
// begins. Abbreviations that worked with the original keep their meaning: our own switches are
// looked at only if none of the original's fits.
func (g *getopt) matches(name string) []int {
	var theirs, ours []int
	for i, f := range g.flags {
		switch {
		case f.long == name:
			return []int{i}
		case !strings.HasPrefix(f.long, name):
		case f.ours:
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

// similar is a hint at the long switch that was probably meant.
func (g *getopt) similar(name string) string {
	names := make([]string, len(g.flags))
	for i, f := range g.flags {
		names[i] = f.long
	}
	if best := nearest(name, names); best != "" {
		return "did you mean --" + best + "?"
	}
	return "-h lists all options"
}

// hintFor writes a switch with a value that is right.
func hintFor(name string, f option) string {
	if f.example == "" {
		return ""
	}
	return "write " + withValue(name, f.example)
}

// withValue writes a switch with its value.
func withValue(name, value string) string {
	if strings.HasPrefix(name, "--") {
		return name + "=" + value
	}
	return name + " " + value
}

// hintForShort explains letters that mean or meant something elsewhere.
func hintForShort(c byte) string {
	switch c {
	case '8', '9':
		return "file names are always UTF-8, leave it out"
	case '-':
		return "write switches with two dashes apart from the others"
	}
	return ""
}

// quoteByte and quote put text between apostrophes as the C library does, with what a terminal
// should not see escaped.
func quoteByte(c byte) string { return quote(string([]byte{c})) }

func quote(text string) string {
	quoted := strconv.Quote(text)
	return "'" + strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`) + "'"
}
