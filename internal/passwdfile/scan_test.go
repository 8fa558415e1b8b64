package passwdfile

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// scan returns all lines of a text.
func scan(t *testing.T, text string) []Line {
	t.Helper()
	var lines []Line
	// A buffer that is larger than a line must not change how lines are split.
	in := bufio.NewReaderSize(strings.NewReader(text), 1<<16)
	err := Scan(in, func(l Line) error { lines = append(lines, l); return nil })
	if err != nil {
		t.Errorf("Scan = %v", err)
	}
	return lines
}

func TestScan(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	for _, test := range []struct {
		text string
		want []Line
	}{
		{"", nil},
		{"\n\r\n#a:b\n\x00a:b\n", nil},
		{"a:b:c\n\n#\nd:e", []Line{{1, false, "a", "b:c"}, {4, false, "d", "e"}}},
		{" #a:b\r\nc\n:d\ne:\n", []Line{
			{1, false, " #a", "b"}, {2, false, "c", ""}, {3, false, "", "d"}, {4, false, "e", ""},
		}},
		{"a:b\rc:d\ne:f\x00g\rh\n", []Line{{1, false, "a", "b"}, {2, false, "e", "f"}}},
		{"a:" + x(2043) + "\nb:c\n", []Line{{1, false, "a", x(2043)}, {2, false, "b", "c"}}},
		{"a:" + x(2044) + "\nb:c\n", []Line{{1, false, "a", x(2044)}, {2, false, "b", "c"}}},
		{"a:" + x(2044) + "y:z\nb:c\n", []Line{{1, false, "a", x(2044)}, {1, true, "y", "z"}, {2, false, "b", "c"}}},
		{"a:\r" + x(2043) + "#:z", []Line{{1, false, "a", ""}}},
		{"a:" + x(2044), []Line{{1, false, "a", x(2044)}}},
	} {
		if got := scan(t, test.text); !slices.Equal(got, test.want) {
			t.Errorf("Scan(%.40q) = %+v; want %+v", test.text, got, test.want)
		}
	}
}

func TestScanStopsAtErrors(t *testing.T) {
	stop := errors.New("stop")
	calls := 0
	err := Scan(strings.NewReader("a:b\nc:d\n"), func(Line) error { calls++; return stop })
	if err != stop || calls != 1 {
		t.Errorf("Scan = %v after %d calls; want the error of fn after 1", err, calls)
	}
	in := io.MultiReader(strings.NewReader("a:b\nc:"), iotest.ErrReader(stop))
	if err := Scan(in, func(Line) error { return nil }); err != stop {
		t.Errorf("Scan = %v; want the error of the reader", err)
	}
}

// FuzzScan checks that lines are short, come in order and hold nothing that ends a line.
func FuzzScan(f *testing.F) {
	f.Add("a:b\n#c\n\n:d\r\ne\x00:f")
	f.Add(strings.Repeat("a:b", 2000))
	f.Fuzz(func(t *testing.T, text string) {
		last := Line{}
		err := Scan(strings.NewReader(text), func(l Line) error {
			if len(l.Login)+len(l.Value) > MaxLine || strings.Contains(l.Login, ":") ||
				strings.ContainsAny(l.Login+l.Value, "\r\n\x00") || strings.HasPrefix(l.Login, "#") {
				t.Errorf("Scan gives %+v", l)
			}
			if l.Number < last.Number || l.Number == last.Number && !l.Tail {
				t.Errorf("line %d follows line %d", l.Number, last.Number)
			}
			last = l
			return nil
		})
		if err != nil || last.Number > strings.Count(text, "\n")+1 {
			t.Errorf("Scan = %v, ends with line %d", err, last.Number)
		}
	})
}
