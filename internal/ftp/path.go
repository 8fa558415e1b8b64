package ftp

import (
	"iter"
	"strings"
)

// Simplify resolves a pathname as text: repeated slashes, "." and "x/.." disappear, and a blank at either end of the
// pathname becomes an underscore. It is what Pure-FTPd does to the names of files it is about to make, so "a/../b" names
// "b" even where "a" does not exist. A relative pathname stays relative and keeps the ".." it begins with.
func Simplify(path string) string {
	if path == "" {
		return ""
	}
	rooted := path[0] == '/'
	var parts []string
	for part := range strings.SplitSeq(path, "/") {
		switch part {
		case "", ".":
		case "..":
			if n := len(parts); n > 0 && parts[n-1] != ".." {
				parts = parts[:n-1]
			} else if !rooted {
				parts = append(parts, part)
			}
		default:
			parts = append(parts, part)
		}
	}
	clean := underscoreEnds(strings.Join(parts, "/"))
	switch {
	case rooted:
		return "/" + clean
	case clean == "":
		return "."
	}
	return clean
}

// underscoreEnds turns the blanks at both ends of a name into underscores.
func underscoreEnds(name string) string {
	lead := len(name) - len(strings.TrimLeft(name, " "))
	trail := len(name) - len(strings.TrimRight(name, " "))
	if lead == 0 && trail == 0 {
		return name
	}
	if lead == len(name) {
		return strings.Repeat("_", lead)
	}
	return strings.Repeat("_", lead) + name[lead:len(name)-trail] + strings.Repeat("_", trail)
}

// Join makes a pathname absolute: it puts dir, which is absolute, before a relative name. Nothing is resolved.
func Join(dir, name string) string {
	switch {
	case strings.HasPrefix(name, "/"):
		return name
	case name == "":
		return dir
	case strings.HasSuffix(dir, "/"):
		return dir + name
	}
	return dir + "/" + name
}

// DotComponents gives the components of the pathname that begin with a dot and are neither "." nor "..".
func DotComponents(path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for part := range strings.SplitSeq(path, "/") {
			if len(part) > 0 && part[0] == '.' && part != "." && part != ".." && !yield(part) {
				return
			}
		}
	}
}

// TempPrefix begins the names of unfinished uploads and everything else the server keeps beside the user's files.
const TempPrefix = ".pureftpd-"

// CleanName reports whether a pathname may be given by a client at all: not empty, no backslash, no control character.
func CleanName(path string) bool {
	for i := range len(path) {
		if c := path[i]; c < 0x20 || c == 0x7f || c == '\\' {
			return false
		}
	}
	return path != ""
}
