package puredb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestVectorsAreSound(t *testing.T) {
	for _, name := range vectors() {
		file, err := os.ReadFile(filepath.Join("testdata", name+".pdb"))
		if err != nil {
			t.Fatal(err)
		}
		for _, tail := range []string{"", "x", "trailing bytes"} {
			if err := tableOf(append(file, tail...)).verify(); err != nil {
				t.Errorf("%s with %d bytes behind: verify = %v", name, len(tail), err)
			}
		}
	}
}

func TestDamage(t *testing.T) {
	good := encode(t, Record{"joe", "value"}, Record{"ann", "other"})
	slot := slotsAt + int(hash("joe")&0xff)*slotSize
	entry := int(binary.BigEndian.Uint32(good[slot:]))
	record := int(binary.BigEndian.Uint32(good[entry+4:]))
	for _, test := range []struct {
		name  string
		at    int
		value uint32
	}{
		{"first bucket elsewhere", slotsAt, uint32(bucketsAt) + 4},
		{"bucket at 0", slot, 0},
		{"bucket beyond the file", slot, 0xffff0000},
		{"bucket ends before it begins", slot + slotSize, 1032},
		{"bucket ends beyond the file", slot + slotSize, 0xfffffff0},
		{"bucket of half an entry", slot, uint32(entry) - 2},
		{"records beyond the file", slotsAt + buckets*slotSize, uint32(len(good)) + 1},
		{"records begin later", slotsAt + buckets*slotSize, uint32(record) + 8},
		{"empty bucket with an offset", bucketsAt, 2},
		{"record beyond the file", entry + 4, 0xfffffff0},
		{"record at the very end", entry + 4, uint32(len(good))},
		{"record among the buckets", entry + 4, uint32(bucketsAt)},
		{"record of another key", entry + 4, uint32(record) + 16},
		{"hash of another bucket", entry, hash("joe") ^ 1},
		{"key longer", record, 4},
		{"key shorter", record, 2},
		{"key beyond the file", record, 0xffffffff},
		{"other key", record + 4, 0x4a4f4500},
		{"value shorter", record + 7, 4},
		{"value longer", record + 7, 6},
		{"value beyond the file", record + 7, 0x1000},
		{"value of 4 GiB", record + 7, 0xffffffff},
	} {
		file := slices.Clone(good)
		binary.BigEndian.PutUint32(file[test.at:], test.value)
		if got, err := lookUp(file, "joe"); got != nil || !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: find = %q, %v; want ErrDamaged", test.name, got, err)
		}
	}
	long := encode(t, Record{"joe", string(make([]byte, MaxValue+1))})
	if got, err := lookUp(long, "joe"); !errors.Is(err, ErrDamaged) {
		t.Errorf("value above MaxValue: find = %d bytes, %v; want ErrDamaged", len(got), err)
	}
}

// A file that lacks its end is refused, whoever is asked for; one of whole size, too, whose last
// record has not been written yet.
func TestHalfAFileIsRefused(t *testing.T) {
	good, err := os.ReadFile("testdata/three.pdb")
	if err != nil {
		t.Fatal(err)
	}
	last := bytes.Index(good, []byte("carol"))
	for size := range good {
		if _, err := lookUp(good[:size], "alice"); err == nil || errors.Is(err, ErrNotFound) {
			t.Fatalf("cut to %d bytes: find = %v; want ErrDamaged", size, err)
		}
		blank := append(slices.Clone(good[:size]), make([]byte, len(good)-size)...)
		if _, err := lookUp(blank, "alice"); size <= last && !errors.Is(err, ErrDamaged) && size >= len(magic) {
			t.Fatalf("written to %d bytes: find = %v; want ErrDamaged", size, err)
		}
	}
}

// A byte that changed in the tables never yields another value.
func TestFlippedByteOfTheTables(t *testing.T) {
	good, err := os.ReadFile("testdata/collide.pdb")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]byte{}
	for _, key := range []string{"c8d0", "cf82", "c8d1", "cf83", "c8e0", "cf92"} {
		if want[key], err = lookUp(good, key); err != nil {
			t.Fatal(err)
		}
	}
	end := binary.BigEndian.Uint32(good[slotsAt+buckets*slotSize:])
	for at := range end {
		for _, flip := range []byte{1, 0x80, 0xff} {
			file := slices.Clone(good)
			file[at] ^= flip
			table := tableOf(file)
			if table.check() != nil || table.verify() != nil {
				continue
			}
			for key, value := range want {
				if got, err := table.find(key); err == nil && !bytes.Equal(got, value) {
					t.Fatalf("byte %d xor %#x: find(%q) = %q; want %q", at, flip, key, got, value)
				}
			}
		}
	}
}

