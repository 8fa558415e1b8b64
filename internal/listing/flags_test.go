package listing

import (
	"strings"
	"testing"
)

func TestParseFlags(t *testing.T) {
	for _, test := range []struct{ arg, options, rest string }{
		{"", "-l ", ""},
		{"-la", "-a -l ", ""},
		{"-aCdFlrRSt x", "-a -d -F -l -r -R -t", "x"},
		{"-tS x", "-l -S ", "x"},
		{"-St x", "-l -t", "x"},
		{"-lC1", "", ""},
		{"-1C", "-C ", ""},
		{"-1l", "-l ", ""},
		{"-1 - --  -F a -l", "-F ", "a -l"},
		{"--all", "-a -l ", ""},
		{"-1.F d", "", ".F d"}, // the word ends where the letters do
		{"d -a", "-l ", "d -a"},
		{"  d", "-l ", "d"},
	} {
		f, rest := parseFlags(test.arg, flags{long: true})
		if f.String() != test.options || rest != test.rest {
			t.Errorf("parseFlags(%q) = %q, %q; want %q, %q", test.arg, f, rest, test.options, test.rest)
		}
	}
}

// FuzzParseFlags checks that what follows the options is the end of the argument and has no options
// any more, and that the options as the reply lists them mean the same again.
func FuzzParseFlags(f *testing.F) {
	f.Add("-la -R d", true)
	f.Add("-1.F", false)
	f.Fuzz(func(t *testing.T, arg string, all bool) {
		got, rest := parseFlags(arg, flags{long: true, all: all})
		if !strings.HasSuffix(arg, rest) || strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, " ") {
			t.Errorf("parseFlags(%q) leaves %q", arg, rest)
		}
		if again, _ := parseFlags(got.String(), flags{}); again != got {
			t.Errorf("parseFlags(%q) = %+v; its text %q means %+v", arg, got, got, again)
		}
	})
}
