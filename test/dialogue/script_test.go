package dialogue

import (
	"bufio"
	"errors"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		pattern, s string
		want       bool
	}{
		{"220 *", "220 hello", true},
		{"220 *", "220 ", true},
		{"220 *", "220-hello", false},
		{"*", "", true},
		{"a*b*c", "a-b-c", true},
		{"a*b*c", "a-c-b", false},
		{"a*a", "a", false},
		{"a**a", "aa", true},
		{"*b", "bab", true},
		{"x", "x", true},
		{"x", "xx", false},
		{"", "", true},
	} {
		if got := Match(test.pattern, test.s); got != test.want {
			t.Errorf("Match(%q, %q) = %t; want %t", test.pattern, test.s, got, test.want)
		}
	}
}

// A pattern made of a string by putting stars for parts of it matches the string.
func FuzzMatch(f *testing.F) {
	f.Add("226 done", 1, 3)
	f.Fuzz(func(t *testing.T, s string, i, j int) {
		if strings.Contains(s, "*") || i < 0 || j < i || j > len(s) {
			return
		}
		if pattern := s[:i] + "*" + s[j:]; !Match(pattern, s) {
			t.Errorf("Match(%q, %q) = false", pattern, s)
		}
		if i < j && Match(s[:i]+s[j:], s) {
			t.Errorf("Match(%q, %q) = true", s[:i]+s[j:], s)
		}
	})
}

func TestParseScript(t *testing.T) {
	script, err := ParseScript("# why\n\nS: 220 *\nC2> a\\r\\n\n[ours] D< x y\n[original] D=\nC:  b\n")
	want := Script{
		{3, "", 1, Hear, "220 *"},
		{4, "", 2, SendRaw, `a\r\n`},
		{5, Ours, 1, DataLines, "x y"},
		{6, Original, 1, DataAll, ""},
		{7, "", 1, Send, " b"},
	}
	if err != nil || !reflect.DeepEqual(script, want) {
		t.Errorf("ParseScript = %v, %v; want %v", script, err, want)
	}
	if ours := script.For(Ours); len(ours) != 4 || ours[2].Op != DataLines {
		t.Errorf("For(Ours) = %v", ours)
	}
	for _, text := range []string{"X: a", "S:220", "C< a", "[theirs] S: 220 *", "220 hello", "S=x"} {
		if script, err := ParseScript(text); err == nil {
			t.Errorf("ParseScript(%q) = %v; want an error", text, script)
		}
	}
}

