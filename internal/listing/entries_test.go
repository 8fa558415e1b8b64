package listing

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
	"pureftpd/internal/ftp"
)

// TestSort compares the order of sets with the plain definition, on names that share long
// beginnings.
func TestSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type file struct {
			name  string
			value int64
		}
		name := rapid.StringMatching(`(|holiday-|holiday-picture-)[!a~\xc3\xff]{1,20}`)
		value := rapid.SampledFrom([]int64{math.MinInt64, -1, 0, 1, math.MaxInt64})
		files := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) file {
			return file{name.Draw(t, "name"), value.Draw(t, "value")}
		}), 0, 40, func(f file) string { return f.name }).Draw(t, "files")
		by := rapid.SampledFrom([]sortField{byName, byTime, bySize}).Draw(t, "by")
		reverse := rapid.Bool().Draw(t, "reverse")

		var set entries
		for _, f := range files {
			set.add([]byte(f.name), ftp.Facts{Size: f.value, ModTime: f.value})
		}
		set.sort(by, reverse)
		slices.SortFunc(files, func(a, b file) int {
			switch {
			case by == byName && reverse:
				return cmp.Compare(b.name, a.name)
			case by == byName || a.value == b.value:
				return cmp.Compare(a.name, b.name)
			case reverse:
				return cmp.Compare(a.value, b.value)
			}
			return cmp.Compare(b.value, a.value)
		})
		kept := rapid.IntRange(0, len(files)+1).Draw(t, "kept")
		check := func(n int) {
			if len(set.order) != n {
				t.Fatalf("%d positions; want %d", len(set.order), n)
			}
			for i, k := range set.order {
				if got := string(set.name(&set.list[k.index])); got != files[i].name {
					t.Fatalf("position %d has %q; want %q", i, got, files[i].name)
				}
			}
		}
		check(len(files))
		set.keep(kept)
		set.sort(by, reverse)
		check(min(kept, len(files)))
	})
}

// TestScratchForgets checks that the memory of a huge listing is not kept, and that what is kept is
// empty.
func TestScratchForgets(t *testing.T) {
	var scratch Scratch
	w := scratch.take()
	w.set.add(make([]byte, keptArena+1), ftp.Facts{})
	scratch.give(w)
	if cap(w.set.arena) != 0 {
		t.Errorf("an arena of %d bytes is kept", cap(w.set.arena))
	}
	w.set.add([]byte("a"), ftp.Facts{})
	w.buffer = append(w.buffer, "text"...)
	scratch.give(w)
	if len(w.set.list)+len(w.set.arena)+len(w.buffer) != 0 {
		t.Errorf("a workspace given back is not empty")
	}
}
