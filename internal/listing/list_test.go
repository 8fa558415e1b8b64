package listing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pureftpd/internal/ftp"
)

// smallTree has the files of a directory d, two directories in it, and files beside it.
func smallTree() *memTree {
	tree := newMemTree()
	for _, path := range []string{"/d/", "/d/b", "/d/a", "/d/sub/", "/d/sub/x", "/d/sub/low/", "/d/sub/low/y", "/e/", "/z"} {
		tree.put(path, "")
	}
	return tree
}

func TestLimitSaysSo(t *testing.T) {
	tree := smallTree()
	for _, test := range []struct {
		limit, matches int
		truncated      bool
		arg            string
	}{
		{4, 3, false, "-1 d"},
		{3, 3, false, "-1 d"}, // nothing was left out
		{2, 2, true, "-1 d"},
		{2, 2, true, "-C d"},
		{3, 3, false, "-C d"},
		{3, 3, true, "-1R d"},
		{3, 3, true, "-1 d e"}, // the header of e was left out
		{1, 1, true, "-1 d/a d/b"},
		{1, 1, true, "-1 d/*"},
		{0, 6, false, "-1R d"},
	} {
		lines, result := list(t, tree, Config{MaxFiles: test.limit}, test.arg)
		if result.Matches != test.matches || result.Truncated != test.truncated {
			t.Errorf("%s with a limit of %d: %d matches, truncated %v; want %d, %v\n%q",
				test.arg, test.limit, result.Matches, result.Truncated, test.matches, test.truncated, lines)
		}
	}
	l := New(tree, Config{MaxFiles: 2})
	d, err := l.Directory("/", "d")
	if err != nil {
		t.Fatal(err)
	}
	result, err := l.Machine(t.Context(), io.Discard, d)
	if result.Matches != 2 || !result.Truncated || err != nil {
		t.Errorf("Machine: %+v, %v; want 2 matches, truncated", result, err)
	}
}

func TestDepthSaysSo(t *testing.T) {
	lines, result := list(t, smallTree(), Config{MaxDepth: 2}, "-1R d")
	equal(t, "lines", lines, []string{
		"a", "b", "sub", "", "", "d/sub:", "", "low", "x", "", "", "d/sub/low:", "",
	})
	if want := []Problem{{Kind: TooDeep, Path: "d/sub/low"}}; !slices.Equal(result.Problems, want) {
		t.Errorf("problems %v; want %v", result.Problems, want)
	}
}

// TestLoop lists links that lead upwards, as directories.
func TestLoop(t *testing.T) {
	tree := smallTree()
	tree.put("/d/up", "..")
	tree.put("/e/d", "/d")
	lines, result := list(t, tree, Config{Broken: true}, "-1R e")
	equal(t, "lines", lines, []string{
		"d", "", "", "e/d:", "", "a", "b", "sub", "up",
		"", "", "e/d/sub:", "", "low", "x", "", "", "e/d/sub/low:", "", "y",
		"", "", "e/d/up:", "", "d", "e", "z", "", "", "e/d/up/d:", "", "", "", "e/d/up/e:", "",
	})
	if len(result.Problems) != 0 || result.Truncated {
		t.Errorf("result %+v", result)
	}
}

// TestSpill makes room in full sets: with a limit the first entries stay, without one all are
// listed in pieces.
func TestSpill(t *testing.T) {
	for _, test := range []struct {
		limit int
		want  []string
	}{
		{2, []string{"a", "b"}},
		{0, []string{"d", "e", "f", "g", "h", "i", "a", "b", "c"}},
	} {
		var out strings.Builder
		r := New(smallTree(), Config{MaxFiles: test.limit}).start(t.Context(), &out, "/")
		for i, name := range strings.Split("ihgfedcba", "") {
			r.set.add([]byte(name), ftp.Facts{Mode: ftp.ModeRegular})
			if i == 5 {
				r.spill("/")
			}
		}
		r.set.sort(byName, false)
		r.emit("/", r.set.order)
		result, err := r.finish()
		if err != nil || result.Truncated != (test.limit > 0) {
			t.Errorf("limit %d: %+v, %v", test.limit, result, err)
		}
		equal(t, "lines", cut(t, out.String()), test.want)
	}
}

