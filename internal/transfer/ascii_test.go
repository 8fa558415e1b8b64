package transfer

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestExpandAndSqueeze(t *testing.T) {
	for _, test := range []struct{ in, expanded, squeezed string }{
		{"", "", ""},
		{"abc", "abc", "abc"},
		{"\n", "\r\n", "\n"},
		{"a\r\nb", "a\r\r\nb", "a\nb"}, // every LF, also one that has its CR
		{"y\rz", "y\rz", "yz"},         // every CR, anywhere
		{"\n\n\r", "\r\n\r\n\r", "\n\n"},
	} {
		got := expand(make([]byte, 2*len(test.in)), []byte(test.in), false)
		if string(got) != test.expanded {
			t.Errorf("expand(%q) = %q; want %q", test.in, got, test.expanded)
		}
		if got := squeeze([]byte(test.in)); string(got) != test.squeezed {
			t.Errorf("squeeze(%q) = %q; want %q", test.in, got, test.squeezed)
		}
	}
}

// TestExpandInPieces sends a text as a connection would that takes any part of each write.
func TestExpandInPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOf(rapid.SampledFrom([]byte("a\r\n"))).Draw(t, "text")
		checkPieces(t, text, func(most int) int { return rapid.IntRange(0, most).Draw(t, "part") })
	})
}

// checkPieces fails unless any way of cutting the writes yields the expansion of the whole.
func checkPieces(t interface{ Fatalf(string, ...any) }, text []byte, part func(most int) int) {
	var sent []byte
	buf := make([]byte, 2*len(text))
	owed := false
	for rest, idle := text, 0; len(rest) > 0 && idle < 1000; {
		src := buf[len(text):]
		out := expand(buf, src[:copy(src, rest)], owed)
		n := part(len(out))
		if n == 0 {
			idle++
			continue
		}
		used, cut := len(rest), false
		if n < len(out) {
			used, cut = consumed(out, n)
		}
		sent = append(sent, out[:n]...)
		rest, owed = rest[used:], cut
	}
	want := bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
	if !bytes.Equal(sent, want) {
		t.Fatalf("%q was sent as %q; want %q", text, sent, want)
	}
}

func FuzzExpandInPieces(f *testing.F) {
	f.Add([]byte("a\r\nb\n\n"), byte(3))
	f.Add([]byte("\n\n\n"), byte(1))
	f.Fuzz(func(t *testing.T, text []byte, step byte) {
		checkPieces(t, text, func(most int) int { return min(most, 1+int(step)) })
	})
}

func FuzzSqueeze(f *testing.F) {
	f.Add([]byte("\r\ra\r\n\rb"))
	f.Fuzz(func(t *testing.T, text []byte) {
		want := bytes.ReplaceAll(text, []byte("\r"), nil)
		if got := squeeze(bytes.Clone(text)); !bytes.Equal(got, want) {
			t.Errorf("squeeze(%q) = %q; want %q", text, got, want)
		}
	})
}
