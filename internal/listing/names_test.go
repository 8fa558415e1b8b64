package listing

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"pureftpd/internal/ftp"
)

// nlst makes a listing of NLST and returns its lines.
func nlst(t *testing.T, tree Tree, cfg Config, arg string) ([]string, Result, error) {
	t.Helper()
	l := New(tree, cfg)
	s, err := l.Select(t.Context(), "/", arg)
	if err != nil {
		return nil, Result{}, err
	}
	var out strings.Builder
	result, err := l.Names(t.Context(), &out, s)
	if err != nil {
		t.Fatalf("Names(%q): %v", arg, err)
	}
	return cut(t, out.String()), result, nil
}

// TestNames asks NLST for directories, files and patterns. Where nothing is wanted, it is an error.
func TestNames(t *testing.T) {
	tree := newMemTree()
	for _, path := range []string{
		"/b.txt", "/a.txt", "/.c.txt", "/my file.txt", "/d.txt/", "/d.txt/e.txt", "/d.txt/.f.txt",
		"/[x]", "/x", "/a*", "/[y]/", "/[y]/in", "/y", "/-dash", "/bad\n.txt", "/closed/", "/closed/[x]/",
	} {
		tree.put(path, "")
	}
	tree.put("/link", "b.txt")
	tree.put("/lost", "nowhere")
	tree.put("/ld", "d.txt")
	tree.put("/fifo", "").Mode = 0x1000 | 0o644
	closed, err := tree.walk("/closed/[x]", true)
	if err != nil {
		t.Fatal(err)
	}
	closed.Mode = ftp.ModeDir
	for arg, want := range map[string][]string{
		// directories, as ever
		"d.txt":     {"d.txt/.", "d.txt/..", "d.txt/e.txt", "d.txt/.f.txt"},
		"-l d.txt/": {"d.txt/.", "d.txt/..", "d.txt/e.txt", "d.txt/.f.txt"},
		"[y]":       {"[y]/.", "[y]/..", "[y]/in"}, // not the file y
		// files
		"a.txt":        {"a.txt"},
		"./a.txt":      {"./a.txt"},
		"/d.txt/e.txt": {"/d.txt/e.txt"},
		"my file.txt":  {"my file.txt"},
		"-la a.txt":    {"a.txt"},
		"-dash":        {"-dash"},
		"[x]":          {"[x]"},         // not the file x
		"a*":           {"a*", "a.txt"}, // a star always makes a pattern
		"link":         {"link"},
		"lost":         {"lost"},
		"fifo":         {"fifo"},
		// patterns
		"*.txt":        {"a.txt", "b.txt", "d.txt", "my file.txt"},
		"-1 *.txt":     {"a.txt", "b.txt", "d.txt", "my file.txt"},
		".*.txt":       {".c.txt"},
		"my *":         {"my file.txt"},
		`my\ *`:        {"my file.txt"},
		"[ab].txt":     {"a.txt", "b.txt"},
		"l*":           {"ld", "link", "lost"},
		"d*/*":         {"d.txt/e.txt"},
		"ld/*":         {"ld/e.txt"},
		"/*/e*":        {"/d.txt/e.txt", "/ld/e.txt"},
		"d*/":          {"d.txt/"},
		"x/../b.???":   {"b.txt"},
		`a\*`:          {"a*"},
		`\[y\]`:        {"[y]"},
		"fif?":         nil, // LIST shows none either
		"*.none":       nil,
		"a.txt/*":      nil,
		"a.txt b.txt":  nil,
		"none":         nil,
		"none/*":       nil,
		"bad?.txt":     nil, // it has a name that cannot be sent
		"closed/[x]":   nil,
		"closed/[x]/*": nil,
	} {
		lines, result, err := nlst(t, tree, Config{MaxDepth: 5}, arg)
		equal(t, arg, lines, want)
		if (err != nil) != (want == nil) || result.Matches != len(want) || result.Truncated {
			t.Errorf("NLST %s: %+v, %v", arg, result, err)
		}
	}
	for arg, want := range map[string]error{
		"none": fs.ErrNotExist, "*.none": fs.ErrNotExist,
		"closed/[x]": fs.ErrPermission, "closed/[x]/*": fs.ErrPermission,
	} {
		if _, _, err := nlst(t, tree, Config{}, arg); !errors.Is(err, want) {
			t.Errorf("NLST %s: %v; want %v", arg, err, want)
		}
	}
}

