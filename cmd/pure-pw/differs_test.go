package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDifferencesAreListed holds the keys that the scripts name to the list in their README.
func TestDifferencesAreListed(t *testing.T) {
	readme, err := os.ReadFile("testdata/script/README.md")
	if err != nil {
		t.Fatal(err)
	}
	used := make(map[string]bool)
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| [A-Z`]").FindAllSubmatch(readme, -1) {
		used[string(row[1])] = false
	}
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	// A script of what only ours has stops for the original, and need not say why.
	marked := regexp.MustCompile(`(?m)^\[(ours|original)\] `)
	named := regexp.MustCompile(`(?m)^# differs: (.*)$`)
	for _, path := range scripts {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		keys := named.FindSubmatch(text)
		own := bytes.ReplaceAll(text, []byte("\n[original] stop\n"), []byte("\n"))
		if (keys != nil) != marked.Match(own) {
			t.Errorf("%s: marked lines and a list of differences come together", path)
		}
		if keys == nil {
			continue
		}
		for key := range strings.FieldsSeq(string(keys[1])) {
			if _, known := used[key]; !known {
				t.Errorf("%s names %q, which is not listed", path, key)
			}
			used[key] = true
		}
	}
	for key, is := range used {
		if !is {
			t.Errorf("no script shows %q", key)
		}
	}
}
