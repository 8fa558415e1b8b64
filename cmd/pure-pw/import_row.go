package main

import (
	"errors"
	"fmt"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"pureftpd/internal/passhash"
	"pureftpd/internal/passwdfile"
)

// maxLogin is the length of the longest login that a server looks up, in bytes.
const maxLogin = 127

// A column is one row of the table of what an account to be imported may have.
type column struct {
	name string

	// edit understands a cell. It is nil for columns that concern more than the record, and makes nil of an empty
	// cell where an account cannot be without: that changes nothing.
	edit func(ids *ids, value string) (edit, error)
}

// importColumns returns the table. The names are those of show --json.
func importColumns() []column {
	return []column{
		{"login", nil},
		{"password", nil},
		{"hash", nil},
		{"uid", (*ids).uid}, // of the system, or its name
		{"gid", (*ids).gid},
		{"gecos", func(_ *ids, value string) (edit, error) {
			return func(r *passwdfile.Record) { r.Gecos = value }, nil
		}},
		{"home", editHome},                      // as it is: with "/./" where the chroot ends
		{"upload_rate", editNumber(uploadRate)}, // bytes per second
		{"download_rate", editNumber(downloadRate)},
		{"upload_ratio", editNumber(uploadRatio)},
		{"download_ratio", editNumber(downloadRatio)},
		{"max_sessions", editNumber(maxSessions)},
		{"max_files", editNumber(maxFiles)},
		{"max_bytes", editNumber(maxBytes)},
		{"local_allow", editList(localAllow)}, // items with commas between
		{"local_deny", editList(localDeny)},
		{"client_allow", editList(clientAllow)},
		{"client_deny", editList(clientDeny)},
		{"hours", editHours}, // 0900-1730
	}
}

// columnNames are the names of the columns.
func columnNames() []string {
	var names []string
	for _, c := range importColumns() {
		names = append(names, c.name)
	}
	return names
}

func isColumn(name string) bool { return slices.Contains(columnNames(), name) }

// understand turns rows into accounts, as far as that goes without a look at those that exist.
func understand(rows []row, m *mistakes) []*imported {
	ids := &ids{users: map[string]string{}, groups: map[string]string{}}
	lines := map[string]int{}
	verifier := passhash.New(passhash.Config{DES: true})
	accounts := make([]*imported, 0, len(rows))
	for _, r := range rows {
		a := &imported{
			line: r.line, login: r.fields["login"], password: r.fields["password"], hash: r.fields["hash"],
			broken: r.broken,
		}
		if err := a.checkLogin(); err != nil {
			m.add(r.line, err)
			continue
		}
		if first, twice := lines[a.login]; twice {
			m.add(r.line, fmt.Errorf("login: %q is in line %d already", a.login, first))
			continue
		}
		lines[a.login] = r.line
		_, a.hours = r.fields["hours"]
		for _, err := range append(a.readEdits(ids, r), a.checkPassword(verifier)) {
			if err != nil {
				m.add(r.line, err)
				a.broken = true
			}
		}
		accounts = append(accounts, a)
	}
	return accounts
}

// readEdits understands the cells that have an edit.
func (a *imported) readEdits(ids *ids, r row) (errs []error) {
	for _, c := range importColumns() {
		value, there := r.fields[c.name]
		if !there || c.edit == nil {
			continue
		}
		e, err := c.edit(ids, value)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s of %s: %w", c.name, a.login, err))
		} else if e != nil {
			a.edits = append(a.edits, e)
		}
	}
	return errs
}

// checkLogin checks what only a login needs; what no field may hold, line checks.
func (a *imported) checkLogin() error {
	switch {
	case a.login == "":
		return errors.New("login: missing")
	case len(a.login) > maxLogin:
		return fmt.Errorf("login: %d bytes; servers look at the first %d only", len(a.login), maxLogin)
	}
	return nil
}

