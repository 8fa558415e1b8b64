package puredb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// newBuilder returns a Builder whose spool is a file that holds something else before.
func newBuilder(t testing.TB) *Builder {
	t.Helper()
	spool, err := newSpool(filepath.Join(t.TempDir(), "spool"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := spool.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := spool.WriteString("not a record"); err != nil {
		t.Fatal(err)
	}
	b, err := NewBuilder(spool)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// built returns the file that a Builder makes.
func built(t testing.TB, records []Record) []byte {
	t.Helper()
	b := newBuilder(t)
	for _, r := range records {
		if err := b.Add(r.Key, r.Value); err != nil {
			t.Fatal(err)
		}
	}
	if b.Len() != len(records) {
		t.Errorf("Len() = %d; want %d", b.Len(), len(records))
	}
	var file bytes.Buffer
	if err := b.Finish(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestBuilderMakesTheOriginalsFiles(t *testing.T) {
	for _, name := range vectors() {
		want, err := os.ReadFile(filepath.Join("testdata", name+".pdb"))
		if err != nil {
			t.Fatal(err)
		}
		if got := built(t, readText(t, name)); !bytes.Equal(got, want) {
			t.Errorf("Builder(%s) = %d bytes; want the %d bytes of the original", name, len(got), len(want))
		}
	}
}

func TestBuilderAgreesWithEncode(t *testing.T) {
	long := strings.Repeat("v", 3*builderBuffer)
	records := []Record{{"", ""}, {"a", long}, {"", "second"}, {long[:70000], ""}}
	for i := range 3000 { // so that buckets hold more than a handful
		records = append(records, Record{fmt.Sprint("u", i%1700), fmt.Sprint(i)})
	}
	if got := built(t, records); !bytes.Equal(got, encode(t, records...)) {
		t.Errorf("Builder and Encode make different files")
	}
}

func TestFullFile(t *testing.T) {
	for _, test := range []struct {
		free uint64 // bytes before the record
		want error
	}{
		{4 + 8 + 3 + 5, nil}, // the bucket grows by 4, the record takes 8 and its text
		{4 + 8 + 3 + 4, ErrTooLarge},
	} {
		b := newBuilder(t)
		b.layout.records = maxSize - b.layout.tables - test.free
		before := *b.layout
		if err := b.Add("joe", "value"); !errors.Is(err, test.want) {
			t.Errorf("Add with %d bytes free = %v; want %v", test.free, err, test.want)
		}
		unchanged := b.layout.records == before.records && b.layout.tables == before.tables && b.Len() == 0
		if test.want != nil && !unchanged {
			t.Errorf("a record that is refused leaves a trace")
		}
	}
}

// A failing spool is one whose nth call fails.
type failingSpool struct {
	io.ReadWriteSeeker
	calls int
}

var errSpool = errors.New("disk full")

func (s *failingSpool) fail() error {
	s.calls--
	if s.calls < 0 {
		return errSpool
	}
	return nil
}

func (s *failingSpool) Read(p []byte) (int, error) {
	if err := s.fail(); err != nil {
		return 0, err
	}
	return s.ReadWriteSeeker.Read(p)
}

func (s *failingSpool) Write(p []byte) (int, error) {
	if err := s.fail(); err != nil {
		return 0, err
	}
	return s.ReadWriteSeeker.Write(p)
}

func (s *failingSpool) Seek(offset int64, whence int) (int64, error) {
	if err := s.fail(); err != nil {
		return 0, err
	}
	return s.ReadWriteSeeker.Seek(offset, whence)
}

func TestErrorsOfTheSpool(t *testing.T) {
	for calls := 0; ; calls++ {
		file, err := newSpool(filepath.Join(t.TempDir(), "spool"))
		if err != nil {
			t.Fatal(err)
		}
		err = buildOn(&failingSpool{file, calls})
		if closed := file.Close(); closed != nil {
			t.Error(closed)
		}
		if err == nil {
			if calls < 4 {
				t.Errorf("the builder needs no more than %d calls of the spool", calls)
			}
			return
		}
		if !errors.Is(err, errSpool) {
			t.Fatalf("failure of call %d = %v; want the error of the spool", calls, err)
		}
	}
}

// buildOn builds some file on a spool.
func buildOn(spool io.ReadWriteSeeker) error {
	b, err := NewBuilder(spool)
	if err != nil {
		return err
	}
	for _, value := range []string{"short", strings.Repeat("v", builderBuffer)} {
		if err := b.Add("joe", value); err != nil {
			return err
		}
	}
	return b.Finish(io.Discard)
}

func TestErrorsOfTheFile(t *testing.T) {
	b := newBuilder(t)
	if err := b.Add("joe", "v"); err != nil {
		t.Fatal(err)
	}
	out, in := io.Pipe()
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Finish(in); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Finish = %v; want the error of the writer", err)
	}
}

// FuzzBuilder checks that Builder and Encode make the same file. What Encode makes, FuzzRoundTrip checks.
func FuzzBuilder(f *testing.F) {
	f.Add("joe\x001\x00joe\x002\x00c8d0\x00x\x00cf82\x00y")
	f.Fuzz(func(t *testing.T, text string) {
		var records []Record
		for pair := range slices.Chunk(strings.Split(text, "\x00"), 2) {
			records = append(records, Record{pair[0], pair[len(pair)-1]})
		}
		if !bytes.Equal(built(t, records), encode(t, records...)) {
			t.Errorf("Builder and Encode make different files of %q", records)
		}
	})
}

// BenchmarkBuildMillion measures a database of a million users, replaced on disk; run it with
// -benchtime 1x.
func BenchmarkBuildMillion(b *testing.B) {
	const users = 1_000_000
	path := filepath.Join(b.TempDir(), "users.pdb")
	b.ReportAllocs()
	for b.Loop() {
		err := Replace(path, func(to *Builder) error {
			key := []byte("user0000000")
			const value = "$1$abcdefgh$znAnv9M.XU2pRYfmSs46h/:2001:2001::/srv/ftp/user/./::::::::::::"
			for range users {
				for i := len(key) - 1; ; i-- { // count
					if key[i]++; key[i] <= '9' {
						break
					}
					key[i] = '0'
				}
				if err := to.Add(string(key), value); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(users)*float64(b.N)/b.Elapsed().Seconds(), "users/s")
}
