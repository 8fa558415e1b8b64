package passwdfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A probe is an index over a file that the test changes, and what the index reported. It lives in a
// bubble of package synctest: the file's times are set by the bubble's clock.
type probe struct {
	*testing.T
	*Index
	told []string
}

func newProbe(t *testing.T) *probe {
	p := &probe{T: t}
	p.Index = &Index{
		Path:     filepath.Join(t.TempDir(), "users.passwd"),
		Report:   func(message string) { p.told = append(p.told, message) },
		Repaired: func(message string) { p.told = append(p.told, message+" (repaired)") },
	}
	return p
}

// write changes the file in place, now.
func (p *probe) write(text string) {
	p.Helper()
	if err := os.WriteFile(p.Path, []byte(text), 0o600); err != nil {
		p.Fatal(err)
	}
	p.touch()
}

// touch makes now the time of the file's last change.
func (p *probe) touch() {
	p.Helper()
	if err := os.Chtimes(p.Path, time.Time{}, time.Now()); err != nil {
		p.Fatal(err)
	}
}

// wants looks a login up. The value "" means that it is not there.
func (p *probe) wants(login, value string) {
	p.Helper()
	got, err := p.Find(login)
	if value == "" && !errors.Is(err, ErrNoLogin) || string(got) != value {
		p.Errorf("Find(%q) = %q, %v; want %q", login, got, err, value)
	}
}

// reports tells whether each of the reports since the last call contains what it should.
func (p *probe) reports(parts ...string) {
	p.Helper()
	ok := len(parts) == len(p.told)
	for i := 0; ok && i < len(parts); i++ {
		ok = strings.HasPrefix(p.told[i], p.Path) && strings.Contains(p.told[i], parts[i])
	}
	if !ok {
		p.Errorf("reports = %q; want %q", p.told, parts)
	}
	p.told = nil
}

const (
	joe   = "h:1:1::/joe"
	ann   = "h:2:2::/ann"
	start = "# users\n\njoe:" + joe + "\r\nann:" + ann + "\n"
)

// begun returns a probe over the file start, which has been read.
func begun(t *testing.T) *probe {
	p := newProbe(t)
	p.write(start)
	time.Sleep(time.Second)
	p.wants("joe", joe)
	p.reports()
	return p
}

func TestIndex(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := begun(t)
		p.wants("ann", ann)
		for _, login := range []string{
			"", "jo", "joe:h", "joe:" + joe, "users", "# users", "#", "# users\n\njoe", "\n", "joe\n", "Joe", " joe", "h", "nobody",
		} {
			p.wants(login, "")
		}
		if got, err := p.First(); string(got) != joe || err != nil {
			t.Errorf("First = %q, %v; want %q", got, err, joe)
		}
		got, err := p.Find("joe")
		if err != nil {
			t.Fatal(err)
		}
		got[0] = 'x' // the caller's copy
		p.wants("joe", joe)
		p.reports()
	})
}

func TestEmptyFileHasNoAccounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, text := range []string{"", "\n", "# joe:h:1:1::/\n\r\n"} {
			p := newProbe(t)
			p.write(text)
			p.wants("joe", "")
			if got, err := p.First(); !errors.Is(err, ErrNoLogin) {
				t.Errorf("First of %q = %q, %v; want ErrNoLogin", text, got, err)
			}
			p.reports()
		}
	})
}

func TestChangeIsSeenWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for delay := time.Duration(0); delay < time.Second; delay += 10 * time.Millisecond {
			p := begun(t)
			time.Sleep(delay) // the last look may have been at any time before the change
			p.write("joe:!:1:1::/joe\n")
			changed := time.Now()
			for value := joe; value == joe; time.Sleep(30 * time.Millisecond) {
				got, err := p.Find("joe")
				if err != nil {
					t.Fatal(err)
				}
				if age := time.Since(changed); string(got) != joe && age < quiet || string(got) == joe && age > 600*time.Millisecond {
					t.Fatalf("delay %v: Find = %q %v after the change", delay, got, age)
				}
				value = string(got)
			}
			p.wants("ann", "")
			p.reports()
		}
	})
}

// The file is looked at a few times a second, however many logins there are.
func TestLooksAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := begun(t)
		opened := 0
		p.Open = func(path string) (*os.File, error) { opened++; return os.Open(path) }
		for range 1000 {
			p.wants("joe", joe)
			time.Sleep(10 * time.Millisecond)
		}
		if opened < 30 || opened > 40 {
			t.Errorf("opened %d times in 10 s; want at most 40", opened)
		}
	})
}

