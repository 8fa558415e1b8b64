package options

import (
	"fmt"
	"strings"
	"testing"
)

// spell writes tokens down: flag=value, (word) or !mistake.
func spell(tokens []token, flags []option) string {
	var out []string
	for _, t := range tokens {
		switch {
		case t.err != nil:
			text, _, _ := strings.Cut(t.err.Error(), "; ")
			out = append(out, "!"+text)
		case t.flag == word:
			out = append(out, "("+t.name+")")
		case t.given:
			out = append(out, flags[t.flag].long+"="+t.value)
		default:
			out = append(out, flags[t.flag].long)
		}
	}
	return strings.Join(out, " ")
}

func serverFlags() []option { return newBuild(settings(), Env{}).flags() }

// The verdicts on mistakes are those of the original, word for word.
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
		{"--maxclients=5", "!option '--maxclients=5' is ambiguous;" +
			" possibilities: '--maxclientsperip' '--maxclientsnumber'"},
		{"--c", "!option '--c' is ambiguous;" +
			" possibilities: '--certfile' '--chrooteveryone' '--createhomedir' '--customerproof'"},
	} {
		got := spell(split(argv(test.line)[1:], serverFlags()), serverFlags())
		want, _, ambiguous := strings.Cut(test.want, ";")
		if got != want {
			t.Errorf("split(%s) = %s; want %s", test.line, got, want)
		}
		if !ambiguous {
			continue
		}
		err := split(argv(test.line)[1:], serverFlags())[0].err
		if "!"+err.Error() != test.want {
			t.Errorf("split(%s) = !%v; want %s", test.line, err, test.want)
		}
	}
}

func TestSplitEscapesMistakes(t *testing.T) {
	got := split([]string{"-\x1b", "--\x1b[2J"}, serverFlags())
	for _, token := range got {
		if token.err == nil || strings.Contains(token.err.Error(), "\x1b") {
			t.Errorf("mistake = %v; want one without escape sequences", token.err)
		}
	}
}

// FuzzSplit checks that what was understood, written in the longest spelling, is understood the
// same.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{"-HBA\n-lunix\n--maxclientsn\n5", "a\n--\n-b", "-", "--=x", "-l\n", "--try=x"} {
		f.Add(seed)
	}
	flags := serverFlags()
	f.Fuzz(func(t *testing.T, input string) {
		args := strings.Split(input, "\n")
		tokens := split(args, flags)
		var again []string
		var words []string
		kept := tokens[:0:0]
		for _, token := range tokens {
			if token.at < 0 || token.at >= len(args) {
				t.Fatalf("split(%q): token at %d", args, token.at)
			}
			switch {
			case token.err != nil:
			case token.flag == word:
				words = append(words, token.name)
			case token.given:
				kept = append(kept, token)
				again = append(again, fmt.Sprintf("--%s=%s", flags[token.flag].long, token.value))
			default:
				kept = append(kept, token)
				again = append(again, "--"+flags[token.flag].long)
			}
		}
		for _, name := range words {
			kept = append(kept, token{flag: word, name: name})
		}
		again = append(append(again, "--"), words...)
		if got, want := spell(split(again, flags), flags), spell(kept, flags); got != want {
			t.Errorf("split(%q) = %s; want %s", again, got, want)
		}
	})
}
