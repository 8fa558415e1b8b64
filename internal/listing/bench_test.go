package listing

import (
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"testing"
	"time"

	"pureftpd/internal/ftp"
)

// A flatTree is one directory with prepared entries, so that benchmarks measure listings and not a
// file system.
type flatTree struct {
	names [][]byte
	facts []ftp.Facts
}

func (t *flatTree) ReadDir(_ string, _ bool, fn func([]byte, *ftp.Facts) bool) error {
	for i := range t.names {
		if !fn(t.names[i], &t.facts[i]) {
			break
		}
	}
	return nil
}

func (t *flatTree) Facts(path string, _ bool) (ftp.Facts, error) {
	if path != "/" {
		return ftp.Facts{}, fs.ErrNotExist // nobody asks for a file whose facts it was given
	}
	return ftp.Facts{Mode: ftp.ModeDir | 0o755}, nil
}
func (t *flatTree) Readlink(string) (string, error) { return "target", nil }

// newFlatTree makes n files in an order like that of a hashed directory, with "." and "..".
func newFlatTree(n int, sorted bool) *flatTree {
	t := &flatTree{names: [][]byte{[]byte("."), []byte("..")}, facts: make([]ftp.Facts, 2, n+2)}
	random := rand.New(rand.NewPCG(1, 2))
	order := random.Perm(n)
	for i := range n {
		number := order[i]
		if sorted {
			number = i
		}
		t.names = append(t.names, fmt.Appendf(nil, "holiday-picture-%05d.jpeg", number))
		t.facts = append(t.facts, ftp.Facts{
			Mode: ftp.ModeRegular | 0o644, Nlink: 1, UID: 1000, GID: 1000, Dev: 0xfe00, Ino: 0x984000 + uint64(i),
			Size: random.Int64N(10_000_000), ModTime: 1_790_000_000 - random.Int64N(400*secondsPerDay),
		})
	}
	t.facts[0] = ftp.Facts{Mode: ftp.ModeDir | 0o755}
	t.facts[1] = t.facts[0]
	return t
}

func BenchmarkListing(b *testing.B) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		b.Fatal(err)
	}
	const files = 10_000
	for _, bench := range []struct {
		name   string
		sorted bool
		run    func(l *Lister) (Result, error)
	}{
		{"LIST", false, func(l *Lister) (Result, error) { return l.List(b.Context(), io.Discard, "/", "") }},
		{"LIST-a", false, func(l *Lister) (Result, error) { return l.List(b.Context(), io.Discard, "/", "-a") }},
		{"LIST-sorted", true, func(l *Lister) (Result, error) { return l.List(b.Context(), io.Discard, "/", "") }},
		{"LIST-t", false, func(l *Lister) (Result, error) { return l.List(b.Context(), io.Discard, "/", "-t") }},
		{"LIST-1", false, func(l *Lister) (Result, error) { return l.List(b.Context(), io.Discard, "/", "-1") }},
		{"LIST-glob", false, func(l *Lister) (Result, error) { return l.List(b.Context(), io.Discard, "/", "*pic*.jpeg") }},
		{"NLST", false, func(l *Lister) (Result, error) {
			return l.Names(b.Context(), io.Discard, Selection{dir: Directory{path: "/"}})
		}},
		{"MLSD", false, func(l *Lister) (Result, error) { return l.Machine(b.Context(), io.Discard, Directory{path: "/"}) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			tree := newFlatTree(files, bench.sorted)
			l := New(tree, Config{MaxFiles: 2 * files, Location: paris, Now: func() time.Time { return time.Unix(1_790_000_000, 0) }})
			b.ReportAllocs()
			for b.Loop() {
				if result, err := bench.run(l); err != nil || result.Matches < files {
					b.Fatalf("%d matches, %v", result.Matches, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/files, "ns/file")
		})
	}
}