// TestWholeArgument checks that LIST takes the whole argument for one name, if it is one, before it
// sees several names or a pattern in it.
func TestWholeArgument(t *testing.T) {
	tree := newMemTree()
	for _, path := range []string{"/d/", "/d/in", "/x", "/e/", "/e/under", "/d x/", "/d x/both", "/[x]", "/gone x"} {
		tree.put(path, "")
	}
	tree.put("/gone x", "nowhere")
	for arg, want := range map[string][]string{
		"-1 d x":    {"both"},
		"-1 x d":    {"x", "", "", "d:", "", "in"},
		"-1 d e":    {"", "", "d:", "", "in", "", "", "e:", "", "under"},
		"-1 [x]":    {"[x]"},
		"-1 [xy]":   {"x"},
		"-1  d x/":  {"both"},
		"-1d d x":   {"d x"},
		`-1 d\ x`:   {"both"},
		"-1 gone x": {"gone x"},
		"-1 d x x":  {"", "", "d:", "", "in", "x", "x"},
	} {
		lines, _ := list(t, tree, Config{}, arg)
		equal(t, arg, lines, want)
	}
}

// TestHugeDirectory lists the first files of a directory with more than are held at once.
func TestHugeDirectory(t *testing.T) {
	tree := newFlatTree(2*minHeld, false)
	var out strings.Builder
	result, err := New(tree, Config{MaxFiles: 3}).List(t.Context(), &out, "/", "-1")
	if err != nil || result.Matches != 3 || !result.Truncated {
		t.Errorf("%+v, %v", result, err)
	}
	equal(t, "lines", cut(t, out.String()), []string{
		"holiday-picture-00000.jpeg", "holiday-picture-00001.jpeg", "holiday-picture-00002.jpeg",
	})
}

// TestManyMatches is what made the original give up: many names match, and a wildcard stands in a
// large directory.
func TestManyMatches(t *testing.T) {
	tree := newFlatTree(20_000, false)
	for arg, want := range map[string]Result{
		"-1d *":         {Matches: 10_000, Truncated: true, Options: "-d "},
		"-1d *-0000?.*": {Matches: 10, Options: "-d "},
		"-1d ******":    {Matches: 10_000, Truncated: true, Options: "-d "},
	} {
		result, err := New(tree, Config{MaxFiles: 10_000, MaxDepth: 5}).List(t.Context(), io.Discard, "/", arg)
		if err != nil || result.Matches != want.Matches || result.Truncated != want.Truncated || len(result.Problems) > 0 {
			t.Errorf("%s: %+v, %v; want %+v", arg, result, err, want)
		}
	}
}

// TestTooBroad searches a tree that has no end.
func TestTooBroad(t *testing.T) {
	tree := newMemTree()
	for i := range 20 {
		tree.put("/"+strconv.Itoa(i), ".")
	}
	_, result := list(t, tree, Config{MaxDepth: 5}, "-1d */*/*/*/*/*/*/x")
	if want := []Problem{{Kind: TooBroad, Path: "*/*/*/*/*/*/*/x"}}; !slices.Equal(result.Problems, want) {
		t.Errorf("problems %v; want %v", result.Problems, want)
	}
	if tree.reads > maxScan+maxScan/10 {
		t.Errorf("%d entries read", tree.reads)
	}
	if _, result = list(t, tree, Config{MaxDepth: 2}, "-1d */*/*/x"); len(result.Problems) != 1 {
		t.Errorf("three wildcards with a depth of 2: %v", result.Problems)
	}
}

func TestUnreadable(t *testing.T) {
	tree := smallTree()
	for i := range maxProblems + 5 {
		tree.put(fmt.Sprintf("/e/%02d/", i), "").Mode = ftp.ModeDir
	}
	_, result := list(t, tree, Config{}, "-1R e")
	if len(result.Problems) != maxProblems || result.Unsaid != 5 {
		t.Fatalf("%d problems, %d unsaid; want %d, 5", len(result.Problems), result.Unsaid, maxProblems)
	}
	if p := result.Problems[0]; p.Kind != Unreadable || p.Path != "e/00" || !errors.Is(p.Err, fs.ErrPermission) {
		t.Errorf("problem %+v", p)
	}
	for arg, want := range map[string]int{"e/00": 1, "e/00/*": 1, "e/*/*": 0, "e/00/x": 0, "missing z/*": 0} {
		if _, result := list(t, tree, Config{}, arg); len(result.Problems) != want {
			t.Errorf("%s: problems %v; want %d", arg, result.Problems, want)
		}
	}
}

