package main

import (
	"math"
	"os"
	"strconv"
	"strings"

	"pureftpd/internal/passwdfile"
)

// An entry is one account as its line was read. The reading is lenient like the original's, where the
// server's is strict: what cannot be understood can still be shown, and mended.
type entry struct {
	passwdfile.Record
	fields int    // on the line
	hours  string // field 18 if it cannot be understood, and so lets nobody in
	strict error  // why the server refuses the line, or nil
}

// Where the fields of a line stand.
const (
	fieldHash       = 1
	fieldUID        = 2
	fieldGID        = 3
	fieldGecos      = 4
	fieldHome       = 5
	fieldNumbers    = 6
	fieldLocalAllow = 13
	fieldHours      = 17
)

// readEntry understands a line. An account needs a login, a hash, a uid and a gid, the field for the name,
// and an absolute home; ok is false for a line that has not got them.
func readEntry(line passwdfile.Line) (e entry, ok bool) {
	fields := append([]string{line.Login}, strings.Split(line.Value, ":")...)
	if len(fields) <= fieldHome || line.Login == "" || fields[fieldHash] == "" ||
		!strings.HasPrefix(fields[fieldHome], "/") {
		return entry{}, false
	}
	_, e.strict = passwdfile.Parse(line.Login, line.Value)
	e.fields = len(fields)
	e.Login, e.Hash, e.Gecos, e.Home = line.Login, fields[fieldHash], fields[fieldGecos], fields[fieldHome]
	if e.UID, ok = lenientID(fields[fieldUID]); !ok {
		return entry{}, false
	}
	if e.GID, ok = lenientID(fields[fieldGID]); !ok {
		return entry{}, false
	}
	for i, n := range [...]*passwdfile.Number{&e.UploadRate, &e.DownloadRate, &e.UploadRatio, &e.DownloadRatio,
		&e.MaxSessions, &e.MaxFiles, &e.MaxBytes} {
		*n = lenientNumber(field(fields, fieldNumbers+i))
	}
	// What of these was not understood is a ratio or number of sessions that does not exist; in the others it
	// is a zero.
	for _, n := range [...]*passwdfile.Number{&e.UploadRatio, &e.DownloadRatio, &e.MaxSessions} {
		n.Set = n.N > 0 || n.Set && e.strict == nil
	}
	for i, l := range [...]*passwdfile.AddressList{&e.LocalAllow, &e.LocalDeny, &e.ClientAllow, &e.ClientDeny} {
		// A malformed item stays what it was: the list is there nevertheless.
		*l, _ = passwdfile.ParseAddresses(field(fields, fieldLocalAllow+i))
	}
	e.Hours, e.hours = lenientHours(field(fields, fieldHours))
	return e, true
}

// field returns a field of a line, empty if it is not there.
func field(fields []string, at int) string {
	if at < len(fields) {
		return fields[at]
	}
	return ""
}

// lenientNumber understands a field that may be empty by the digits it begins with: none make 0, too many the most.
func lenientNumber(s string) passwdfile.Number {
	if s == "" {
		return passwdfile.Number{}
	}
	n, err := strconv.ParseUint(leadingDigits(s), 10, 64)
	if err != nil && n != math.MaxUint64 {
		n = 0
	}
	return passwdfile.Number{Set: true, N: n}
}

// lenientID understands a uid or gid by the digits it begins with.
func lenientID(s string) (uint32, bool) {
	n, err := strconv.ParseUint(leadingDigits(s), 10, 32)
	return uint32(n), err == nil && n > 0
}

// leadingDigits returns the decimal number at the begin of s, behind blanks and a plus sign.
func leadingDigits(s string) string {
	s = strings.TrimPrefix(strings.TrimLeft(s, " \t"), "+")
	return s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
}

// lenientHours understands the field of hours as the server does, or else by the two times it begins with.
// Text that is neither comes back.
func lenientHours(s string) (h passwdfile.Hours, unknown string) {
	if h, err := passwdfile.ParseHours(s); err == nil {
		return h, ""
	}
	begin, end, found := strings.Cut(s, "-")
	h, err := passwdfile.ParseHours(strings.TrimLeft(begin, " \t") + "-" + leadingDigits(end))
	if !found || err != nil || !isClock(h.Begin) || !isClock(h.End) {
		return passwdfile.Hours{}, s
	}
	return h, ""
}

// entries calls fn for each account of a text, and warns of lines that are none.
func (inv *invocation) entries(text string, fn func(entry) error) error {
	return passwdfile.Scan(strings.NewReader(text), func(line passwdfile.Line) error {
		e, ok := readEntry(line)
		if !ok {
			inv.warn("%s:%d: not an account, the line of %q is passed over", inv.text(), line.Number, line.Login)
			return nil
		}
		return fn(e)
	})
}

// find returns the first account of the invocation's login in a text, or an error with statusAccount.
func (inv *invocation) find(text string) (entry, error) {
	var found *entry
	err := inv.entries(text, func(e entry) error {
		if found == nil && e.Login == inv.word {
			found = &e
		}
		return nil
	})
	if err != nil {
		return entry{}, err
	}
	if found == nil {
		return entry{}, fail(statusAccount, "there is no account %q in %s", inv.word, inv.text())
	}
	return *found, nil
}

// findInFile does so in the text file.
func (inv *invocation) findInFile() (entry, error) {
	text, err := os.ReadFile(inv.text())
	if err != nil {
		return entry{}, fail(statusAccount, "the account %q cannot be looked up: %w", inv.word, err)
	}
	return inv.find(string(text))
}

// change makes the changes that were asked for. It refuses to drop a restriction that it does not understand.
func (e *entry) change(o *options) error {
	if e.hours != "" && !o.hoursGiven {
		return fail(statusRewrite, "field 18 (time restrictions) of %q cannot be understood: "+
			"write usermod -z HHMM-HHMM, or -z ''", e.Login)
	}
	o.apply(&e.Record)
	return nil
}

// line returns a record's line with its end.
func line(r *passwdfile.Record) ([]byte, error) {
	b, err := r.AppendLine(nil)
	if err != nil {
		return nil, fail(statusOfField(err), "the account %q cannot be written: %w", r.Login, err)
	}
	if _, err := passwdfile.ParseLine(string(b)); err != nil {
		return nil, fail(statusRewrite, "the account %q would be refused by the server: %w", r.Login, err)
	}
	return append(b, '\n'), nil
}
