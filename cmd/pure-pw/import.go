package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
)

// An importer makes accounts of a file from elsewhere. Everything in it is checked before anything is written;
// either all of it is in the text file afterwards, or nothing.
//
// The file is CSV, with the names of the columns in its first row, or JSON: an array of objects, or one object
// after the other. The names are in importColumns. A "password" is in the clear and is hashed here, a "hash" is
// taken as it is. Rates are in bytes per second, sizes in bytes.
//
// With update, a column that is not there, or a member, leaves the field as it is; an empty cell, text or null
// empties it, unless an account cannot be without. What the options of the command line say (-u, -g, -d ...) holds
// for all new accounts whose row does not say otherwise.
type importer struct {
	update bool // logins that exist are changed, as far as the file says
}

func importCommand() command {
	var i importer
	return command{
		name: "import", usage: "FILE|-", help: "add the accounts of a CSV or JSON file, all or none", run: i.run,
		wordless: true, changes: true,
		flags: []flag{{
			long: "update", help: "change accounts that exist already: what the file does not name stays as it is",
			set: func(*options, string) error {
				i.update = true
				return nil
			},
		}},
	}
}

// An imported account is one row of the file.
type imported struct {
	line     int // where it begins in the file
	login    string
	password string // in the clear, to be hashed; or empty
	hash     string // empty: to be hashed, or left as it is
	edits    []edit
	hours    bool // the edits say which
	broken   bool // a mistake was found already
}

// run imports the file that the word names.
func (i *importer) run(inv *invocation) error {
	data, err := inv.importFile()
	if err != nil {
		return err
	}
	m := &mistakes{file: inv.word}
	accounts := understand(readRows(data, m), m)
	// Hashing takes long: all mistakes are told before, those that only the text file shows included.
	text, err := os.ReadFile(inv.text())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fail(statusText, "%w", err)
	}
	i.merge(inv, text, accounts, m)
	if err := m.report(inv); err != nil {
		return err
	}
	inv.warnOfDES(accounts)
	if err := inv.hashAll(accounts); err != nil {
		return err
	}
	if len(accounts) == 0 {
		return i.tell(inv, 0, 0) // no reason to make a file
	}
	var changed int
	err = inv.update(func(old []byte) ([]byte, error) {
		m := &mistakes{file: inv.word}
		var text []byte
		text, changed = i.merge(inv, old, accounts, m)
		return text, m.report(inv)
	})
	if err != nil {
		return err
	}
	return i.tell(inv, len(accounts)-changed, changed)
}

// tell says what was done.
func (*importer) tell(inv *invocation, added, changed int) error {
	_, err := fmt.Fprintf(inv.out, "accounts added: %d, changed: %d\n", added, changed)
	return err
}

// importFile returns what is to be imported.
func (inv *invocation) importFile() ([]byte, error) {
	var data []byte
	var err error
	switch inv.word {
	case "":
		return nil, fail(statusOption, `the file is missing: write pure-pw import FILE ..., or "-" for standard input`)
	case "-":
		data, err = io.ReadAll(inv.in)
	default:
		data, err = os.ReadFile(inv.word)
	}
	if err != nil {
		return nil, fail(statusText, "%w", err)
	}
	return data, nil
}

// mostMistakes is how many mistakes are shown. More mean that something is wrong with the file as a whole.
const mostMistakes = 100

// A finding is what is wrong with one line of a file.
type finding struct {
	line int
	text string
}

// mistakes are what is wrong with a file.
type mistakes struct {
	file   string
	all    []finding
	status status
}

// add notes a mistake. An error that has a status keeps it.
func (m *mistakes) add(line int, err error) {
	s := statusOption
	if f, ok := errors.AsType[*failure](err); ok {
		s = f.status
	}
	m.status |= s
	m.all = append(m.all, finding{line, err.Error()})
}

// report shows the mistakes, line by line. Its error, if there are any, is their number and all of their statuses.
func (m *mistakes) report(inv *invocation) error {
	if len(m.all) == 0 {
		return nil
	}
	slices.SortStableFunc(m.all, func(a, b finding) int { return cmp.Compare(a.line, b.line) })
	for _, f := range m.all[:min(len(m.all), mostMistakes)] {
		inv.say(fmt.Sprintf("%s:%d: %s", m.file, f.line, f.text))
	}
	if more := len(m.all) - mostMistakes; more > 0 {
		inv.say(fmt.Sprintf("%s: and %d mistakes more", m.file, more))
	}
	return fail(m.status, "nothing was imported: the number of mistakes is %d", len(m.all))
}
