package ftp

import (
	"bytes"
	"errors"
)

// MaxCommandLine is the longest command line accepted, in bytes with its line ending.
const MaxCommandLine = 4112

// ErrNotCommand says that a line does not begin with a verb followed by one blank or the end of the line.
var ErrNotCommand = errors.New("not a command line")

// Telnet's bytes that may stand before ABOR or STAT (RFC 959, 4.1.3; RFC 854).
const (
	telnetFirst = 240 // every command from SE up
	telnetIAC   = 255
)

// ParseCommand splits one line of the control connection, without its line ending, into a verb in capitals and its
// argument (RFC 959, 5.3). Exactly one blank is taken away between them: further blanks belong to the argument.
// Telnet commands before the verb are skipped; the line is changed in place: every control character of the argument becomes an
// underscore, as does DEL. An empty line has an empty verb and no error.
func ParseCommand(line []byte) (verb, arg []byte, err error) {
	line = skipTelnet(bytes.TrimSuffix(line, []byte("\r")))
	if len(line) == 0 {
		return nil, nil, nil
	}
	n := 0
	for n < len(line) && isVerbByte(line[n]) {
		if c := line[n]; 'a' <= c && c <= 'z' {
			line[n] = c - 'a' + 'A'
		}
		n++
	}
	if n == 0 || n < len(line) && line[n] != ' ' {
		return nil, nil, ErrNotCommand
	}
	verb = line[:n]
	if n == len(line) {
		return verb, nil, nil
	}
	arg = line[n+1:]
	for i, c := range arg {
		if c < 0x20 || c == 0x7f {
			arg[i] = '_'
		}
	}
	return verb, arg, nil
}

func isVerbByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '@'
}

// skipTelnet drops the telnet commands that clients send ahead of ABOR: IAC IP, IAC DM and their kin.
func skipTelnet(line []byte) []byte {
	for len(line) > 0 && line[0] >= telnetFirst {
		if line[0] == telnetIAC && len(line) > 1 && line[1] >= telnetFirst && line[1] != telnetIAC {
			line = line[2:]
			continue
		}
		line = line[1:]
	}
	return line
}
