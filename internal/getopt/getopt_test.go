package getopt

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// server is the part of the server's table that the cases need.
func server() []Option {
	return []Option{
		{Short: '2', Long: "certfile", Arg: Required},
		{Short: 'A', Long: "chrooteveryone"},
		{Short: 'B', Long: "daemonize"},
		{Short: 'C', Long: "maxclientsperip", Arg: Required},
		{Short: 'c', Long: "maxclientsnumber", Arg: Required, Example: "50"},
		{Short: 'd', Long: "verboselog"},
		{Short: 'H', Long: "dontresolve"},
		{Short: 'j', Long: "createhomedir"},
		{Short: 'l', Long: "login", Arg: Required},
		{Short: 'S', Long: "bind", Arg: Required, Example: "192.0.2.1,21"},
		{Short: 'Y', Long: "tls", Arg: Required},
		{Short: 'J', Long: "tlsciphersuite", Arg: Required},
		{Short: 'Z', Long: "customerproof"},
		{Short: 'x'}, // a letter without a name
		{Long: "check", Ours: true},
		{Long: "try", Arg: Optional, Ours: true},
		{Long: "version", Ours: true},
		{Long: "virtualchroot", Ours: true},
	}
}

// spell writes tokens down: option=value, (word) or !mistake.
func spell(tokens []Token, options []Option) string {
	var out []string
	for _, t := range tokens {
		switch {
		case t.Err != nil:
			text, _, _ := strings.Cut(t.Err.Error(), "; ")
			out = append(out, "!"+text)
		case t.Option == Word:
			out = append(out, "("+t.Name+")")
		case t.Given:
			out = append(out, called(options[t.Option])+"="+t.Value)
		default:
			out = append(out, called(options[t.Option]))
		}
	}
	return strings.Join(out, " ")
}

// called is the name of an option, or its letter if it has none.
func called(o Option) string {
	if o.Long == "" {
		return string(o.Short)
	}
	return o.Long
}

// cut is a command line as it would be typed, cut at blanks; <> stands for an empty argument.
func cut(line string) []string {
	args := strings.Fields(line)
	for i := range args {
		if args[i] == "<>" {
			args[i] = ""
		}
	}
	return args
}

// The verdicts on mistakes are those of the C library, word for word.
func TestSplit(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"", ""},
		{"-H -B -A", "dontresolve daemonize chrooteveryone"},
		{"-HBA", "dontresolve daemonize chrooteveryone"},
		{"-HBlunix", "dontresolve daemonize login=unix"},
		{"-HBl unix -A", "dontresolve daemonize login=unix chrooteveryone"},
		{"-lpuredb:/x -l=unix", "login=puredb:/x login==unix"},
		{"-S,21 -S ,22", "bind=,21 bind=,22"},
		{"-c -h", "maxclientsnumber=-h"},
		{"-c --", "maxclientsnumber=--"},
		{"-S <>", "bind="},
		{"--login=unix --login unix", "login=unix login=unix"},
		{"--login=a=b --bind=", "login=a=b bind="},
		{"--maxclientsn 5", "maxclientsnumber=5"},
		{"--ver --v --vers", "verboselog verboselog version"},
		{"--tls=0 --tlsc=x", "tls=0 tlsciphersuite=x"},
		{"--che --vi", "check virtualchroot"},
		{"--try --try=/srv --try /srv", "try try=/srv try (/srv)"},
		{"-x", "x"},
		{"a -H b -B", "(a) dontresolve (b) daemonize"},
		{"-H -- -B --x a", "dontresolve (-B) (--x) (a)"},
		{"- -H", "(-) dontresolve"},
		{"-8", "!invalid option -- '8'"},
		{"-B8H", "daemonize !invalid option -- '8' dontresolve"},
		{"-H-", "dontresolve !invalid option -- '-'"},
		{"-S", "!option requires an argument -- 'S'"},
		{"--bind", "!option '--bind' requires an argument"},
		{"--maxclientsn", "!option '--maxclientsnumber' requires an argument"},
		{"--nosuch=4", "!unrecognized option '--nosuch=4'"},
		{"--daemonize=yes", "!option '--daemonize' doesn't allow an argument"},
		{"--v=1", "!option '--verboselog' doesn't allow an argument"},
	} {
		if got := spell(Split(cut(test.line), server()), server()); got != test.want {
			t.Errorf("Split(%s) = %s; want %s", test.line, got, test.want)
		}
	}
}

func TestMistakes(t *testing.T) {
	for _, test := range []struct{ arg, name, text, hint string }{
		{"-8", "-8", "invalid option -- '8'", ""},
		{"-H-", "--", "invalid option -- '-'", "write switches with two dashes apart from the others"},
		{"-c", "-c", "option requires an argument -- 'c'", "write -c 50"},
		{"-l", "-l", "option requires an argument -- 'l'", ""},
		{"--bin", "--bin", "option '--bind' requires an argument", "write --bind=192.0.2.1,21"},
		{"--daemonise=x", "--daemonise", "unrecognized option '--daemonise=x'", "did you mean --daemonize?"},
		{"--banana", "--banana", "unrecognized option '--banana'", "-h lists all options"},
		{"--maxclients=5", "--maxclients", "option '--maxclients=5' is ambiguous;" +
			" possibilities: '--maxclientsperip' '--maxclientsnumber'", ""},
		{"--c", "--c", "option '--c' is ambiguous;" +
			" possibilities: '--certfile' '--chrooteveryone' '--createhomedir' '--customerproof'", ""},
	} {
		tokens := Split([]string{test.arg}, server())
		got := tokens[len(tokens)-1]
		mistake, ok := errors.AsType[*Error](got.Err)
		if !ok || got.Option != Word || got.Name != test.name || mistake.Text != test.text || mistake.Hint != test.hint {
			t.Errorf("Split(%s) = %+v (%v); want the mistake %+v", test.arg, got, got.Err, test)
		}
	}
}

func TestMistakesAreEscaped(t *testing.T) {
	for _, token := range Split([]string{"-\x1b", "--\x1b[2J"}, server()) {
		if token.Err == nil || strings.Contains(token.Err.Error(), "\x1b") {
			t.Errorf("mistake = %v; want one without escape sequences", token.Err)
		}
	}
}

// FuzzSplit checks that what was understood, written in the longest spelling, is understood the same.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{"-HBA\n-lunix\n--maxclientsn\n5", "a\n--\n-b", "-", "--=x", "-l\n", "--try=x", "-x"} {
		f.Add(seed)
	}
	options := server()
	f.Fuzz(func(t *testing.T, input string) {
		args := strings.Split(input, "\n")
		var again, words []string
		var kept []Token
		for _, token := range Split(args, options) {
			if token.At < 0 || token.At >= len(args) {
				t.Fatalf("Split(%q): token at %d", args, token.At)
			}
			switch {
			case token.Err != nil:
			case token.Option == Word:
				words = append(words, token.Name)
			default:
				kept = append(kept, token)
				again = append(again, longest(token, options))
			}
		}
		for _, name := range words {
			kept = append(kept, Token{Option: Word, Name: name})
		}
		again = append(append(again, "--"), words...)
		if got, want := spell(Split(again, options), options), spell(kept, options); got != want {
			t.Errorf("Split(%q) = %s; want %s", again, got, want)
		}
	})
}

// longest writes an option with its long name, if it has one, and with its value.
func longest(token Token, options []Option) string {
	o := options[token.Option]
	switch {
	case o.Long == "":
		return "-" + string(o.Short)
	case token.Given:
		return fmt.Sprintf("--%s=%s", o.Long, token.Value)
	}
	return "--" + o.Long
}
