package unixauth

import (
	"math"
	"strconv"
	"strings"
)

// An Entry is a line of the passwd file.
type Entry struct {
	Name  string
	UID   uint32
	GID   uint32
	Gecos string
	Home  string
	Shell string

	password string // a hash, or "x": look into the shadow file
}

// passwdFile is what a passwd file says. Of several entries with one name or one uid, the first
// counts.
type passwdFile struct {
	byName map[string]*Entry
	byUID  map[uint32]*Entry
}

// parsePasswd understands a passwd file. Lines that are no accounts (passwd(5)), comments and the
// NIS marks "+" and "-" among them, are skipped.
func parsePasswd(text string) passwdFile {
	file := passwdFile{map[string]*Entry{}, map[uint32]*Entry{}}
	for name, fields := range records(text) {
		if len(fields) < 5 {
			continue
		}
		uid, ok1 := parseID(fields[1])
		gid, ok2 := parseID(fields[2])
		if !ok1 || !ok2 {
			continue
		}
		e := &Entry{Name: name, password: fields[0], UID: uid, GID: gid, Gecos: fields[3], Home: fields[4]}
		if len(fields) > 5 {
			e.Shell = fields[5]
		}
		if file.byName[name] == nil {
			file.byName[name] = e
		}
		if file.byUID[uid] == nil {
			file.byUID[uid] = e
		}
	}
	return file
}

// records yields the name and the other fields of each line that has a name.
func records(text string) func(yield func(name string, fields []string) bool) {
	return func(yield func(string, []string) bool) {
		for line := range strings.Lines(text) {
			fields := strings.Split(strings.TrimRight(line, "\r\n"), ":")
			name := fields[0]
			if name == "" || strings.ContainsAny(name[:1], "#+- \t") || strings.Contains(line, "\x00") {
				continue
			}
			if !yield(name, fields[1:]) {
				return
			}
		}
	}
}

// parseID understands a uid or gid. The greatest number means "none" to the system and is not one.
func parseID(s string) (uint32, bool) {
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err == nil && n != math.MaxUint32
}
