package listing

import (
	"strconv"
	"strings"

	"pureftpd/internal/ftp"
)

// A factFormat writes MLSx entries (RFC 3659, 7.2).
type factFormat struct {
	anonymous bool // without UNIX.uid and UNIX.gid
	day       day
}

// append appends the facts of one file, each ended by ";", then a blank and the name. target is
// where a link leads.
func (m *factFormat) append(b []byte, name []byte, f *ftp.Facts, target string) []byte {
	b = append(b, "type="...)
	b = appendType(b, name, f, target)
	if f.IsDir() {
		b = append(b, ";sizd="...)
	} else {
		b = append(b, ";size="...)
	}
	b = strconv.AppendInt(b, f.Size, 10)
	b = append(b, ";modify="...)
	b = m.day.appendStamp(b, f.ModTime)
	b = append(b, ";UNIX.mode=0"...)
	b = strconv.AppendUint(b, uint64(f.Mode&0o7777), 8)
	if !m.anonymous {
		b = append(b, ";UNIX.uid="...)
		b = strconv.AppendUint(b, uint64(f.UID), 10)
		b = append(b, ";UNIX.gid="...)
		b = strconv.AppendUint(b, uint64(f.GID), 10)
	}
	b = append(b, ";unique="...)
	b = strconv.AppendUint(b, f.Dev, 16)
	b = append(b, 'g')
	b = strconv.AppendUint(b, f.Ino, 16)
	b = append(b, ';', ' ')
	return append(b, name...)
}

// appendType appends the value of the type fact (RFC 3659, 7.5.1).
func appendType(b []byte, name []byte, f *ftp.Facts, target string) []byte {
	switch {
	case f.IsDir():
		switch string(name) {
		case ".":
			return append(b, "cdir"...)
		case "..", "/":
			return append(b, "pdir"...)
		}
		return append(b, "dir"...)
	case f.IsRegular():
		return append(b, "file"...)
	case !f.IsSymlink():
		return append(b, "unknown"...)
	case target == "" || !isFactValue(target):
		return append(b, "OS.unix=symlink"...)
	}
	return append(append(b, "OS.unix=slink:"...), target...)
}

// isFactValue reports whether text may stand in a fact: ";" ends a fact, a blank ends all of them,
// and a line break the line.
func isFactValue(text string) bool {
	return !strings.ContainsAny(text, "; ") && !hasControl(text)
}