// A file that is being written is left alone, if not for ever.
func TestRestlessFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := begun(t)
		const next = "joe:!:1:1::/joe\n"
		began := time.Now()
		for time.Since(began) < 2*time.Second {
			p.write(next)
			time.Sleep(50 * time.Millisecond)
			got, err := p.Find("joe")
			if err != nil {
				t.Fatal(err)
			}
			if age := time.Since(began); string(got) != joe && age < patience || string(got) == joe && age > time.Second {
				t.Fatalf("Find = %q after %v", got, age)
			}
		}
		p.reports()
	})
}

// The first look-up of all waits for a file that was written just now.
func TestFirstLookWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProbe(t)
		p.write(start)
		began := time.Now()
		p.Load()
		if waited := time.Since(began); waited != quiet {
			t.Errorf("Load took %v; want %v", waited, quiet)
		}
		p.wants("joe", joe)
		p.reports()
	})
}

func TestBrokenEditKeepsTheLastGoodState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := begun(t)
		for text, want := range map[string]string{
			"ann:h:2:2::/new\njoe:h:0:1::/joe\n": `:2: login "joe": field 3 (uid): root is not allowed; what counts`,
			"ann:h:2:2::/new\njoe:h:1:1::/joe":   `:2: login "joe": the last line does not end in a line feed`,
			"ann:h:2:2::/new\njoe\n":             `:2: field 2 (password): empty`,
			"#\n\n \n":                           `:3: field 2 (password): empty`,
			"$1$x$y:1:1::/joe\n":                 `:1: field 4 (gid): empty`,
		} {
			p.write(text)
			for range 5 {
				time.Sleep(time.Second)
				p.wants("joe", joe)
				p.wants("ann", ann)
			}
			p.reports(want) // once
		}
		p.touch() // another version of it
		time.Sleep(time.Second)
		p.wants("joe", joe)
		if len(p.told) != 1 {
			t.Errorf("reports = %q; want one for the new version", p.told)
		}
		p.told = nil
		p.write("ann:" + ann + "\n")
		time.Sleep(time.Second)
		p.wants("joe", "")
		p.reports("is in use again; accounts: 1 (repaired)")
	})
}

func TestBrokenAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProbe(t)
		p.write("joe:" + joe + "\nann:h:2:2::/ann:junk\n")
		time.Sleep(time.Second)
		p.Load()
		p.reports(`:2: login "ann": field 7 (upload bandwidth): not a decimal number in range; no account of this file`)
		for range 5 {
			time.Sleep(time.Second)
			if got, err := p.Find("joe"); !errors.Is(err, ErrUnusable) || !strings.Contains(err.Error(), p.Path+":2:") {
				t.Errorf("Find = %q, %v; want ErrUnusable and the place", got, err)
			}
			if _, err := p.First(); !errors.Is(err, ErrUnusable) {
				t.Errorf("First = %v; want ErrUnusable", err)
			}
		}
		p.reports()
		p.write("joe:" + joe + "\n")
		time.Sleep(time.Second)
		p.wants("joe", joe)
		p.reports("is in use again")
	})
}

func TestMissingFileLeavesNoState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := begun(t)
		if err := os.Remove(p.Path); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			time.Sleep(time.Second)
			if got, err := p.Find("joe"); !errors.Is(err, ErrUnusable) || !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Find = %q, %v; want ErrUnusable", got, err)
			}
		}
		if len(p.told) != 1 || !strings.Contains(p.told[0], "no such file") {
			t.Errorf("reports = %q; want one", p.told)
		}
		p.told = nil
		p.write("joe:junk\n")
		time.Sleep(time.Second)
		if got, err := p.Find("joe"); !errors.Is(err, ErrUnusable) {
			t.Errorf("Find = %q, %v; want ErrUnusable: the old state is gone", got, err)
		}
		p.reports("field 3 (uid)")
		p.write(start)
		time.Sleep(time.Second)
		p.wants("joe", joe)
		p.reports("is in use again; accounts: 2 (repaired)")
		p.Index = &Index{Path: filepath.Dir(p.Path)}
		if _, err := p.Find("joe"); !errors.Is(err, ErrUnusable) {
			t.Errorf("Find in a directory = %v; want ErrUnusable", err)
		}
	})
}

func TestFileTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := begun(t)
		if err := os.Truncate(p.Path, MaxIndexed+1); err != nil { // a hole: it takes no space
			t.Fatal(err)
		}
		p.touch()
		time.Sleep(time.Second)
		p.wants("joe", joe)
		p.reports("too large: 536870913 bytes, and 536870912 are allowed; what counts")
	})
}

func TestFirstOfRepeatedLoginsCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProbe(t)
		p.write("#\njoe:" + joe + "\njoe:h:9:9::/\njoe:h:8:8::/\n")
		time.Sleep(time.Second)
		for range 3 {
			p.wants("joe", joe)
			time.Sleep(time.Second)
		}
		p.reports(`:3: login "joe": line 2 has it already, and counts; so it is with 1 more lines`)
		p.write("joe:" + joe + "\njoe:junk\n") // one that does not count has to be right, too
		time.Sleep(time.Second)
		p.wants("joe", joe)
		p.reports(":2: login \"joe\": field 3 (uid)")
	})
}

// What the index finds of the original's own files is what its .pdb holds, or the file is refused.
func TestVectors(t *testing.T) {
	for _, name := range []string{"three", "users5000"} {
		text, err := os.ReadFile(filepath.Join("testdata", name+".passwd"))
		if err != nil {
			t.Fatal(err)
		}
		l, err := newLines(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			login, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
			if got, ok := l.find(login); !ok || string(got) != value {
				t.Errorf("%s: find(%q) = %q, %v; want %q", name, login, got, ok, value)
			}
		}
	}
}

func TestConcurrentLookUps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.passwd")
	texts := [2]string{start, strings.ReplaceAll(start, "h:", "i:")}
	x := &Index{Path: path, Report: func(message string) { t.Error(message) }}
	replace := func(text string) {
		if err := os.WriteFile(path+".tmp", []byte(text), 0o600); err != nil {
			t.Error(err)
		}
		if err := os.Rename(path+".tmp", path); err != nil {
			t.Error(err)
		}
	}
	replace(texts[0])
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 2000 {
				if got, err := x.Find("joe"); err != nil || string(got[1:]) != joe[1:] {
					t.Errorf("Find = %q, %v", got, err)
					return
				}
			}
		})
	}
	for i := range 100 {
		replace(texts[i%2])
	}
	group.Wait()
}

// FuzzLines checks that a text is refused, or that exactly the first line of each login is found,
// and each is one that can be acted on; and that what an older text held does not change that.
func FuzzLines(f *testing.F) {
	f.Add(start, "joe")
	f.Add("joe:"+joe+"\njoe:h:2:2::/\n", "joe")
	f.Add(full+"\n", "alice")
	f.Add("joe:h:1:1::/x:::::::::::::900-1800\n", "joe")
	f.Fuzz(func(t *testing.T, text, login string) {
		l, err := newLines([]byte(text), nil)
		if err != nil {
			if _, ok := errors.AsType[*LineError](err); !ok {
				t.Errorf("error of no class: %v", err)
			}
			return
		}
		want := map[string]string{}
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
			name, value, ok := strings.Cut(line, ":")
			if _, there := want[name]; ok && line[0] != '#' && !there {
				want[name] = value
			}
		}
		if len(want) != l.count {
			t.Errorf("%d accounts; want %d", l.count, len(want))
		}
		want[login] += "" // "" if it is not there
		again, err := newLines([]byte(text), l)
		if err != nil {
			t.Fatalf("the same text again: %v", err)
		}
		for name, value := range want {
			for _, l := range []*lines{l, again} {
				got, ok := l.find(name)
				if ok != (value != "") || string(got) != value {
					t.Errorf("find(%q) = %q, %v; want %q", name, got, ok, value)
				}
				if _, err := Parse(name, string(got)); ok && err != nil {
					t.Errorf("%q: %v", name, err)
				}
			}
		}
	})
}

// millionLines is a text of as many accounts.
func millionLines() []byte {
	var text []byte
	for i := range 1_000_000 {
		text = fmt.Appendf(text, "user%07d:$1$abcdefgh$znAnv9M.XU2pRYfmSs46h/:2001:2001::/srv/ftp/u/./::::::::::::\n", i)
	}
	return text
}

func BenchmarkMillionLines(b *testing.B) {
	text := millionLines()
	first, err := newLines(text, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("Find", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := first.find("user0500000"); !ok {
				b.Fatal("not found")
			}
		}
	})
	for name, old := range map[string]*lines{"New": nil, "Changed": first} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := newLines(text, old); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
