package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A server is a running process that calls itself pure-ftpd, and the files of accounts that its command line and its
// configuration name.
type server struct {
	pid     int
	sources []source
	unknown error // why its files cannot be told; nil if they can
}

// A source is one file of accounts.
type source struct {
	method string // puredb or purepw
	path   string
}

const (
	byDatabase = "puredb" // the file is a database
	byText     = "purepw" // the file is the text itself
)

// runningServers finds the servers in proc, the folder where the kernel shows processes.
func runningServers(proc string) ([]server, error) {
	processes, err := os.ReadDir(proc)
	if err != nil {
		return nil, err
	}
	var servers []server
	for _, p := range processes {
		pid, err := strconv.Atoi(p.Name())
		if err != nil {
			continue // not a process
		}
		s, ok := lookAt(filepath.Join(proc, p.Name()))
		if ok {
			s.pid = pid
			servers = append(servers, s)
		}
	}
	return servers, nil
}

// lookAt tells whether the process in dir is a server, and what it reads.
func lookAt(dir string) (s server, ok bool) {
	comm, err := os.ReadFile(filepath.Join(dir, "comm"))
	if err != nil || !strings.HasPrefix(string(comm), "pure-ftpd") {
		return server{}, false // it has ended, or is somebody else
	}
	cmdline, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return server{}, false
	case err != nil:
		return server{unknown: err}, true
	case len(cmdline) == 0:
		return server{}, false // a zombie
	}
	words := strings.Split(string(bytes.TrimRight(cmdline, "\x00")), "\x00")
	if len(words) == 1 && strings.HasSuffix(words[0], ")") {
		return server{unknown: errors.New("it does not show its command line")}, true // "pure-ftpd (SERVER)"
	}
	s.sources, s.unknown = sourcesOf(words[1:], func(path string) (string, error) {
		if filepath.IsAbs(path) {
			return path, nil
		}
		from, err := os.Readlink(filepath.Join(dir, "cwd"))
		return filepath.Join(from, path), err
	})
	return s, true
}

// sourcesOf returns the sources that a command line names, itself or by its configuration. absolute completes
// a path as the server sees it.
func sourcesOf(words []string, absolute func(string) (string, error)) ([]source, error) {
	var found []source
	for _, word := range words {
		if s, ok := sourceIn(word); ok {
			found = append(found, s)
		}
	}
	if len(words) == 1 && len(found) == 0 && !strings.HasPrefix(words[0], "-") {
		path, err := absolute(words[0])
		if err != nil {
			return nil, err
		}
		if found, err = configuredSources(path, absolute); err != nil {
			return nil, err
		}
	}
	for i := range found {
		var err error
		if found[i].path, err = absolute(found[i].path); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// sourceIn understands a word of a command line that holds a source: puredb:FILE alone or glued to an option.
func sourceIn(word string) (source, bool) {
	for _, method := range [...]string{byDatabase, byText} {
		before, file, ok := strings.Cut(word, method+":")
		if ok && file != "" && (before == "" || before[0] == '-') {
			return source{method, file}, true
		}
	}
	return source{}, false
}

// configuredSources returns the sources that a configuration file names, or Debian's folder of files with one
// directive each. absolute completes the paths of included files.
func configuredSources(path string, absolute func(string) (string, error)) ([]source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return configFile{absolute: absolute}.read(path)
	}
	var found []source
	for _, method := range [...]struct{ file, name string }{{"PureDB", byDatabase}, {"PurePW", byText}} {
		for _, dir := range [...]string{path, filepath.Join(path, "conf")} {
			text, err := os.ReadFile(filepath.Join(dir, method.file))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err
			}
			for line := range strings.Lines(string(text)) {
				if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
					found = append(found, source{method.name, line})
					break
				}
			}
		}
	}
	return found, nil
}

// maxIncluded is how deep configuration files may include each other.
const maxIncluded = 16

// A configFile reads the sources of a configuration file. It is lenient: the server has understood the file.
type configFile struct {
	absolute func(string) (string, error)
	depth    int
}

func (c configFile) read(path string) ([]source, error) {
	if c.depth++; c.depth > maxIncluded {
		return nil, fmt.Errorf("%s: too many files include each other", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var found []source
	for line := range strings.Lines(string(text)) {
		name, value := directive(line)
		switch {
		case value == "":
		case name == byDatabase || name == byText:
			found = append(found, source{name, value})
		case name == "include":
			included, err := c.include(value)
			if err != nil {
				return nil, err
			}
			found = append(found, included...)
		}
	}
	return found, nil
}

// include reads a file that another one includes; one that is not there is passed over.
func (c configFile) include(path string) ([]source, error) {
	path, err := c.absolute(path)
	if err != nil {
		return nil, err
	}
	found, err := c.read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return found, err
}

// directive returns the name, in lower case, and the value of a line: NAME VALUE, NAME = VALUE or NAME: VALUE.
func directive(line string) (name, value string) {
	line = strings.TrimSpace(line)
	end := strings.IndexAny(line, " \t=:")
	if end <= 0 || line[0] == '#' {
		return "", ""
	}
	value = strings.TrimLeft(line[end:], " \t=:")
	if quoted, ok := strings.CutPrefix(value, `"`); ok {
		value, _, _ = strings.Cut(quoted, `"`)
	} else {
		value, _, _ = strings.Cut(value, " #")
	}
	return strings.ToLower(line[:end]), strings.TrimSpace(value)
}

// String names a server in a message.
func (s server) String() string { return fmt.Sprintf("the server with process id %d", s.pid) }