// The check is made once for each version of a file, as soon as versions can be told apart.
func TestVerdictIsRemembered(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.pdb")
	good := encode(t, Record{"joe", "value"})
	write(t, path, good)
	fresh := Reader{Path: path}
	if _, err := fresh.Find("joe"); err != nil || fresh.checked != (version{}) {
		t.Errorf("file written just now: Find = %v, remembered %v; want nothing remembered", err, fresh.checked)
	}
	synctest.Test(t, func(t *testing.T) { // its clock is behind that of the file: the change is not recent
		r := Reader{Path: path}
		if _, err := r.Find("joe"); err != nil || r.checked == (version{}) {
			t.Fatalf("Find = %v, remembered %v", err, r.checked)
		}
		r.verdict = fmt.Errorf("%w: as remembered", ErrDamaged)
		if _, err := r.Find("joe"); err == nil || err.Error() != path+": "+r.verdict.Error() {
			t.Errorf("Find = %v; want the verdict that is remembered", err)
		}
		write(t, path, append(good, "and more"...))
		if got, err := r.Find("joe"); string(got) != "value" || err != nil {
			t.Errorf("after a change: Find = %q, %v", got, err)
		}
		write(t, path, good[:len(good)-1])
		if _, err := r.Find("nobody"); !errors.Is(err, ErrDamaged) || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("after the end was cut: Find = %v; want ErrDamaged", err)
		}
	})
}

func TestSettled(t *testing.T) {
	var v version
	v.changed.Sec = 1000
	for sec, want := range map[int64]bool{999: true, 1000: false, 1002: false, 1003: true} {
		if got := v.settledAt(time.Unix(sec, 0)); got != want {
			t.Errorf("settledAt(%d) = %v; want %v", sec, got, want)
		}
	}
}

// FuzzTable checks that no file makes a lookup panic, run away or return more than it may, and that
// a file that passes the check is found to hold what its entries name.
func FuzzTable(f *testing.F) {
	for _, name := range []string{"empty", "one", "three", "odd", "collide"} {
		file, err := os.ReadFile(filepath.Join("testdata", name+".pdb"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file, "joe")
		f.Add(file, "alice")
		f.Add(file, "cf83")
		f.Add(file[:len(file)-1], "joe")
	}
	f.Fuzz(func(t *testing.T, file []byte, key string) {
		table := tableOf(file)
		if table.check() != nil {
			return
		}
		sound := table.verify()
		if sound != nil && !errors.Is(sound, ErrDamaged) {
			t.Errorf("verify = %v; want ErrDamaged", sound)
		}
		for _, find := range []func() ([]byte, error){
			func() ([]byte, error) { return table.find(key) }, table.first,
		} {
			value, err := find()
			if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrDamaged) {
				t.Errorf("error of no class: %v", err)
			}
			if len(value) > MaxValue || (err == nil && !bytes.Contains(file, value)) {
				t.Errorf("value of %d bytes that is not in the file", len(value))
			}
		}
		if value, err := table.find(key); sound == nil && err == nil &&
			!bytes.Contains(file, slices.Concat(lengthOf(key), []byte(key), lengthOf(string(value)), value)) {
			t.Errorf("find(%q) = %q, which is no record", key, value)
		}
	})
}

func lengthOf(s string) []byte { return binary.BigEndian.AppendUint32(nil, uint32(len(s))) }

// million returns a file of as many users, and the key of one in the middle.
func million(b *testing.B) (path, key string) {
	b.Helper()
	const n = 1_000_000
	records := make([]Record, n)
	for i := range records {
		records[i] = Record{fmt.Sprintf("user%07d", i), "$1$abcdefgh$znAnv9M.XU2pRYfmSs46h/:2001:2001::/srv/ftp/u/./::::::::::::"}
	}
	file, err := Encode(records)
	if err != nil {
		b.Fatal(err)
	}
	path = filepath.Join(b.TempDir(), "users.pdb")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		b.Fatal(err)
	}
	return path, records[n/2].Key
}

func BenchmarkMillion(b *testing.B) {
	path, key := million(b)
	b.Run("Find", func(b *testing.B) {
		r := Reader{Path: path}
		t, err := r.open()
		if err != nil {
			b.Fatal(err)
		}
		info, err := t.file.(*os.File).Stat()
		if err != nil {
			b.Fatal(err)
		}
		r.checked, r.last = versionOf(info), t.last // as it is when the file has settled
		if err := t.close(); err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := r.Find(key); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Check", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r := Reader{Path: path}
			if _, err := r.Find(key); err != nil {
				b.Fatal(err)
			}
		}
	})
}
