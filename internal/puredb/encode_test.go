package puredb

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// chunk is what the original tool reads at once from a line of the text file; the rest is a line of
// its own.
const chunk = 2046

// readText turns a text file into records by the rules of the tool that fills the index.
func readText(t *testing.T, name string) []Record {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".passwd"))
	if err != nil {
		t.Fatal(err)
	}
	var records []Record
	for line := range strings.Lines(string(text)) {
		for len(line) > 0 {
			part := line[:min(len(line), chunk)]
			line = line[len(part):]
			if i := strings.IndexAny(part, "\r\n"); i >= 0 {
				part = part[:i]
			}
			key, value, _ := strings.Cut(part, ":")
			if !strings.HasPrefix(part, "#") && value != "" {
				records = append(records, Record{key, value})
			}
		}
	}
	return records
}

func vectors() []string {
	return []string{"empty", "comments", "one", "three", "users5000", "odd", "collide", "longline"}
}

func TestEncodeMakesTheOriginalsFiles(t *testing.T) {
	for _, name := range vectors() {
		want, err := os.ReadFile(filepath.Join("testdata", name+".pdb"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Encode(readText(t, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("Encode(%s) = %d bytes, %v; want the %d bytes of the original", name, len(got), err, len(want))
		}
	}
}

func TestFindEveryRecord(t *testing.T) {
	for _, name := range vectors() {
		r := Reader{Path: filepath.Join("testdata", name+".pdb")}
		seen := map[string]bool{}
		for _, record := range readText(t, name) {
			if seen[record.Key] {
				continue // the first of equal keys wins
			}
			seen[record.Key] = true
			if got, err := r.Find(record.Key); string(got) != record.Value || err != nil {
				t.Errorf("%s: Find(%q) = %q, %v; want %q", name, record.Key, got, err, record.Value)
			}
		}
	}
}

func TestHash(t *testing.T) {
	for _, test := range []struct {
		key  string
		want uint32
	}{
		{"", 5381},
		{"c8d0", 2085927690}, {"cf82", 2085927690},
		{"c8d1", 2085961515}, {"cf83", 2085961515},
		{"c8e0", 2085928715}, {"cf92", 2085928715},
	} {
		if got := hash(test.key); got != test.want {
			t.Errorf("hash(%q) = %d; want %d", test.key, got, test.want)
		}
	}
}