// checkPassword checks that there is no more than one of password and hash, and that it is what it is called.
func (a *imported) checkPassword(v *passhash.Verifier) error {
	switch {
	case a.password != "" && a.hash != "":
		return fmt.Errorf("both a password and a hash for %s", a.login)
	case a.hash != "":
		if err := v.Check(a.hash); err != nil {
			return fmt.Errorf("hash of %s: %w", a.login, err)
		}
	case strings.HasPrefix(a.password, "$") && v.Check(a.password) == nil:
		return fmt.Errorf(`password of %s: this is a hash: call it "hash"`, a.login)
	case strings.ContainsAny(a.password, "\r\n\x00"):
		return fmt.Errorf("password of %s: contains a line break or a NUL byte, which no client can send", a.login)
	case len(a.password) >= passhash.MaxPassword:
		return fmt.Errorf("password of %s: %w", a.login, errLongPassword)
	}
	return nil
}

// ids finds users and groups of the system by name, each once.
type ids struct{ users, groups map[string]string }

// uid understands a user's number or name.
func (ids *ids) uid(value string) (edit, error) {
	id, err := resolve(ids.users, value, func(name string) (string, error) {
		u, err := user.Lookup(name)
		if err != nil {
			return "", err
		}
		return u.Uid, nil
	})
	if id == 0 || err != nil {
		return nil, err
	}
	return func(r *passwdfile.Record) { r.UID = id }, nil
}

// gid understands a group's number or name.
func (ids *ids) gid(value string) (edit, error) {
	id, err := resolve(ids.groups, value, func(name string) (string, error) {
		g, err := user.LookupGroup(name)
		if err != nil {
			return "", err
		}
		return g.Gid, nil
	})
	if id == 0 || err != nil {
		return nil, err
	}
	return func(r *passwdfile.Record) { r.GID = id }, nil
}

// resolve returns the number that value is, or names; 0 for an empty value.
func resolve(known map[string]string, value string, look func(string) (string, error)) (uint32, error) {
	if value == "" {
		return 0, nil
	}
	number := value
	if strings.Trim(value, "0123456789") != "" {
		var found bool
		if number, found = known[value]; !found {
			var err error
			if number, err = look(value); err != nil {
				return 0, fmt.Errorf("%q is not known to this system, nor is it a number", value)
			}
			known[value] = number
		}
	}
	n, err := strconv.ParseUint(number, 10, 32)
	switch {
	case err != nil || n == 1<<32-1:
		return 0, fmt.Errorf("%s is out of range", number)
	case n == 0:
		return 0, errors.New("root is not allowed")
	}
	return uint32(n), nil
}

func editHome(_ *ids, value string) (edit, error) {
	switch {
	case value == "":
		return nil, nil
	case value[0] != '/':
		return nil, fmt.Errorf("%q is not an absolute path", value)
	}
	return func(r *passwdfile.Record) { r.Home = value }, nil
}

func editNumber(field numberField) func(*ids, string) (edit, error) {
	return func(_ *ids, value string) (edit, error) {
		number := passwdfile.Number{Set: value != ""}
		if number.Set {
			var err error
			if number.N, err = parseScaled(value, 1); err != nil {
				return nil, err
			}
		}
		return func(r *passwdfile.Record) { *field(r) = number }, nil
	}
}

func editList(field func(*passwdfile.Record) *passwdfile.AddressList) func(*ids, string) (edit, error) {
	return func(_ *ids, value string) (edit, error) {
		list, err := passwdfile.ParseAddresses(value)
		if err != nil {
			return nil, err
		}
		return func(r *passwdfile.Record) { *field(r) = list }, nil
	}
}

func editHours(_ *ids, value string) (edit, error) {
	hours, err := passwdfile.ParseHours(value)
	if err != nil || !isClock(hours.Begin) || !isClock(hours.End) {
		return nil, fmt.Errorf("%q is not two times of day, such as 0900-1800", value)
	}
	return func(r *passwdfile.Record) { r.Hours = hours }, nil
}