// TestStatusPads checks that no line of STAT looks like the end of the reply.
func TestStatusPads(t *testing.T) {
	tree := newMemTree()
	tree.put("/213 End./", "")
	tree.put("/213 End./226", "")
	tree.put("/21x", "")
	var out strings.Builder
	result, err := New(tree, Config{}).Status(t.Context(), &out, "/", `-1 * 213\ End.`)
	if err != nil || result.Matches != 3 {
		t.Errorf("%+v, %v", result, err)
	}
	equal(t, "lines", cut(t, out.String()), []string{
		"21x", "", "", " 213 End.:", "", " 226", "", "", " 213 End.:", "", " 226",
	})
}

// brokenWriter fails from the second write on.
type brokenWriter struct{ writes int }

var errBroken = errors.New("connection lost")

func (w *brokenWriter) Write(b []byte) (int, error) {
	if w.writes++; w.writes > 1 {
		return 0, errBroken
	}
	return len(b), nil
}

func TestWriterFails(t *testing.T) {
	tree := newFlatTree(10_000, true)
	l := New(tree, Config{})
	w := new(brokenWriter)
	if _, err := l.List(t.Context(), w, "/", ""); !errors.Is(err, errBroken) || w.writes != 2 {
		t.Errorf("List: %v after %d writes; want %v after 2", err, w.writes, errBroken)
	}
	w = new(brokenWriter)
	if _, err := l.Machine(t.Context(), w, Directory{path: "/"}); !errors.Is(err, errBroken) || w.writes != 2 {
		t.Errorf("Machine: %v after %d writes; want %v after 2", err, w.writes, errBroken)
	}
}

// A cancelTree cancels a context when the entry with a certain number was read.
type cancelTree struct {
	*flatTree
	cancel context.CancelFunc
	after  int
	reads  int
}

func (t *cancelTree) ReadDir(path string, facts bool, fn func([]byte, *ftp.Facts) bool) error {
	return t.flatTree.ReadDir(path, facts, func(name []byte, f *ftp.Facts) bool {
		if t.reads++; t.reads == t.after {
			t.cancel()
		}
		return fn(name, f)
	})
}

func TestContextEnds(t *testing.T) {
	for _, arg := range []string{"", "*", "-R"} {
		ctx, cancel := context.WithCancel(t.Context())
		tree := &cancelTree{newFlatTree(10_000, true), cancel, 1000, 0}
		_, err := New(tree, Config{}).List(ctx, io.Discard, "/", arg)
		if !errors.Is(err, context.Canceled) || tree.reads > tree.after+ctxInterval {
			t.Errorf("List(%q): %v after %d entries", arg, err, tree.reads)
		}
	}
}

// oddTree is a smallTree with links and odd names.
func oddTree() *memTree {
	tree := smallTree()
	for path, target := range map[string]string{
		"/l": "d", "/loop": "loop", "/odd": "a\nb", "/d/up": "/", "/bad\r\n226": "", "/.dot": "",
	} {
		tree.put(path, target)
	}
	return tree
}

// FuzzList checks what holds for every listing: whole lines without control characters, no more
// matches than allowed.
func FuzzList(f *testing.F) {
	for _, arg := range []string{"-laR", "-C *", `-1F l* d/../d e\ f`, "-d .* ../..", "[a-z]*/?", `-RF \`} {
		f.Add(arg, "/d", uint8(5))
	}
	tree := oddTree()
	f.Fuzz(func(t *testing.T, arg, cwd string, limit uint8) {
		if !strings.HasPrefix(cwd, "/") || len(arg) > 200 {
			return
		}
		var out strings.Builder
		l := New(tree, Config{MaxFiles: int(limit) + 1, MaxDepth: 2, Broken: limit%2 == 0})
		result, err := l.Status(t.Context(), &out, cwd, arg)
		if err != nil {
			t.Fatalf("List(%q): %v", arg, err)
		}
		text := out.String()
		for line := range strings.Lines(text) {
			line, whole := strings.CutSuffix(line, "\r\n")
			if !whole || hasControl(strings.ReplaceAll(line, "\t", "")) {
				t.Errorf("List(%q) has the line %q", arg, line)
			}
			if len(line) > 2 && isDigit(line[0]) && isDigit(line[1]) && isDigit(line[2]) {
				t.Errorf("Status(%q) has the line %q", arg, line)
			}
		}
		if result.Matches > int(limit)+1 || result.Matches == 0 && result.Truncated {
			t.Errorf("List(%q): %+v", arg, result)
		}
		for _, p := range result.Problems {
			if hasControl(p.Path) {
				t.Errorf("List(%q) has the problem %+v", arg, p)
			}
		}
	})
}
