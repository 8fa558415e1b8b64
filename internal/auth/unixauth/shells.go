package unixauth

import (
	"strings"
)

// defaultShells are the shells where there is no file of them, as with getusershell(3) of the C
// library.
func defaultShells() map[string]bool {
	return map[string]bool{"/bin/sh": true, "/bin/csh": true}
}

// parseShells understands a shells file (shells(5)) as the C library does: a line's shell runs from
// its first slash to the next blank or "#". The last line counts without a line ending, too.
func parseShells(text string) map[string]bool {
	shells := map[string]bool{}
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		i := strings.IndexByte(line, '/')
		if i < 0 {
			continue
		}
		shell := line[i:]
		if end := strings.IndexAny(shell, " \t\n\v\f\r"); end >= 0 {
			shell = shell[:end]
		}
		if len(shell) > 1 {
			shells[shell] = true
		}
	}
	return shells
}
