package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// A system is where accounts are described.
type system struct {
	passwd, shadow, shells string // names of files
	isDir                  func(name string) bool
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// convert prints a line for each account that can be a virtual user. remark is told why others that look as if they
// could are left out; the error is one that ends the work.
func (s system) convert(w io.Writer, remark func(error)) error {
	accounts, err := os.ReadFile(s.passwd)
	if err != nil {
		return fmt.Errorf("read the accounts: %w", err)
	}
	shells, err := s.readShells()
	if err != nil {
		return err
	}
	c := converter{shells: shells, hashes: s.readShadow(remark), isDir: s.isDir, seen: map[string]bool{}}
	number := 0
	for text := range strings.Lines(string(accounts)) {
		number++
		line, err := c.line(strings.TrimSuffix(text, "\n"))
		switch {
		case err != nil:
			remark(fmt.Errorf("%s:%d: left out: %w", s.passwd, number, err))
		case line != "":
			if _, err := io.WriteString(w, line+"\n"); err != nil {
				return err
			}
		}
	}
	return nil
}

// readShells returns the shells that users may have. If the file is not there, they are those the C library assumes.
func (s system) readShells() (map[string]bool, error) {
	text, err := os.ReadFile(s.shells)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]bool{"/bin/sh": true, "/bin/csh": true}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the shells: %w", err)
	}
	return parseShells(string(text)), nil
}

// readShadow returns the password hashes by login. Who may not read them converts all the same, without.
func (s system) readShadow(remark func(error)) map[string]string {
	text, err := os.ReadFile(s.shadow)
	if err != nil {
		remark(fmt.Errorf("passwords are left out: %w", err))
		return nil
	}
	hashes := map[string]string{}
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		login, hash, err := parseShadow(strings.TrimSuffix(line, "\n"))
		if err != nil {
			remark(fmt.Errorf("%s:%d: password left out: %w", s.shadow, number, err))
			hash = locked
		}
		if _, twice := hashes[login]; login != "" && !twice {
			hashes[login] = hash
		}
	}
	return hashes
}
