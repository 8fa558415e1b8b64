package puredbauth

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pureftpd/internal/auth"
	"pureftpd/internal/puredb"
)

// A stale is a backend over an index and a text whose times the test sets.
type stale struct {
	*testing.T
	*Backend
	index, text string
	stats       int
	told        []string
}

func newStale(t *testing.T) *stale {
	dir := t.TempDir()
	s := &stale{T: t, index: filepath.Join(dir, "users.pdb"), text: filepath.Join(dir, "users.passwd")}
	write(t, s.index, puredb.Record{Key: "joe", Value: "x:1:1::/x"})
	s.Backend = New(Config{
		Path: s.index, Verifier: plain{}, Text: s.text,
		Stat:   func(path string) (fs.FileInfo, error) { s.stats++; return os.Stat(path) },
		Report: func(message string) { s.told = append(s.told, message) },
	})
	return s
}

// edit sets the time of a file, which is created if it is missing.
func (s *stale) edit(path string, when time.Time) {
	s.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		err = errors.Join(f.Close(), os.Chtimes(path, when, when))
	}
	if err != nil {
		s.Fatal(err)
	}
}

// reports lets somebody log in, and tells whether what is reported then contains what it should.
func (s *stale) reports(parts ...string) {
	s.Helper()
	if _, err := s.Authenticate(s.Context(), auth.Credentials{User: "nobody"}); !errors.Is(err, auth.ErrUnknown) {
		s.Error(err)
	}
	ok := len(parts) == len(s.told)
	for i := 0; ok && i < len(parts); i++ {
		ok = strings.Contains(s.told[i], parts[i])
	}
	if !ok {
		s.Errorf("reports = %q; want %q", s.told, parts)
	}
	s.told = nil
}

func TestForgottenMkdb(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStale(t)
		made := time.Now()
		s.edit(s.index, made)
		s.reports() // there is no text
		for _, ago := range []time.Duration{time.Hour, 0} {
			s.edit(s.text, made.Add(-ago))
			time.Sleep(time.Second)
			s.reports()
		}
		s.edit(s.text, made.Add(200*time.Second))
		time.Sleep(time.Second)
		s.reports(s.index + " is older than " + s.text + " by 3m20s: what changed since does not count yet; " +
			"run: pure-pw mkdb " + s.index + " -f " + s.text)
		for range 3 { // said once
			time.Sleep(time.Second)
			s.reports()
		}
		s.edit(s.text, made.Add(300*time.Second))
		s.reports() // not looked at again yet
		time.Sleep(time.Second)
		s.reports("by 5m0s")
		s.edit(s.index, made.Add(300*time.Second-time.Millisecond/2))
		time.Sleep(time.Second)
		s.reports("by 1ms")
		s.edit(s.index, made.Add(300*time.Second))
		time.Sleep(time.Second)
		s.reports()
	})
}

func TestLooksForMkdbAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStale(t)
		for range 1000 {
			s.reports()
			time.Sleep(10 * time.Millisecond)
		}
		if s.stats > 20 {
			t.Errorf("%d stats in 10 s; want 20", s.stats)
		}
	})
}

func TestTextThatCannotBeLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStale(t)
		s.watch.stat = func(path string) (fs.FileInfo, error) {
			if path == s.text {
				return nil, fs.ErrPermission
			}
			return os.Stat(path)
		}
		s.reports("cannot tell whether " + s.index + " is up to date")
		time.Sleep(time.Second)
		s.reports()
	})
}
