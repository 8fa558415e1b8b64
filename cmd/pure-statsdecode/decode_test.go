package main

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func decoded(t *testing.T, in []byte, zone *time.Location) string {
	t.Helper()
	var out bytes.Buffer
	if err := decode(bufio.NewWriter(&out), bufio.NewReader(bytes.NewReader(in)), zone); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestDecodesAsTheOriginal(t *testing.T) {
	in, err := os.ReadFile("testdata/in.log")
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{"UTC": "out-UTC.txt", "Europe/Paris": "out-Europe_Paris.txt"} {
		want, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := decoded(t, in, zone); got != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

// What the original printed for these lines, seen on Debian's package.
func TestOddTimes(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"12":                               "",
		"253402300800 x\n":                 "10000/01/01 00:00:00 x\n",
		"36028797018963968 x\n":            "1141709097/06/13 06:26:08 x\n",
		"9223372036854775807 x\n":          "- - x\n",
		"-5 x\n":                           "1970/01/01 00:00:00 5 x\n",
		"99999999999999999999 x\n":         "- - x\n", // there: a time of 1969
		strings.Repeat("0", 48) + "12 x\n": "1970/01/01 00:00:00 x\n",
	} {
		if got := decoded(t, []byte(in), time.UTC); got != want {
			t.Errorf("decode(%q) = %q; want %q", in, got, want)
		}
	}
}

func TestExitStatus(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte("0 x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		want int
	}{{[]string{path}, 0}, {[]string{"-"}, 0}, {nil, 1}, {[]string{path, path}, 1}, {[]string{path + "x"}, 255}} {
		var out, told bytes.Buffer
		got := run(test.args, strings.NewReader("0 y\n"), &out, &told)
		if got != test.want || (got == 0) == (out.Len() == 0) || (got == 0) != (told.Len() == 0) {
			t.Errorf("run(%q) = %d, %q, %q; want %d", test.args, got, out.String(), told.String(), test.want)
		}
	}
}

type full struct{}

var errFull = errors.New("full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestFailedWriteIsTold(t *testing.T) {
	var told bytes.Buffer
	if got := run([]string{"-"}, strings.NewReader("0 y\n"), full{}, &told); got != 255 || !strings.Contains(told.String(), "full") {
		t.Errorf("run = %d, %q", got, told.String())
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("1795330266 a\x01b\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		if got := decoded(t, in, time.UTC); strings.ContainsAny(got, "\x00\x1b\r\x7f") {
			t.Errorf("decode(%q) = %q: control characters", in, got)
		}
	})
}