func TestNamesLimit(t *testing.T) {
	tree := smallTree()
	for _, test := range []struct {
		limit, matches int
		truncated      bool
		arg            string
	}{
		{2, 2, true, "d"},
		{3, 3, false, "d/*"},
		{2, 2, true, "d/*"},
		{1, 1, false, "z"},
	} {
		_, result, err := nlst(t, tree, Config{MaxFiles: test.limit}, test.arg)
		if result.Matches != test.matches || result.Truncated != test.truncated || err != nil {
			t.Errorf("NLST %s with a limit of %d: %+v, %v; want %d matches, truncated %v",
				test.arg, test.limit, result, err, test.matches, test.truncated)
		}
	}
}

// TestNamesTooBroad gives up patterns: with nothing found that is an error, else a problem.
func TestNamesTooBroad(t *testing.T) {
	tree := smallTree()
	if _, _, err := nlst(t, tree, Config{MaxDepth: 2}, "*/*/*"); !errors.Is(err, ErrTooBroad) {
		t.Errorf("three wildcards with a depth of 2: %v; want ErrTooBroad", err)
	}
	lines, result, err := nlst(t, newFlatTree(minHeld+10, false), Config{MaxFiles: 3}, "*")
	want := []Problem{{Kind: TooBroad, Path: "*"}}
	if len(lines) != 3 || !result.Truncated || !slices.Equal(result.Problems, want) || err != nil {
		t.Errorf("%d lines, %+v, %v; want 3 lines, truncated, problems %v", len(lines), result, err, want)
	}
}

func TestNamesEnd(t *testing.T) {
	tree := newFlatTree(10_000, false)
	ctx, cancel := context.WithCancel(t.Context())
	l := New(&cancelTree{tree, cancel, 1000, 0}, Config{})
	if _, err := l.Select(ctx, "/", "*"); !errors.Is(err, context.Canceled) {
		t.Errorf("Select: %v; want %v", err, context.Canceled)
	}
	l = New(tree, Config{})
	s, err := l.Select(t.Context(), "/", "*")
	if err != nil {
		t.Fatal(err)
	}
	result, err := l.Names(ctx, io.Discard, s)
	if !errors.Is(err, context.Canceled) || result.Matches > ctxInterval {
		t.Errorf("Names: %+v, %v; want %v", result, err, context.Canceled)
	}
	w := new(brokenWriter)
	if _, err := l.Names(t.Context(), w, s); !errors.Is(err, errBroken) || w.writes != 2 {
		t.Errorf("Names: %v after %d writes; want %v after 2", err, w.writes, errBroken)
	}
}

// FuzzNames checks that NLST gives whole lines without control characters, no more than allowed,
// and that every line of a selection of files names a file.
func FuzzNames(f *testing.F) {
	for _, arg := range []string{
		"d", "z", "-l *", "[a-z]*/?", `d/\*`, "l/../*/", "-", "/*/../d/[!a]", ".*",
	} {
		f.Add(arg, uint8(5))
	}
	tree := oddTree()
	f.Fuzz(func(t *testing.T, arg string, limit uint8) {
		if len(arg) > 200 || hasControl(arg) {
			return
		}
		l := New(tree, Config{MaxFiles: int(limit) + 1, MaxDepth: 2, Broken: limit%2 == 0})
		s, err := l.Select(t.Context(), "/", arg)
		if err != nil {
			return
		}
		var out strings.Builder
		result, err := l.Names(t.Context(), &out, s)
		lines := cut(t, out.String())
		if err != nil || result.Matches != len(lines) || len(lines) > int(limit)+1 {
			t.Errorf("NLST %q: %d lines, %+v, %v", arg, len(lines), result, err)
		}
		for _, line := range lines {
			if hasControl(line) {
				t.Errorf("NLST %q has the line %q", arg, line)
			}
			if s.files == nil {
				continue
			}
			if _, err := tree.Facts(ftp.Join("/", line), false); err != nil {
				t.Errorf("NLST %q has the line %q: %v", arg, line, err)
			}
		}
	})
}
