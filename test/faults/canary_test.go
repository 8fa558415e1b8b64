//go:build privileged

package faults

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What stands outside of a root, and must not be found inside it. Every user might read and change it there, so that the
// root is all that protects it.
const (
	canarySecret = "CANARY-SECRET" // what its files hold
	canaryMarker = "zz-marker"     // a name that no command mentions
	canarySize   = 791917          // bytes of its files
	canaryYear   = 2001            // its times
)

// A canary is the tree around a user's root.
type canary struct {
	top    string // of the tree
	root   string // the user's, inside top
	before map[string]string
}

// newCanary makes the tree: the root is top/a/jail, and outside and a/jail-twin are the prey.
func newCanary(t *testing.T) *canary {
	t.Helper()
	c := &canary{top: folder(t)}
	c.root = filepath.Join(c.top, "a", "jail")
	mkdir(t, filepath.Join(c.top, "a"))
	mkdir(t, c.root)
	for _, dir := range []string{"outside", "outside/sub", "a/jail-twin", "a/jail-twin/sub"} {
		dir = filepath.Join(c.top, dir)
		mkdir(t, dir)
		for _, name := range []string{"prey.txt", canaryMarker} {
			write(t, filepath.Join(dir, name), bytes.Repeat([]byte(canarySecret), canarySize/len(canarySecret)+1)[:canarySize])
		}
	}
	then := time.Date(canaryYear, 2, 3, 4, 5, 6, 0, time.UTC)
	for _, path := range c.paths(t) {
		mode := fs.FileMode(0o777)
		if info, err := os.Lstat(path); err != nil || info.Mode().IsRegular() {
			mode = 0o666
		}
		if err := errors.Join(os.Chmod(path, mode), os.Chtimes(path, then, then)); err != nil {
			t.Fatal(err)
		}
	}
	c.before = c.look(t)
	return c
}

// paths lists the tree, without the inside of the root.
func (c *canary) paths(t *testing.T) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(c.top, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == c.root {
			return filepath.SkipDir
		}
		list = append(list, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// look describes everything outside. The change time tells of every write, whoever sets the other times back.
func (c *canary) look(t *testing.T) map[string]string {
	t.Helper()
	seen := make(map[string]string)
	for _, path := range c.paths(t) {
		var st syscall.Stat_t
		if err := syscall.Lstat(path, &st); err != nil {
			t.Fatal(err)
		}
		facts := []int64{int64(st.Ino), int64(st.Mode), int64(st.Uid), int64(st.Gid), int64(st.Nlink), st.Size,
			st.Mtim.Sec, st.Mtim.Nsec, st.Ctim.Sec, st.Ctim.Nsec}
		var words []string
		for _, n := range facts {
			words = append(words, strconv.FormatInt(n, 10))
		}
		seen[path] = strings.Join(words, " ")
	}
	return seen
}

// intact checks that nothing outside is new, gone or other than before.
func (c *canary) intact(t *testing.T, after string) {
	t.Helper()
	now := c.look(t)
	for path, facts := range now {
		if c.before[path] != facts {
			t.Errorf("after %.150q %s is %q, want %q", after, path, facts, c.before[path])
		}
	}
	for path := range c.before {
		if now[path] == "" {
			t.Errorf("after %.150q %s is gone", after, path)
		}
	}
	c.before = now
}

// tells returns what a text tells of the outside, or "".
func tells(text string) string {
	for _, word := range []string{
		canarySecret, canaryMarker, "213 " + strconv.Itoa(canarySize), "size=" + strconv.Itoa(canarySize),
		" " + strconv.Itoa(canarySize) + " ", strconv.Itoa(canaryYear) + "0203040506", "Feb  3  " + strconv.Itoa(canaryYear),
	} {
		if strings.Contains(text, word) {
			return word
		}
	}
	return ""
}

// silent checks that neither a reply nor data tell of the outside.
func silent(t *testing.T, command, text string) {
	t.Helper()
	if word := tells(text); word != "" {
		t.Errorf("%.150q tells %q of what lies outside: %.300q", command, word, text)
	}
}
