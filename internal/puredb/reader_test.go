package puredb

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// tableOf returns a table over bytes in memory.
func tableOf(file []byte) *table {
	return &table{file: bytes.NewReader(file), size: int64(len(file)), close: func() error { return nil }}
}

// lookUp looks a key up in a file in memory as a Reader does.
func lookUp(file []byte, key string) ([]byte, error) {
	t := tableOf(file)
	if err := errors.Join(t.check(), t.verify()); err != nil {
		return nil, err
	}
	return t.find(key)
}

func write(t *testing.T, path string, file []byte) {
	t.Helper()
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
}

func encode(t *testing.T, records ...Record) []byte {
	t.Helper()
	file, err := Encode(records)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestNotFound(t *testing.T) {
	for _, name := range vectors() {
		r := Reader{Path: filepath.Join("testdata", name+".pdb")}
		for _, key := range []string{"nobody", "Joe", "joe ", "JOE", "\x00", string(make([]byte, 5000))} {
			if got, err := r.Find(key); got != nil || !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: Find(%.20q) = %q, %v; want ErrNotFound", name, key, got, err)
			}
		}
	}
}

func TestFirst(t *testing.T) {
	r := Reader{Path: "testdata/three.pdb"}
	if got, err := r.First(); err != nil || !bytes.Contains(got, []byte("Alice A.")) {
		t.Errorf("First() = %q, %v; want the record of alice", got, err)
	}
	r.Path = "testdata/empty.pdb"
	if got, err := r.First(); !errors.Is(err, ErrNotFound) {
		t.Errorf("First() of an empty file = %q, %v; want ErrNotFound", got, err)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	good := encode(t, Record{"joe", "v"})
	wrongMagic := slices.Clone(good)
	wrongMagic[3] = '1'
	for _, test := range []struct {
		name string
		file []byte
	}{
		{"size 0", nil},
		{"size 1031", good[:1031]},
		{"wrong magic", wrongMagic},
	} {
		path := filepath.Join(dir, test.name)
		write(t, path, test.file)
		if _, err := (&Reader{Path: path}).Find("joe"); !errors.Is(err, ErrOpen) {
			t.Errorf("%s: Find = %v; want ErrOpen", test.name, err)
		}
	}
	if _, err := (&Reader{Path: filepath.Join(dir, "missing")}).Find("joe"); !errors.Is(err, ErrOpen) ||
		!errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: Find = %v; want ErrOpen and fs.ErrNotExist", err)
	}
	if _, err := (&Reader{Path: dir}).Find("joe"); !errors.Is(err, ErrOpen) {
		t.Errorf("directory: Find = %v; want ErrOpen", err)
	}
	if _, err := (&Reader{Path: dir}).First(); !errors.Is(err, ErrOpen) {
		t.Errorf("directory: First = %v; want ErrOpen", err)
	}
}

func TestSmallestFileOpens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.pdb")
	write(t, path, append([]byte(magic), make([]byte, bucketsAt-len(magic))...))
	if _, err := (&Reader{Path: path}).Find("joe"); !errors.Is(err, ErrDamaged) {
		t.Errorf("Find in 1032 bytes = %v; want ErrDamaged", err)
	}
}

// A file that was cut while it was read gives an error, not a panic.
func TestTruncatedUnderTheReader(t *testing.T) {
	good := encode(t, Record{"joe", "value"})
	for size := range good {
		cut := &table{file: bytes.NewReader(good[:size]), size: int64(len(good))}
		if err := cut.verify(); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut to %d bytes: verify = %v; want ErrDamaged", size, err)
		}
		if got, err := cut.find("joe"); got != nil || !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNotFound) {
			t.Fatalf("cut to %d bytes: find = %q, %v; want an error", size, got, err)
		}
	}
}

func TestManyEntriesInOneBucket(t *testing.T) {
	var records []Record
	for i := 0; len(records) < 700; i++ {
		if key := fmt.Sprint("u", i); hash(key)&0xff == 7 {
			records = append(records, Record{key, fmt.Sprint("value ", i)})
		}
	}
	file := encode(t, records...)
	for _, r := range records {
		if got, err := lookUp(file, r.Key); string(got) != r.Value || err != nil {
			t.Fatalf("find(%q) = %q, %v; want %q", r.Key, got, err, r.Value)
		}
	}
}

func TestReplacedFileCountsAtOnce(t *testing.T) {
	dir := t.TempDir()
	r := Reader{Path: filepath.Join(dir, "users.pdb")}
	for i := range 20 { // faster than the file system's clock ticks
		want := fmt.Sprint(i)
		next := filepath.Join(dir, "next")
		write(t, next, encode(t, Record{"joe", want}))
		if err := os.Rename(next, r.Path); err != nil {
			t.Fatal(err)
		}
		if got, err := r.Find("joe"); string(got) != want || err != nil {
			t.Fatalf("Find = %q, %v; want %q", got, err, want)
		}
	}
}

func TestConcurrentLookups(t *testing.T) {
	r := Reader{Path: "testdata/three.pdb", Open: os.Open}
	var group sync.WaitGroup
	for _, key := range []string{"alice", "bob", "carol", "nobody"} {
		group.Go(func() {
			for range 50 {
				if _, err := r.Find(key); err != nil && key != "nobody" {
					t.Errorf("Find(%q) = %v", key, err)
				}
			}
		})
	}
	group.Wait()
}

// FuzzRoundTrip checks that what was written is found, and the first of equal keys wins.
func FuzzRoundTrip(f *testing.F) {
	f.Add("joe", "1", "joe", "2")
	f.Add("c8d0", "1", "cf82", "2")
	f.Add("", "", "\x00", "x")
	f.Fuzz(func(t *testing.T, key1, value1, key2, value2 string) {
		if max(len(key1), len(key2), len(value1), len(value2)) > MaxValue {
			return
		}
		file := encode(t, Record{key1, value1}, Record{key2, value2})
		if got, err := lookUp(file, key1); string(got) != value1 || err != nil {
			t.Errorf("find(%q) = %q, %v; want %q", key1, got, err, value1)
		}
		if got, err := lookUp(file, key2); key1 != key2 && (string(got) != value2 || err != nil) {
			t.Errorf("find(%q) = %q, %v; want %q", key2, got, err, value2)
		}
	})
}
