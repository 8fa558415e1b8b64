package main

import (
	"errors"
	"strconv"
	"strings"
)

var (
	errFields = errors.New("the number of fields is wrong")
	errNumber = errors.New("uid or gid is not a number from 0 to 4294967295")
	errNIS    = errors.New("it refers to NIS")
)

// An account is a line of the passwd file.
type account struct {
	login, hash        string
	uid, gid           uint32
	gecos, home, shell string
}

// parseAccount understands a line of passwd(5) without its end. It returns nil for an empty line or a comment.
func parseAccount(line string) (*account, error) {
	line = strings.TrimLeft(line, " \t")
	if line == "" || line[0] == '#' {
		return nil, nil
	}
	if line[0] == '+' || line[0] == '-' {
		return nil, errNIS
	}
	const all = 7
	fields := strings.Split(line, ":")
	if len(fields) != all {
		return nil, errFields
	}
	var ids [2]uint32
	for i := range ids {
		id, err := strconv.ParseUint(fields[2+i], 10, 32)
		if err != nil {
			return nil, errNumber
		}
		ids[i] = uint32(id)
	}
	return &account{
		login: fields[0], hash: fields[1], uid: ids[0], gid: ids[1], gecos: fields[4], home: fields[5], shell: fields[6],
	}, nil
}

// parseShadow understands a line of shadow(5) without its end. The login is empty for an empty line or a comment, and
// stands beside an error if there is one to blame it on.
func parseShadow(line string) (login, hash string, err error) {
	line = strings.TrimLeft(line, " \t")
	if line == "" || line[0] == '#' {
		return "", "", nil
	}
	const all = 9
	fields := strings.Split(line, ":")
	if len(fields) != all {
		return fields[0], "", errFields
	}
	return fields[0], fields[1], nil
}

// parseShells understands shells(5): what stands between the first slash of a line and a blank or comment.
func parseShells(text string) map[string]bool {
	shells := map[string]bool{}
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		if slash := strings.IndexByte(line, '/'); slash >= 0 {
			if shell := strings.Fields(line[slash:])[0]; shell != "/" {
				shells[shell] = true
			}
		}
	}
	return shells
}
