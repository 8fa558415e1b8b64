package ftp

import (
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

func TestHasDotComponent(t *testing.T) {
	for _, test := range []struct {
		path string
		want bool
	}{
		{"a/b", false}, {".", false}, {"..", false}, {"../a", false}, {"a.b/c.d", false},
		{".x", true}, {"a/.x", true}, {".hd/y", true}, {"...", true}, {"..x", true},
	} {
		if got := HasDotComponent(test.path); got != test.want {
			t.Errorf("HasDotComponent(%q) = %v; want %v", test.path, got, test.want)
		}
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
