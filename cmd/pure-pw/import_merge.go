package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"pureftpd/internal/passwdfile"
)

// longestHash is longer than any hash that passhash.Make returns, in bytes. So much room is kept for one that is
// yet to be made.
const longestHash = 128

// merge returns a text with the accounts at its end, and how many of them it held before.
func (i *importer) merge(inv *invocation, old []byte, accounts []*imported, m *mistakes) (text []byte, changed int) {
	there := map[string]*existing{}
	for _, a := range accounts {
		there[a.login] = &existing{}
	}
	text = takeOut(old, there)
	readExisting(old, there)
	for _, a := range accounts {
		is := there[a.login]
		if is.lines > 0 {
			changed++
			if !i.update {
				m.add(a.line, fail(statusRewrite, "%q exists already: --update changes it", a.login))
				continue
			}
		}
		if a.broken {
			continue
		}
		b, err := a.write(inv, is.entry)
		if err != nil {
			m.add(a.line, err)
			continue
		}
		text = appended(text, b)
	}
	return text, changed
}

// An existing account is what a text holds of a login.
type existing struct {
	lines int
	entry *entry // the first line that makes an account; nil if none does
}

// takeOut returns a text without the lines of the logins, by the rules of without, and counts them.
func takeOut(text []byte, logins map[string]*existing) []byte {
	rest := make([]byte, 0, len(text))
	isOne := func(line []byte) bool {
		login, _, found := bytes.Cut(line, []byte(":"))
		e := logins[string(login)]
		if !found || e == nil {
			return false
		}
		e.lines++
		return true
	}
	for whole := range bytes.Lines(text) {
		if isOne(whole) {
			continue
		}
		first := true
		for chunk := range chunks(whole) {
			switch {
			case first || !isOne(chunk):
				rest = append(rest, chunk...)
			case chunk[len(chunk)-1] == '\n':
				rest = append(rest, '\n')
			}
			first = false
		}
	}
	return rest
}

// readExisting reads the accounts of the logins.
func readExisting(text []byte, logins map[string]*existing) {
	// Neither a reader in memory nor the function below makes an error.
	_ = passwdfile.Scan(bytes.NewReader(text), func(line passwdfile.Line) error {
		if is := logins[line.Login]; is != nil && is.entry == nil {
			if e, ok := readEntry(line); ok {
				is.entry = &e
			}
		}
		return nil
	})
}

// write returns the account's line: what the file says, over what the account was, or over what the options say of
// all new ones.
func (a *imported) write(inv *invocation, was *entry) ([]byte, error) {
	e := entry{Record: passwdfile.Record{Login: a.login}}
	if was != nil {
		e = *was
	} else {
		inv.options.apply(&e.Record)
	}
	for _, edit := range a.edits {
		edit(&e.Record)
	}
	switch {
	case a.hash != "":
		e.Hash = a.hash
	case a.password != "":
		e.Hash = strings.Repeat("x", longestHash)
	}
	if err := errors.Join(lacks("password or hash", e.Hash == ""), lacks("uid", e.UID == 0),
		lacks("gid", e.GID == 0), lacks("home", e.Home == "")); err != nil {
		return nil, fmt.Errorf("%s: %s", a.login, strings.ReplaceAll(err.Error(), "\n", ", "))
	}
	if e.hours != "" && !a.hours {
		return nil, fail(statusRewrite, "field 18 (time restrictions) of %q cannot be understood as it is now: "+
			"say what hours shall be", a.login)
	}
	return line(&e.Record)
}

// lacks is an error if something is missing.
func lacks(what string, is bool) error {
	if is {
		return errors.New(what + " missing")
	}
	return nil
}
