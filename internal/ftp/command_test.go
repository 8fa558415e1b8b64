package ftp

import (
	"bytes"
	"testing"
)

func TestParseCommand(t *testing.T) {
	for _, test := range []struct{ line, verb, arg string }{
		{"NOOP", "NOOP", ""},
		{"noop\r", "NOOP", ""},
		{"cwd a b", "CWD", "a b"},   // blanks belong to the pathname
		{"STOR  a ", "STOR", " a "}, // only one is taken away
		{"p@sw", "P@SW", ""},        // a firewall's PASV
		{"STOR a\tb\x00c\x7f", "STOR", "a_b_c_"},
		{"RETR \xe9t\xe9", "RETR", "\xe9t\xe9"}, // no charset is assumed
		{"\xff\xf4\xff\xf2ABOR", "ABOR", ""},    // IAC IP IAC DM
		{"\xff\xf4\xffABOR", "ABOR", ""},        // with DM sent as urgent data and lost
		{"\xf2ABOR", "ABOR", ""},
		{"", "", ""},
		{"\r", "", ""},
	} {
		verb, arg, err := ParseCommand([]byte(test.line))
		if string(verb) != test.verb || string(arg) != test.arg || err != nil {
			t.Errorf("ParseCommand(%q) = %q, %q, %v; want %q, %q, nil", test.line, verb, arg, err, test.verb, test.arg)
		}
	}
	for _, line := range []string{" NOOP", "PWD;", "PWD\tx", "PWD\x00", "/etc", "\x80"} {
		if verb, arg, err := ParseCommand([]byte(line)); err != ErrNotCommand {
			t.Errorf("ParseCommand(%q) = %q, %q, %v; want ErrNotCommand", line, verb, arg, err)
		}
	}
}

func FuzzParseCommand(f *testing.F) {
	f.Add([]byte("USER ann\r"))
	f.Add([]byte("\xff\xf4\xff\xf2ABOR"))
	f.Fuzz(func(t *testing.T, line []byte) {
		verb, arg, err := ParseCommand(bytes.Clone(line))
		if err != nil {
			return
		}
		for _, c := range arg {
			if c < 0x20 || c == 0x7f {
				t.Fatalf("ParseCommand(%q) lets %q through in %q", line, c, arg)
			}
		}
		if len(verb) == 0 {
			return
		}
		again, argAgain, err := ParseCommand(append(append(bytes.Clone(verb), ' '), arg...))
		if !bytes.Equal(again, verb) || !bytes.Equal(argAgain, arg) || err != nil {
			t.Fatalf("ParseCommand of its own result %q %q = %q, %q, %v", verb, arg, again, argAgain, err)
		}
	})
}
