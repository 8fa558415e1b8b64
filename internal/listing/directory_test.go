package listing

import (
	"errors"
	"testing"
)

// TestDirectory checks which arguments MLSD takes.
func TestDirectory(t *testing.T) {
	tree := recordedTree(t)
	l := New(tree, Config{})
	if d, err := l.Directory("/d", "-la  -F  sub"); d != (Directory{"/d/sub", "sub/"}) || err != nil {
		t.Errorf("Directory(-la -F sub) = %v, %v", d, err)
	}
	for _, arg := range []string{"f.txt", "-l f.txt"} {
		if _, err := l.Directory("/", arg); !errors.Is(err, ErrNotDirectory) {
			t.Errorf("Directory(%s): %v; want ErrNotDirectory", arg, err)
		}
	}
	if _, err := l.Directory("/", "sp*"); err == nil {
		t.Error("Directory(sp*) takes a pattern")
	}
	tree.put("/-x/", "")
	if d, err := l.Directory("/", "-x"); d != (Directory{"/-x", "-x/"}) || err != nil {
		t.Errorf("Directory(-x), which is there = %v, %v", d, err)
	}
}
