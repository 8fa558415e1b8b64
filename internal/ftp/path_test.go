package ftp

import (
	"slices"
	"strings"
	"testing"
)

func TestSimplify(t *testing.T) {
	for _, test := range []struct{ path, want string }{
		{"", ""}, {"a", "a"}, {"/", "/"}, {"/a/b", "/a/b"},
		{"a//b", "a/b"}, {"a/./b", "a/b"}, {"a/../zz", "zz"}, {"../../x", "../../x"}, {"a/../../x", "../x"}, {"/../x", "/x"},
		{"a/.", "a"}, {"a/b/..", "a"}, {"a/..", "."}, {".", "."}, {"..", ".."}, {"/..", "/"},
		{" a", "_a"}, {"end ", "end_"}, {"a b", "a b"}, {"  ", "__"}, {"/ x", "/_x"},
	} {
		if got := Simplify(test.path); got != test.want {
			t.Errorf("Simplify(%q) = %q; want %q", test.path, got, test.want)
		}
	}
}

func FuzzSimplify(f *testing.F) {
	f.Add("a/../../b")
	f.Fuzz(func(t *testing.T, path string) {
		got := Simplify(path)
		climbed := strings.TrimPrefix(got, "../")
		for climbed != strings.TrimPrefix(climbed, "../") {
			climbed = strings.TrimPrefix(climbed, "../")
		}
		if strings.Contains("/"+climbed+"/", "/../") && climbed != ".." {
			t.Errorf("Simplify(%q) = %q climbs after its start", path, got)
		}
		if again := Simplify(got); again != got {
			t.Errorf("Simplify(%q) = %q, but Simplify of that = %q", path, got, again)
		}
	})
}

func TestJoin(t *testing.T) {
	for _, test := range []struct{ dir, name, want string }{
		{"/", "a", "/a"}, {"/d", "a", "/d/a"}, {"/d", "/a", "/a"}, {"/d", "", "/d"}, {"/d", "../a", "/d/../a"},
	} {
		if got := Join(test.dir, test.name); got != test.want {
			t.Errorf("Join(%q, %q) = %q; want %q", test.dir, test.name, got, test.want)
		}
	}
}

func TestDotComponents(t *testing.T) {
	for _, test := range []struct{ path, want string }{
		{"a/b", ""}, {".", ""}, {"..", ""}, {"../a", ""}, {"a.b/c.d", ""}, {"", ""}, {"/", ""},
		{".x", ".x"}, {"a/.x", ".x"}, {".hd/y", ".hd"}, {"...", "..."}, {"..x", "..x"},
		{"/.a//.b/./c/../.d/", ".a .b .d"},
	} {
		if got := strings.Join(slices.Collect(DotComponents(test.path)), " "); got != test.want {
			t.Errorf("DotComponents(%q) = %q; want %q", test.path, got, test.want)
		}
	}
	for range DotComponents(".a/.b") {
		break // and nothing is given any more
	}
}

func TestCleanName(t *testing.T) {
	for _, test := range []struct {
		name string
		want bool
	}{{"a", true}, {"", false}, {`a\b`, false}, {"a\nb", false}, {"é", true}, {"a\x7f", false}} {
		if got := CleanName(test.name); got != test.want {
			t.Errorf("CleanName(%q) = %v; want %v", test.name, got, test.want)
		}
	}
}