func TestUnescape(t *testing.T) {
	for text, want := range map[string]string{
		`a\r\n\t\0\\`: "a\r\n\t\x00\\",
		`\xff\x0a`:    "\xff\n",
		"$X3.$X":      "xxx.$X",
	} {
		if got, err := unescape(text); err != nil || string(got) != want {
			t.Errorf("unescape(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{`\`, `\q`, `\xg0`, `\x1`} {
		if got, err := unescape(text); err == nil {
			t.Errorf("unescape(%q) = %q; want an error", text, got)
		}
	}
}

func TestParse(t *testing.T) {
	f, err := Parse([]byte("S: 220 *\n[original] S: 221 *\n" +
		"-- options --\n-A\n-b\n-- needs --\nroot inetd\n-- gone --\na\nb\n-- [original] after/a --\nx\n" +
		"-- home/c --\nc\n-- after/d --\nd\n-- [original] gone --\nd\n-- differs --\nkey\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !f.Root || !f.Inetd || len(f.Options) != 2 || f.Files["home/c"] != "c\n" {
		t.Errorf("Parse = %+v", f)
	}
	after, gone := f.Leaves(Ours)
	if after["d"] != "d\n" || len(after) != 1 || len(gone) != 2 {
		t.Errorf("ours leaves %v, not %v", after, gone)
	}
	after, gone = f.Leaves(Original)
	if after["a"] != "x\n" || len(after) != 1 || !reflect.DeepEqual(gone, []string{"b", "d"}) {
		t.Errorf("the original leaves %v, not %v", after, gone)
	}
	for _, text := range []string{"[ours] S: 220 *\n", "-- needs --\nluck\n", "nonsense\n"} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("Parse(%q) has no error", text)
		}
	}
}

func TestReadReply(t *testing.T) {
	read := func(text string) ([]string, error) {
		return readReply(bufio.NewReader(strings.NewReader(text)))
	}
	reply, err := read("211-Features:\r\n UTF8\r\n212 not yet\r\n211 End.\r\n200 next\r\n")
	if want := []string{"211-Features:", " UTF8", "212 not yet", "211 End."}; err != nil ||
		!reflect.DeepEqual(reply, want) {
		t.Errorf("readReply = %q, %v; want %q", reply, err, want)
	}
	for _, text := range []string{"220 no return\n", "hello\r\n", "220-unfinished\r\n", "220 cut"} {
		if reply, err := read(text); err == nil {
			t.Errorf("readReply(%q) = %q; want an error", text, reply)
		}
	}
	if _, err := read(""); !errors.Is(err, io.EOF) {
		t.Errorf("readReply of nothing: %v; want EOF", err)
	}
}

func TestMatchReply(t *testing.T) {
	reply := []string{"226-one", "226-two", "226 done"}
	for _, test := range []struct {
		patterns string
		exact    bool
		want     bool
	}{
		{"226 *", false, true},
		{"226-two|226 *", false, true},
		{"226-one|226-two|226 *", true, true},
		{"226-two|226-one|226 *", false, false},
		{"226 *", true, false},
		{"226-two|226-one|226 *", true, false},
		{"250 *", false, false},
	} {
		err := matchReply(strings.Split(test.patterns, "|"), reply, test.exact)
		if (err == nil) != test.want {
			t.Errorf("matchReply(%q, exact %t) = %v; want success %t", test.patterns, test.exact, err, test.want)
		}
	}
}

func TestMatchLines(t *testing.T) {
	const data = "a\r\nb\r\n"
	for _, test := range []struct {
		patterns string
		anyOrder bool
		want     bool
	}{
		{"a|b", false, true}, {"b|a", false, false}, {"b|a", true, true}, {"a", false, false},
		{"a|a", true, false}, {"a|*", true, true},
	} {
		err := matchLines(strings.Split(test.patterns, "|"), data, test.anyOrder)
		if (err == nil) != test.want {
			t.Errorf("matchLines(%q, any order %t) = %v; want success %t", test.patterns, test.anyOrder, err, test.want)
		}
	}
	if err := matchLines([]string{"a"}, "a\n", false); err == nil {
		t.Error("a line without CR passed")
	}
}

func TestPassiveAddress(t *testing.T) {
	for line, want := range map[string]int{
		"227 Entering Passive Mode (127,0,0,1,4,1)": 1025,
		"229 Extended (|||50000|)":                  50000,
	} {
		if host, port, err := passiveAddress(line, "127.0.0.1"); err != nil || port != want || host != "127.0.0.1" {
			t.Errorf("passiveAddress(%q) = %s, %d, %v; want port %d", line, host, port, err, want)
		}
	}
	if _, _, err := passiveAddress("200 OK", ""); err == nil {
		t.Error("200 names an address")
	}
}

// TestPlay replays a conversation against a server of two lines.
func TestPlay(t *testing.T) {
	dial := func(string, string) (net.Conn, error) {
		l, err := net.Listen("tcp4", "127.0.0.1:0") // a net.Pipe takes no deadline once its other end is closed
		if err != nil {
			return nil, err
		}
		go func() {
			defer l.Close()
			server, err := l.Accept()
			if err != nil {
				return // the script never connected
			}
			defer server.Close()
			io.WriteString(server, "220 Hello\r\n")
			line, _ := bufio.NewReader(server).ReadString('\n')
			io.WriteString(server, "500 "+line)
		}()
		return net.Dial("tcp4", l.Addr().String())
	}
	same := func(s string) string { return s }
	for text, want := range map[string]string{
		"S: 220 *\nC: NOOP\nS= 500 NOOP\nS: closed\n": "",
		"S: 220 *\nC: NOOP\nS: 200 *\n":               `last line "500 NOOP"; want "200 *"`,
		"S: 220 *\nC: NOOP\nS: 500 *\nS: 200 *\n":     `want "200 *": `,
		"S: closed\n": "want it closed",
		"D: eof\n":    "there is no data connection",
		"C! dance\n":  "cannot",
	} {
		script, err := ParseScript(text)
		if err != nil {
			t.Fatal(err)
		}
		err = Play(script, dial, same)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("Play(%q) = %v; want %q", text, err, want)
		}
	}
}
