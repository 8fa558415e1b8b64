package record

import (
	"slices"
	"strconv"
	"strings"
)

// A Level says how much a line matters.
type Level uint8

// The levels, from the least to the most urgent.
const (
	Debug   Level = iota // each command and reply
	Info                 // a session's coming and going
	Notice               // what happened to files
	Warning              // refused logins and limits
	Error                // what an administrator has to mend
)

// levels holds, by Level, the tag in a line and the severity of RFC 5424, section 6.2.1.
var levels = [...]struct {
	tag      string
	severity byte
}{
	Debug:   {"DEBUG", 7},
	Info:    {"INFO", 6},
	Notice:  {"NOTICE", 5},
	Warning: {"WARNING", 4},
	Error:   {"ERROR", 3},
}

// String returns the tag as it stands in a line.
func (l Level) String() string { return levels[l].tag }

// A Facility is a syslog facility number (RFC 5424, section 6.2.1).
type Facility uint8

// FTP is the facility of a server that was not told another one.
const FTP Facility = 11

// facilities are the names of those below 12; local0 to local7 are 16 to 23.
var facilities = [...]string{"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"}

const firstLocal = 16

// String returns the name.
func (f Facility) String() string {
	if int(f) < len(facilities) {
		return facilities[f]
	}
	return "local" + strconv.Itoa(int(f)-firstLocal)
}

// ParseFacility returns the facility called name in any case, and whether there is one.
func ParseFacility(name string) (Facility, bool) {
	name = strings.ToLower(name)
	if n, ok := strings.CutPrefix(name, "local"); ok {
		if len(n) != 1 || n[0] < '0' || n[0] > '7' {
			return 0, false
		}
		return Facility(firstLocal + n[0] - '0'), true
	}
	if name == "security" { // an old name
		name = "auth"
	}
	i := slices.Index(facilities[:], name)
	return Facility(max(i, 0)), i >= 0
}
