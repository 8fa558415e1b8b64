package main

import (
	"bytes"
	"errors"
	"iter"
	"slices"

	"pureftpd/internal/passwdfile"
)

// without returns a text without the lines of a login, whether they make an account or not, and how many
// there were. All else, comments and broken lines included, stays as it is.
//
// The original's tools, which build the database, read a line that is too long as several. A later one of
// them that belongs to the login is removed as well; the rest of its line stays.
func without(text []byte, login string) (rest []byte, removed int) {
	prefix := []byte(login + ":")
	for whole := range bytes.Lines(text) {
		if bytes.HasPrefix(whole, prefix) {
			removed++
			continue
		}
		for chunk := range chunks(whole) {
			if !bytes.HasPrefix(chunk, prefix) {
				rest = append(rest, chunk...)
				continue
			}
			removed++
			if chunk[len(chunk)-1] == '\n' {
				rest = append(rest, '\n')
			}
		}
	}
	return rest, removed
}

// chunks yields what of a line is read at once.
func chunks(line []byte) iter.Seq[[]byte] { return slices.Chunk(line, passwdfile.MaxLine) }

// holds tells whether a text has a line of the login.
func holds(text []byte, login string) bool {
	_, n := without(text, login)
	return n > 0
}

// appended returns a text with a line, which has its end, as its last.
func appended(text, line []byte) []byte {
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text = append(text, '\n')
	}
	return append(text, line...)
}

// update changes the text file under its lock. An error of change that has a status keeps it.
func (inv *invocation) update(change func(old []byte) ([]byte, error)) error {
	u := passwdfile.Updater{Path: inv.text(), Warn: func(message string) { inv.warn("%s", message) }}
	err := u.Update(change)
	if _, known := errors.AsType[*failure](err); err == nil || known {
		return err
	}
	return fail(statusRewrite, "%s was not changed: %w", inv.text(), err)
}

// replace puts the record in place of the lines of its login, at the end of the text.
func replace(text []byte, r *passwdfile.Record) ([]byte, error) {
	added, err := line(r)
	if err != nil {
		return nil, err
	}
	rest, _ := without(text, r.Login)
	return appended(rest, added), nil
}

// statusOfField is the status of a record that cannot be written.
func statusOfField(err error) status {
	e, ok := errors.AsType[*passwdfile.FieldError](err)
	if !ok {
		return statusRewrite
	}
	switch e.Field - 1 {
	case fieldHash:
		return statusPassword
	case fieldUID, fieldGID:
		return statusID
	case fieldHome:
		return statusHome
	}
	return statusOption
}
