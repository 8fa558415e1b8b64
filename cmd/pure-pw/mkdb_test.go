package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pureftpd/internal/puredb"
)

// indexVectors are texts with the databases that the original made of them.
const indexVectors = "../../internal/puredb/testdata"

// mkdbQuietly runs mkdb in this process.
func mkdbQuietly(t testing.TB, database, text string) {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := null.Close(); err != nil {
			t.Error(err)
		}
	}()
	s := system{in: null, out: null, err: null, getenv: func(string) string { return "" }}
	if got := run([]string{"mkdb", database, "-f", text}, s); got != 0 {
		t.Fatalf("mkdb of %s exits with %d", text, got)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMkdbMakesTheOriginalsFiles(t *testing.T) {
	texts, err := filepath.Glob(indexVectors + "/*.passwd")
	if err != nil || len(texts) == 0 {
		t.Fatalf("%d texts, %v", len(texts), err)
	}
	database := filepath.Join(t.TempDir(), "users.pdb")
	for _, text := range texts {
		mkdbQuietly(t, database, text)
		want := read(t, strings.TrimSuffix(text, ".passwd")+".pdb")
		if got := read(t, database); !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes that are not the %d of the original", text, len(got), len(want))
		}
	}
}

// The second of two programs waits for the first, and what it makes is of the text as it is then.
func TestMkdbWaits(t *testing.T) {
	dir := t.TempDir()
	text, database := filepath.Join(dir, "users"), filepath.Join(dir, "users.pdb")
	write := func(login string) {
		t.Helper()
		if err := os.WriteFile(text, []byte(login+":H:1:1::/x\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("old")
	done := make(chan struct{})
	err := puredb.Replace(database, func(*puredb.Builder) error {
		go func() {
			defer close(done)
			mkdbQuietly(t, database, text)
		}()
		write("new")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	<-done
	if _, err := (&puredb.Reader{Path: database}).Find("new"); err != nil {
		t.Errorf("Find = %v", err)
	}
}

// mkdbProgram is mkdb as a program of its own.
func mkdbProgram(database, text string) *exec.Cmd {
	return &exec.Cmd{Path: os.Args[0], Args: []string{program, "mkdb", database, "-f", text, "--quiet"}}
}

// Whenever mkdb is killed, the database is one of two, whole.
func TestKilledMkdbLeavesAWholeDatabase(t *testing.T) {
	dir := t.TempDir()
	database := filepath.Join(dir, "users.pdb")
	var texts [2]string
	var want [2][]byte
	for i := range texts {
		texts[i] = filepath.Join(dir, fmt.Sprint("users", i))
		var b bytes.Buffer
		for n := range 20000 {
			fmt.Fprintf(&b, "user%d:H%d:1:1::/x\n", n, i)
		}
		if err := os.WriteFile(texts[i], b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		mkdbQuietly(t, database, texts[i])
		want[i] = read(t, database)
	}
	start := time.Now()
	if err := mkdbProgram(database, texts[0]).Run(); err != nil {
		t.Fatal(err)
	}
	whole := time.Since(start)
	const kills = 20
	for i := range kills {
		cmd := mkdbProgram(database, texts[i%2])
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(whole*time.Duration(i)/kills, func() {
			if err := cmd.Process.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Error(err)
			}
		})
		// Killed or done: both are to be expected.
		if err := cmd.Wait(); err != nil && cmd.ProcessState.Exited() {
			t.Errorf("mkdb: %v", err)
		}
		kill.Stop()
		if got := read(t, database); !bytes.Equal(got, want[0]) && !bytes.Equal(got, want[1]) {
			t.Fatalf("after kill %d the database is neither the old nor the new one", i)
		}
	}
	mkdbQuietly(t, database, texts[1])
	if got := read(t, database); !bytes.Equal(got, want[1]) {
		t.Errorf("the run after the kills made another database")
	}
	if left, err := filepath.Glob(database + "?*"); len(left) > 0 || err != nil {
		t.Errorf("files left behind: %q, %v", left, err)
	}
}

// BenchmarkMkdbMillion measures mkdb of a million users, the checks of each line included; run it with -benchtime 1x.
func BenchmarkMkdbMillion(b *testing.B) {
	const users = 1_000_000
	dir := b.TempDir()
	text := filepath.Join(dir, "users")
	var buffer bytes.Buffer
	for n := range users {
		const hash = "$1$abcdefgh$znAnv9M.XU2pRYfmSs46h/"
		fmt.Fprintf(&buffer, "user%d:%s:2001:2001::/srv/ftp/user%[1]d/./::::::::::::\n", n, hash)
	}
	if err := os.WriteFile(text, buffer.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		mkdbQuietly(b, filepath.Join(dir, "users.pdb"), text)
	}
	b.ReportMetric(users*float64(b.N)/b.Elapsed().Seconds(), "users/s")
}
