package ftp

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

func TestReply(t *testing.T) {
	for _, test := range []struct {
		reply Reply
		want  string
	}{
		{Say(CodeOK, "Fine"), "200 Fine\r\n"},
		{Say(CodeReady, "One", "Two", "Three"), "220-One\r\n220-Two\r\n220 Three\r\n"},
		{Reply{Code: CodeSystemStatus, Before: []string{"Extensions:"}, Body: " UTF8\r\n", Text: "End."},
			"211-Extensions:\r\n UTF8\r\n211 End.\r\n"},
		{Say(CodePathname, "\"a\n200 forged\""), "257-\"a\r\n257 200 forged\"\r\n"},
		{Say(CodeFileOK, "a\rb"), "250 a_b\r\n"},
	} {
		if got := string(test.reply.AppendTo(nil)); got != test.want {
			t.Errorf("%+v = %q; want %q", test.reply, got, test.want)
		}
	}
}

func TestReplyLineIsBounded(t *testing.T) {
	line := Say(CodePathname, strings.Repeat("x", 2*MaxReplyLine)).AppendTo(nil)
	if len(line) != MaxReplyLine || !bytes.HasSuffix(line, []byte("x\r\n")) {
		t.Errorf("a long line is sent with %d bytes ending in %q; want %d", len(line), line[len(line)-3:], MaxReplyLine)
	}
}

// Whatever a file name holds, every line of a reply carries the reply's code and only the last ends the reply.
func FuzzReply(f *testing.F) {
	f.Add("a\r\n226 done", "b")
	shape := regexp.MustCompile(`\A(550-[^\r\n]*\r\n)*550 [^\r\n]*\r\n\z`)
	f.Fuzz(func(t *testing.T, before, text string) {
		if got := Say(CodeUnavailable, before, text).AppendTo(nil); !shape.Match(got) {
			t.Errorf("Say(550, %q, %q) is sent as %q", before, text, got)
		}
	})
}
