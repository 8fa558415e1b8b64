package dialogue

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pureftpd/test/harness"
)

var (
	server = flag.String("server", "", "test this `program` instead of building ours")
	oracle = flag.String("oracle", "", "test the original: the `program` of its package (needs root)")
)

// virtualSuffix ends the name of a program that keeps users in a virtual chroot.
const virtualSuffix = "-virtualchroot"

func TestMain(m *testing.M) {
	flag.Parse()
	// Dialogues wait for pauses, not for the processor: run more at once than there are of them.
	if err := flag.Set("test.parallel", "12"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// files returns the paths of all dialogues.
func files(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("*/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no dialogues: %v", err)
	}
	return paths
}

func parse(t *testing.T, path string) *File {
	t.Helper()
	archive, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse(archive)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return f
}

// program returns the server to test and which one it is.
func program(t *testing.T) (path, which string) {
	t.Helper()
	if *oracle != "" {
		if os.Getuid() != 0 {
			t.Fatal("the original needs root")
		}
		return *oracle, Original
	}
	if *server != "" {
		return *server, Ours
	}
	path, err := harness.Build(t.TempDir(), "pure-ftpd")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Link(path, path+virtualSuffix); err != nil {
		t.Fatal(err)
	}
	return path, Ours
}

func TestDialogues(t *testing.T) {
	binary, which := program(t)
	staged := privileged || which == Original
	if staged && os.Getuid() != 0 {
		t.Fatal("staged servers need root")
	}
	var ports harness.Ports
	for _, path := range files(t) {
		f := parse(t, path)
		if f.Root && !staged {
			continue // runs with -tags privileged
		}
		if f.Ours && which == Original {
			continue // it has no such setting
		}
		t.Run(strings.TrimSuffix(path, ".txtar"), func(t *testing.T) {
			t.Parallel()
			err := replay(t, &ports, harness.Config{Binary: binary, Staged: staged}, f, which)
			// What differs in no one line has to fail as a whole.
			if which == Original && len(f.Differs) > 0 && !f.marked() {
				if err == nil {
					t.Errorf("the original does the same; want the difference %q", f.Differs)
				}
				return
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// replay starts a server for a dialogue, plays it and looks at what it leaves.
func replay(t *testing.T, ports *harness.Ports, config harness.Config, f *File, which string) error {
	config.Inetd = f.Inetd
	if f.Virtual {
		config.Binary += virtualSuffix
	}
	config.Options, config.Users, config.Setup, config.Files = f.Options, f.Users, f.Setup, f.Files
	s := harness.Start(t, ports, config)
	errs := []error{Play(f.Script.For(which), s.Dial, s.Expand)}
	after, gone := f.Leaves(which)
	home := filepath.Join(s.Dir, "home")
	for path, pattern := range after {
		b, err := os.ReadFile(filepath.Join(home, path))
		if err != nil {
			errs = append(errs, err)
		} else if !holds(string(b), s.Expand(pattern)) {
			errs = append(errs, fmt.Errorf("%s holds %.1000q; want %q", path, b, pattern))
		}
	}
	for _, path := range gone {
		if _, err := os.Lstat(filepath.Join(home, path)); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("%s is there (%v); want it gone", path, err))
		}
	}
	if s.Log != nil && len(f.Log) > 0 {
		patterns := make([]string, len(f.Log))
		for i, pattern := range f.Log {
			patterns[i] = s.Expand(pattern)
		}
		errs = append(errs, s.Log.Expect(patterns, Match))
	}
	return errors.Join(errs...)
}

// holds reports whether a file's text is as a pattern says, whose last line end may be missing.
func holds(text, pattern string) bool {
	return Match(pattern, text) || Match(strings.TrimSuffix(pattern, "\n"), text)
}

// TestDifferencesAreListed holds the dialogues to the list that administrators read.
func TestDifferencesAreListed(t *testing.T) {
	list, err := os.ReadFile("../../docs/differences.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files(t) {
		for _, key := range parse(t, path).Differs {
			if !strings.Contains(string(list), "`"+key+"`") {
				t.Errorf("%s: docs/differences.md has no row `%s`", path, key)
			}
		}
	}
}
