package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"pureftpd/internal/session"
)

// maxAliasLine is the longest line of the alias file, in bytes, as in the original.
const maxAliasLine = 255

// aliasFiles are the places of the directory aliases: upstream's, and Debian's.
func aliasFiles() []string {
	return []string{"/etc/pureftpd-dir-aliases", "/etc/pure-ftpd/pureftpd-dir-aliases"}
}

// loadAliases reads the first alias file that exists. None is no error.
func loadAliases() ([]session.Alias, error) {
	for _, name := range aliasFiles() {
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		aliases, err := parseAliases(f)
		_ = f.Close() // only read
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return aliases, nil
	}
	return nil, nil
}

// parseAliases reads alternating lines of alias and directory. Empty lines and those that begin with "#" are passed over.
func parseAliases(r io.Reader) ([]session.Alias, error) {
	var aliases []session.Alias
	var name string
	lines := bufio.NewScanner(r)
	n := 0
	for lines.Scan() {
		n++
		line := lines.Text()
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case len(line) > maxAliasLine:
			return nil, fmt.Errorf("line %d is longer than %d bytes", n, maxAliasLine)
		case name == "":
			name = line
		default:
			aliases = append(aliases, session.Alias{Name: name, Dir: line})
			name = ""
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if name != "" {
		return nil, fmt.Errorf("the alias %q has no directory after it", name)
	}
	return aliases, nil
}
