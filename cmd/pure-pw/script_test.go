package main

import (
	"bytes"
	"context"
	"errors"
	goflag "flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"pureftpd/internal/passhash"
)

// oracle makes the scripts run the original, where what it does otherwise is marked line by line: [ours] and
// [original].
var oracle = goflag.String("oracle", "", "run the original instead of ours: the `program` of its package")

// update writes what "cmp stdout FILE" and "cmp stderr FILE" see into the scripts.
var update = goflag.Bool("update", false, "rewrite what the scripts expect")

func TestMain(m *testing.M) {
	// What runs on this machine is none of a test's business: a script makes a folder of processes, or there is none.
	testscript.Main(m, map[string]func(){program: func() { os.Exit(realMain(os.Getenv("PROC"))) }})
}

// TestScripts plays the command lines in testdata/script.
func TestScripts(t *testing.T) {
	vectors, err := filepath.Abs("testdata/vectors")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:             "testdata/script",
		ContinueOnError: true,
		UpdateScripts:   *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("VECTORS", vectors)
			env.Setenv("BREAK", "\n")
			return useOracle(env)
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "ours":
				return *oracle == "", nil
			case "original":
				return *oracle != "", nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"pw":       runPW,
			"same":     sameText,
			"verifies": verifies,
			"mode":     hasMode,
			"bytes":    writeBytes,
			"age":      makeOld,
		},
	})
}

// useOracle puts the original in the place of our program, if it was asked for.
func useOracle(env *testscript.Env) error {
	if *oracle == "" {
		return nil
	}
	path, err := filepath.Abs(*oracle)
	if err != nil {
		return err
	}
	bin := filepath.Join(env.WorkDir, ".bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		return err
	}
	env.Setenv("PATH", bin+string(filepath.ListSeparator)+env.Getenv("PATH"))
	return os.Symlink(path, filepath.Join(bin, program))
}

// runPW is "pw STATUS ARGUMENTS...": it runs pure-pw, which must exit with the status.
func runPW(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: pw STATUS ARGUMENTS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(program, args[1:]...); err != nil {
		ended, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("run pure-pw: %v", err)
		}
		got = ended.ExitCode()
	}
	if got != want {
		ts.Fatalf("pure-pw %q exits with %d; want %d", args[1:], got, want)
	}
}

// newHash finds the hashes that are made: each is another.
var newHash = regexp.MustCompile(`\$argon2id\$[^:\n]*`)

// sameText is "same FILE WANT": the text of a file, with HASH for each new hash, must be that of the other.
func sameText(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: same FILE WANT")
	}
	got := newHash.ReplaceAllString(ts.ReadFile(args[0]), "HASH")
	if want := ts.ReadFile(args[1]); got != want {
		ts.Fatalf("%s holds\n%s\nwant\n%s", args[0], got, want)
	}
}

// verifies is "verifies FILE LOGIN PASSWORD": the hash in the login's line must be that of the password.
func verifies(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: verifies FILE LOGIN PASSWORD")
	}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		if fields := strings.Split(line, ":"); fields[0] == args[1] {
			ok, err := passhash.New(passhash.Config{}).Verify(context.Background(), fields[fieldHash], args[2])
			if err != nil || !ok {
				ts.Fatalf("%q does not verify %q: %v", fields[fieldHash], args[2], err)
			}
			return
		}
	}
	ts.Fatalf("there is no line of %q in %s", args[1], args[0])
}

// hasMode is "mode FILE OCTAL".
func hasMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode FILE OCTAL")
	}
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("the mode of %s is %s; want %s", args[0], got, args[1])
	}
}

// writeBytes is "bytes FILE TEXT...": the words, with Go's escapes understood, one after the other. An
// archive cannot hold a file without a line end, or a CR.
func writeBytes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: bytes FILE TEXT...")
	}
	var b bytes.Buffer
	for _, word := range args[1:] {
		text, err := strconv.Unquote(`"` + word + `"`)
		ts.Check(err)
		b.WriteString(text)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o600))
}

// makeOld is "age FILE".
func makeOld(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: age FILE")
	}
	then := time.Now().Add(-time.Hour)
	ts.Check(os.Chtimes(ts.MkAbs(args[0]), then, then))
}
