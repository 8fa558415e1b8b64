package linemsg

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		text, value string
		found       bool
		err         error
	}{
		{"key:v\nend\n", "v", true, nil},
		{"end\nkey:v\n", "v", true, nil},
		{"endxyz:1\nkey:v\n", "v", true, nil},
		{"key:a\nkey:b\nend\n", "b", true, nil},
		{"key:a\nend\nkey:b", "a", true, nil}, // the last line is not whole
		{"key: a:b \r\nend\r\n", " a:b \r", true, nil},
		{"KEY:v\nkeys:v\n key:v\nend\n", "", false, nil},
		{"key:\nend\n", "", true, nil},
		{"", "", false, ErrNoEnd},
		{"key:v\n", "", false, ErrNoEnd},
		{"key:v\nend", "", false, ErrNoEnd},
		{"key:v\n end\n", "", false, ErrNoEnd},
		{"key:v\x00\nend\n", "", false, ErrNUL},
		{"end\n" + strings.Repeat("x", MaxSize-3), "", false, ErrTooLong},
	} {
		m, err := Parse([]byte(test.text))
		value, found := m.Value("key")
		if value != test.value || found != test.found || !errors.Is(err, test.err) {
			t.Errorf("Parse(%.40q): key = %q, %t, %v; want %q, %t, %v", test.text, value, found, err, test.value, test.found, test.err)
		}
	}
}

// TestReadInPieces sends a question byte by byte and keeps the connection open: the reader must not wait for more.
func TestReadInPieces(t *testing.T) {
	r, w := io.Pipe()
	go func() {
		for _, b := range []byte("key:v\nend\n") {
			_, _ = w.Write([]byte{b})
		}
	}()
	m, err := Read(r)
	if value, _ := m.Value("key"); value != "v" || err != nil {
		t.Errorf("Read in pieces: key = %q, %v; want v", value, err)
	}
}

func TestReadFaults(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		r    io.Reader
		want error
	}{
		{strings.NewReader("key:v\nend"), ErrNoEnd},
		{strings.NewReader(""), ErrNoEnd},
		{strings.NewReader(strings.Repeat("x", 2*MaxSize)), ErrTooLong},
		{iotest.OneByteReader(strings.NewReader(strings.Repeat("x\n", MaxSize))), ErrTooLong},
		{io.MultiReader(strings.NewReader("key:v\n"), iotest.ErrReader(broken)), broken},
	} {
		if _, err := Read(test.r); !errors.Is(err, test.want) {
			t.Errorf("Read = %v; want %v", err, test.want)
		}
	}
}

// FuzzParse checks that a value is on one line of the text, that what was written is read back, and that reading in pieces
// makes no difference.
func FuzzParse(f *testing.F) {
	f.Add("key:v\nend\n", "v")
	f.Add("end\nkey:a\nkey:b\n", "a:b\r")
	f.Fuzz(func(t *testing.T, text, value string) {
		m, err := Parse([]byte(text))
		if got, ok := m.Value("key"); ok && (err != nil || !strings.Contains(text, "key:"+got+"\n")) {
			t.Errorf("Parse(%q): key = %q, %v; no line says so", text, got, err)
		}
		if strings.ContainsAny(value, "\n\x00") || len(value) > MaxSize-9 {
			return
		}
		written := AppendEnd(Append(nil, "key", value))
		m, err = Read(iotest.OneByteReader(strings.NewReader(string(written))))
		if got, ok := m.Value("key"); got != value || !ok || err != nil {
			t.Errorf("read back %q, %t, %v; want %q", got, ok, err, value)
		}
	})
}
