package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"pureftpd/internal/session"
)

// Bounds of the alias file, in bytes. Those of the lines are the original's. A comment may be longer.
const (
	maxAliasName = 255
	maxAliasDir  = 4096
	maxAliasFile = 1 << 20 // far more than anybody would want listed
)

// aliasFiles are the places of the directory aliases: upstream's, and Debian's.
func aliasFiles() []string {
	return []string{"/etc/pureftpd-dir-aliases", "/etc/pure-ftpd/pureftpd-dir-aliases"}
}

// loadAliases reads the alias file of this system. None is no error.
func loadAliases() ([]session.Alias, error) { return readAliases(aliasFiles()) }

// readAliases reads the first of some files that exists. A file with a mistake gives no aliases at all.
func readAliases(files []string) ([]session.Alias, error) {
	for _, name := range files {
		f, err := openProtected(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		aliases, err := parseAliases(name, f)
		_ = f.Close() // only read
		return aliases, err
	}
	return nil, nil
}

// parseAliases reads alternating lines of alias and directory, in order. Empty lines and those that begin with "#" are
// passed over, in either place. Only the file's last line may lack its line feed; a carriage return before it is not part
// of the line. An error begins with the file's name and the number of the line.
func parseAliases(file string, r io.Reader) ([]session.Alias, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxAliasFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(text) > maxAliasFile {
		return nil, fmt.Errorf("%s: longer than %d bytes", file, maxAliasFile)
	}
	var aliases []session.Alias
	var name string
	n, at := 0, 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		switch {
		case line == "" || line[0] == '#':
		case strings.IndexByte(line, 0) >= 0:
			return nil, fmt.Errorf("%s:%d: a NUL byte", file, n)
		case name == "" && len(line) > maxAliasName:
			return nil, fmt.Errorf("%s:%d: the alias is longer than %d bytes", file, n, maxAliasName)
		case name == "":
			name, at = line, n
		case len(line) > maxAliasDir:
			return nil, fmt.Errorf("%s:%d: the directory is longer than %d bytes", file, n, maxAliasDir)
		default:
			aliases = append(aliases, session.Alias{Name: name, Dir: line})
			name = ""
		}
	}
	if name != "" {
		return nil, fmt.Errorf("%s:%d: the alias %q has no directory after it", file, at, name)
	}
	return aliases, nil
}
