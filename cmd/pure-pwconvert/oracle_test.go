package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var oracle = flag.String("oracle", "", "compare the golden files with the original: the `program` of its package (needs root)")

// stage gives the original a system of its own: the files in testdata are those of /etc, and the one home lies in /tmp, beside the program.
const stage = `
dir=$1; shift
mount --bind "$dir/etc" /etc
mount --bind "$dir/tmp" /tmp
exec "$@"
`

// TestOriginal has the original print what the golden files hold, if it is given.
func TestOriginal(t *testing.T) {
	if *oracle == "" {
		t.Skip("the original is not given: -oracle PROGRAM")
	}
	dir := t.TempDir()
	for _, name := range []string{"etc", "tmp/specB/home/pwc"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []struct {
		from, to string
		mode     os.FileMode
	}{
		{"testdata/passwd", "etc/passwd", 0o644},
		{"testdata/shadow", "etc/shadow", 0o600},
		{"testdata/shells", "etc/shells", 0o644},
		{*oracle, "tmp/pure-pwconvert", 0o755},
	} {
		text, err := os.ReadFile(file.from)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, file.to), text, file.mode)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for golden, as := range map[string][]string{
		"testdata/root.golden":   nil,
		"testdata/nobody.golden": {"setpriv", "--reuid=3001", "--regid=2002", "--clear-groups"},
	} {
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		args := append([]string{"--mount", "--propagation", "private", "sh", "-eu", "-c", stage, "stage", dir}, as...)
		var stderr strings.Builder
		cmd := exec.Command("unshare", append(args, "/tmp/pure-pwconvert")...)
		cmd.Stderr = &stderr
		got, err := cmd.Output()
		if err != nil || string(got) != string(want) {
			t.Errorf("%s: the original prints\n%s%s(%v), want\n%s", golden, got, &stderr, err, want)
		}
	}
}
