package uploads

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// vector returns the bytes that the original's server wrote into its pipe.
func vector(t testing.TB) (all []byte) {
	t.Helper()
	text, err := os.ReadFile("testdata/pipe.hex") // in the form of xxd
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		_, rest, _ := strings.Cut(line, ": ")
		digits, _, _ := strings.Cut(rest, "  ")
		b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}

// told are the uploads of the vector.
func told() []Event {
	const home = "/tmp/specB/home/up/"
	return []Event{
		{"up user", home + "a.txt"}, {"up user", home + "d/with space é.bin"}, {"up user", home + "a.txt"}, {"up user", home + "empty"},
		{"up user", home + "d/rel"}, {"up user", home + "d/pureftpd.6b029511.72.0000"}, {"up user", home + "d/aborted"},
		{"upn", "/tmp/specB/home/up/n.txt"}, {"ftp", "/tmp/specB/ftp/in/anon1795331345"}, {"ftp", "127.0.0.5:/in/vh1795331345"},
	}
}

// read reads all events, and counts what was left out.
func read(t testing.TB, b []byte) (events []Event, bad int) {
	t.Helper()
	r := NewReader(bytes.NewReader(b))
	for {
		e, err := r.Next()
		switch {
		case err == nil:
			events = append(events, e)
		case errors.Is(err, ErrBadRecord):
			bad++
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return events, bad
		default:
			t.Fatal(err)
		}
	}
}

func TestVector(t *testing.T) {
	want := vector(t)
	if events, bad := read(t, want); !slices.Equal(events, told()) || bad > 0 {
		t.Errorf("read %q and %d bad ones; want %q", events, bad, told())
	}
	var got []byte
	for _, e := range told() {
		var err error
		if got, err = e.Append(got); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(got, want) {
		t.Errorf("written %q; the original writes %q", got, want)
	}
}

func TestReader(t *testing.T) {
	x := strings.Repeat
	good := "\x02a\x01/b\x00"
	for _, test := range []struct {
		bytes string
		n     int // good records of good
		bad   int
	}{
		{"", 0, 0},
		{good + good, 2, 0},
		{"noise\x00\x01" + good, 1, 0},
		{"\x02a\n\x01/b\x00" + good, 1, 1},
		{"\x02a\x01/b\x7f\x00" + good, 1, 1},
		{"\x02\x01/b\x00" + good, 1, 1},
		{"\x02a\x01\x00" + good, 1, 1},
		{"\x02a\x00" + good, 1, 1},
		{"\x02a\x01/x\x02root\x01/b\x00" + good, 1, 1}, // a name that holds a record
		{"\x02a\x01/half" + good + good, 1, 1},         // a writer died: the next record is lost with it, not mistaken
		{"\x02" + x("l", MaxLogin+1) + "\x01/b\x00" + good, 1, 1},
		{"\x02a\x01" + x("p", MaxPath+1) + "\x00" + good, 1, 1},
		{good + "\x02a\x01/unfinished", 1, 0},
	} {
		events, bad := read(t, []byte(test.bytes))
		if len(events) != test.n || bad != test.bad {
			t.Errorf("%.60q: %q and %d bad ones; want %d and %d", test.bytes, events, bad, test.n, test.bad)
		}
		for _, e := range events {
			if e != (Event{"a", "/b"}) {
				t.Errorf("%.60q: %q", test.bytes, e)
			}
		}
	}
}

// TestReaderTakesOneRecord leaves the next one to another reader.
func TestReaderTakesOneRecord(t *testing.T) {
	from := bytes.NewReader([]byte("\x02a\x01/b\x00\x02c\x01/d\x00"))
	if e, err := NewReader(from).Next(); e != (Event{"a", "/b"}) || err != nil {
		t.Errorf("%q, %v", e, err)
	}
	if e, err := NewReader(from).Next(); e != (Event{"c", "/d"}) || err != nil {
		t.Errorf("%q, %v", e, err)
	}
}

func TestAppendRefuses(t *testing.T) {
	x := strings.Repeat
	longest := Event{x("l", MaxLogin), x("p", MaxPath)}
	if b, err := longest.Append(nil); err != nil || len(b) != maxRecord {
		t.Errorf("the longest record has %d bytes, %v; want %d", len(b), err, maxRecord)
	}
	for _, e := range []Event{
		{"", "/a"}, {"a", ""}, {x("l", MaxLogin+1), "/a"}, {"a", x("p", MaxPath+1)}, {"a\x01", "/a"}, {"a", "/a\x00b"}, {"a", "/a\nb"},
		{"a", "/x\x02root\x01/etc/passwd"},
	} {
		if b, err := e.Append([]byte("x")); err == nil || string(b) != "x" {
			t.Errorf("Append(%.40q) = %.40q, nil", e, b)
		}
	}
}

// FuzzReader checks that whatever comes, what is read is a record that could have been written, and that a record after it is
// found.
func FuzzReader(f *testing.F) {
	f.Add(vector(f))
	for _, seed := range []string{"", "\x00", "\x02", "\x02a\x01/b\x00", "\x02a\x01/x\x02r\x01/b\x00", "\x02\x02\x01\x01\x00\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		last := Event{"last", "/last"}
		record, err := last.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		events, _ := read(t, append(append(slices.Clone(b), afterPath), record...))
		if len(events) == 0 || events[len(events)-1] != last {
			t.Errorf("%q: the record after it is not found", b)
		}
		for _, e := range events {
			written, err := e.Append(nil)
			if err != nil || e != last && !bytes.Contains(append(slices.Clone(b), afterPath), written) {
				t.Errorf("%q: read %q, which was not written: %v", b, e, err)
			}
		}
	})
}
