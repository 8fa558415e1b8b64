package record

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func openTestAltLog(t *testing.T, c AltLogConfig) *AltLog {
	t.Helper()
	l, err := OpenAltLog(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// at is a transfer that ends so many seconds from now.
func at(seconds int64) Transfer {
	return Transfer{End: time.Now().Add(time.Duration(seconds) * time.Second), User: "ann", Path: "/a"}
}

func lines(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

func TestAltLogIsPrivateAndAppended(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for range 2 {
		l := openTestAltLog(t, AltLogConfig{Format: "w3c", Path: path})
		l.Write(at(0))
	}
	if got := lines(t, path); len(got) != 4+2 { // the header once
		t.Errorf("the file holds %q", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
}

func TestExistingEmptyFileGetsNoHeader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	openTestAltLog(t, AltLogConfig{Format: "w3c", Path: path}).Write(at(0))
	if got := lines(t, path); len(got) != 1 {
		t.Errorf("the file holds %q; want one line", got)
	}
}

func TestAltLogThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "file"), link); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{link: "symbolic link", dir: "directory", dir + "/no/file": "no such file"} {
		if _, err := OpenAltLog(AltLogConfig{Format: "clf", Path: path}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("OpenAltLog(%s) = %v; want %q in it", path, err, want)
		}
	}
	if _, err := OpenAltLog(AltLogConfig{Format: "xml", Path: dir + "/file"}); err == nil {
		t.Error("a format that is none was taken")
	}
}

// Lines written before the rotation was noticed stay in the old file; none is lost, and none is torn.
func TestRotationUnderLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	l := openTestAltLog(t, AltLogConfig{Format: "w3c", Path: path, Report: func(m string) { t.Error(m) }})
	const writers, each = 8, 200
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				x := at(int64(i) * 2) // each looks anew
				x.Path = fmt.Sprintf("/%d/%d", w, i)
				l.Write(x)
			}
		})
	}
	var kept []string
	for i := range 5 {
		old := fmt.Sprintf("%s.%d", path, i)
		if err := os.Rename(path, old); err == nil {
			kept = append(kept, old)
		} else if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	group.Wait()
	l.Write(at(10 * each)) // the last look: the file is there again
	seen := map[string]int{}
	for _, file := range append(kept, path) {
		for _, line := range lines(t, file) {
			if strings.HasPrefix(line, "#") {
				continue
			}
			fields := strings.Fields(line)
			if len(fields) != 8 {
				t.Fatalf("torn line %q", line)
			}
			seen[fields[4]]++
		}
	}
	if len(seen) != writers*each+1 {
		t.Errorf("%d lines are there; want %d", len(seen), writers*each+1)
	}
	if lost := l.Place().Lost; lost != 0 {
		t.Errorf("%d lines lost", lost)
	}
}

// A log directory that became read-only is an error that is seen while the server runs (Q21).
func TestTroubleIsToldOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	var told []string
	broken := errors.New("no rights")
	fail := false
	l := openTestAltLog(t, AltLogConfig{
		Format: "clf", Path: path, Report: func(m string) { told = append(told, m) },
		Open: func(p string) (*os.File, error) {
			if fail {
				return nil, broken
			}
			return OpenLogFile(p)
		},
	})
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	fail = true
	for i := range int64(5) {
		l.Write(at(10 * (i + 1)))
	}
	if len(told) != 1 || !strings.Contains(told[0], "no rights") {
		t.Errorf("told %q; want the trouble once", told)
	}
	if got := lines(t, path+".old"); len(got) != 5 {
		t.Errorf("the old file holds %q; want all lines meanwhile", got)
	}
	if p := l.Place(); !p.Transfers || p.Format != "clf" || p.Path != path || p.Lines != 5 || !strings.Contains(p.Trouble, "no rights") {
		t.Errorf("its place is %+v", p)
	}
	fail = false
	l.Write(at(100))
	if p := l.Place(); p.Lines != 6 || p.Lost != 0 || p.Trouble != "" || p.LastLine != lines(t, path)[0] {
		t.Errorf("its place is then %+v", p)
	}
	if got := lines(t, path); len(got) != 1 {
		t.Errorf("the new file holds %q", got)
	}
}

func TestFullDiskTearsNoLaterLine(t *testing.T) {
	var told bytes.Buffer
	lost := 0
	l := openTestAltLog(t, AltLogConfig{Format: "clf", Path: "/dev/full", Report: func(m string) { told.WriteString(m + "\n") }, Lost: func() { lost++ }})
	l.Write(at(0))
	l.Write(at(1))
	if lost != 2 || l.Place().Lost != 2 || strings.Count(told.String(), "\n") != 1 {
		t.Errorf("lost %d, %+v, told %q; want 2 and one line", lost, l.Place(), told.String())
	}
}
