package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"

	"pureftpd/internal/passwdfile"
)

// locked stands for a password that nobody can have.
const locked = "*"

var (
	errTwice    = errors.New("the login stands in an earlier line already")
	errRelative = errors.New("the home is not an absolute path")
)

// A converter turns lines of the passwd file into lines of a virtual users' file.
type converter struct {
	shells map[string]bool
	hashes map[string]string // by login; nil if the shadow file cannot be read
	isDir  func(name string) bool
	seen   map[string]bool // logins
}

// line converts one line. The answer is empty for accounts that are not meant to log in: root's, those without a shell
// or a home. An error says why another one cannot become a virtual user.
func (c *converter) line(text string) (string, error) {
	a, err := parseAccount(text)
	if a == nil {
		return "", err
	}
	if c.seen[a.login] { // the system takes the first
		return "", errTwice
	}
	c.seen[a.login] = true
	switch {
	case a.uid == 0 || a.gid == 0:
		return "", nil
	case !c.shells[a.shell] && !strings.EqualFold(a.shell, "ftp"):
		return "", nil
	case !filepath.IsAbs(a.home):
		return "", errRelative
	case !c.isDir(a.home):
		return "", nil
	}
	gecos, _, _ := strings.Cut(a.gecos, ",")
	record := passwdfile.Record{
		Login: a.login, Hash: c.hash(a), UID: a.uid, GID: a.gid, Gecos: gecos, Home: a.home + "/./",
	}
	line, err := record.AppendLine(nil) // refuses what could not be read again
	if err != nil {
		return "", err
	}
	return string(bytes.TrimRight(line, ":")), nil // the rules that follow the home are all empty
}

// hash is what to print as the password: a hash in one of the modern forms, or locked.
func (c *converter) hash(a *account) string {
	hash, ok := c.hashes[a.login]
	if !ok {
		hash = a.hash
	}
	if !strings.HasPrefix(hash, "$") {
		return locked
	}
	return hash
}
