package listing

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pureftpd/internal/ftp"
)

var update = flag.Bool("update", false, "rewrite what ours answers in testdata/ours-*.golden")

// TestOriginal asks what was asked of the original and compares the answers, byte for byte. Where
// they differ on purpose (see DIFFERENCES.md), ours stands in a golden file of its own.
func TestOriginal(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]Config{
		"plain":   {},
		"limit":   {MaxFiles: 20},
		"depth":   {MaxFiles: 100, MaxDepth: 1},
		"dots":    {ShowDot: true},
		"broken":  {Broken: true},
		"newyork": {Location: newYork},
	} {
		t.Run(name, func(t *testing.T) {
			if cfg.MaxFiles == 0 {
				cfg.MaxFiles = 10000
			}
			if cfg.MaxDepth == 0 {
				cfg.MaxDepth = 5
			}
			tree := recordedTree(t)
			cfg.Now = func() time.Time { return tree.now }
			compare(t, New(tree, cfg), name)
		})
	}
}

func compare(t *testing.T, l *Lister, name string) {
	original := readGolden(t, "testdata/original-"+name+".golden")
	oursFile := "testdata/ours-" + name + ".golden"
	var differ strings.Builder
	for _, question := range original.order {
		if got := answer(t, l, unescape(t, question)); got != original.answers[question] {
			fmt.Fprintf(&differ, "### %s\n%s", question, got)
		}
	}
	if *update {
		if err := os.WriteFile(oursFile, []byte(differ.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	ours := readGolden(t, oursFile)
	for _, question := range original.order {
		want, ok := ours.answers[question]
		if !ok {
			want = original.answers[question]
		}
		if got := answer(t, l, unescape(t, question)); got != want {
			t.Errorf("%s\ngot:\n%swant:\n%s", question, got, want)
		}
	}
}

// answer makes a listing and writes it as the golden files do.
func answer(t *testing.T, l *Lister, question string) string {
	t.Helper()
	verb, arg, _ := strings.Cut(question, " ")
	var out, text strings.Builder
	var result Result
	var err error
	switch verb {
	case "LIST":
		result, err = l.List(t.Context(), &out, "/", arg)
	case "NLST":
		var s Selection
		if s, err = l.Select(t.Context(), "/", arg); err != nil {
			return "= 550\n"
		}
		result, err = l.Names(t.Context(), &out, s)
	case "MLSD":
		var dir Directory
		if dir, err = l.Directory("/", arg); err != nil {
			return "= 550\n"
		}
		result, err = l.Machine(t.Context(), &out, dir)
	}
	if err != nil {
		t.Fatalf("%s: %v", question, err)
	}
	fmt.Fprintf(&text, "= matches %d", result.Matches)
	if result.Truncated {
		text.WriteString(" truncated")
	}
	if result.Options != "" {
		fmt.Fprintf(&text, " options %q", result.Options)
	}
	fmt.Fprintf(&text, " problems %d\n", len(result.Problems))
	for _, line := range cut(t, out.String()) {
		fmt.Fprintf(&text, "| %s\n", escape(line))
	}
	return text.String()
}

type golden struct {
	order   []string
	answers map[string]string
}

func readGolden(t *testing.T, file string) golden {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	g := golden{answers: make(map[string]string)}
	question := ""
	for line := range strings.Lines(string(text)) {
		switch after, isQuestion := strings.CutPrefix(line, "### "); {
		case isQuestion:
			question = strings.TrimSuffix(after, "\n")
			g.order = append(g.order, question)
		case question != "":
			g.answers[question] += line
		}
	}
	return g
}

// TestEntry checks the lines of MLST.
func TestEntry(t *testing.T) {
	tree := recordedTree(t)
	real := New(tree, Config{})
	for name, want := range map[string]string{
		"":      "type=cdir;sizd=4096;modify=20200102030405;UNIX.mode=0755;UNIX.uid=2101;UNIX.gid=2201;unique=fe00g984009; .",
		"/":     "type=pdir;sizd=4096;modify=20200102030405;UNIX.mode=0755;UNIX.uid=2101;UNIX.gid=2201;unique=fe00g984009; /",
		"d/.":   "type=dir;sizd=4096;modify=20200102030405;UNIX.mode=0755;UNIX.uid=2101;UNIX.gid=2201;unique=fe00g984445; d/.",
		"none":  "type=file;size=1;modify=20200102030405;UNIX.mode=00;UNIX.uid=2101;UNIX.gid=2201;unique=fe00g984436; none",
		"ld":    "type=OS.unix=slink:d;size=1;modify=20200102030405;UNIX.mode=0777;UNIX.uid=2101;UNIX.gid=2201;unique=fe00g98445f; ld",
		"lsemi": "type=OS.unix=symlink;size=3;modify=20200102030405;UNIX.mode=0777;UNIX.uid=2101;UNIX.gid=2201;unique=fe00g984465; lsemi",
	} {
		if got, err := real.Entry("/", name); got != want || err != nil {
			t.Errorf("Entry(%q) = %q, %v; want %q, nil", name, got, err, want)
		}
	}
	anonymous := New(tree, Config{Anonymous: true})
	want := "type=OS.unix=slink:nowhere;size=7;modify=20200102030405;UNIX.mode=0777;unique=fe00g984460; lbroken"
	if got, err := anonymous.Entry("/", "lbroken"); got != want || err != nil {
		t.Errorf("Entry(%q) = %q, %v; want %q, nil", "lbroken", got, err, want)
	}
	broken := New(tree, Config{Broken: true})
	if got, err := broken.Entry("/", "ld"); !strings.HasPrefix(got, "type=dir;sizd=4096;") || err != nil {
		t.Errorf("Entry(%q) with Broken = %q, %v; want the facts of the directory", "ld", got, err)
	}
	if _, err := real.Entry("/d", "missing"); err == nil {
		t.Error("Entry of a missing file gave no error")
	}
}

// TestFactValue checks that no target of a link can end its fact, all facts or the line.
func TestFactValue(t *testing.T) {
	link := ftp.Facts{Mode: ftp.ModeSymlink | 0o777}
	for _, target := range []string{"", "a;b", "a b", "a\nb", "a\r", "\x7f"} {
		if got := string(appendType(nil, []byte("l"), &link, target)); got != "OS.unix=symlink" {
			t.Errorf("type of a link to %q = %q; want OS.unix=symlink", target, got)
		}
	}
}
