package dialogue

import (
	"bufio"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// readReply reads one reply and returns its lines without line ends (RFC 959, section 4.2).
func readReply(r *bufio.Reader) ([]string, error) {
	var reply []string
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			if line != "" || len(reply) > 0 {
				err = fmt.Errorf("%w after %q", err, append(reply, line))
			}
			return reply, err
		}
		text, ok := strings.CutSuffix(line, "\r\n")
		if !ok {
			return nil, fmt.Errorf("reply line %q does not end in CR LF", line)
		}
		reply = append(reply, text)
		if len(reply) == 1 && !replyStart.MatchString(text) {
			return nil, fmt.Errorf("%q begins no reply", text)
		}
		if len(text) > 3 && text[:3] == reply[0][:3] && text[3] == ' ' {
			return reply, nil
		}
	}
}

var (
	replyStart  = regexp.MustCompile(`^[1-5][0-9][0-9][ -]`)
	patternLast = regexp.MustCompile(`^[0-9]{3}( |$)`) // of a reply's last line
)

// matchReply compares a reply with the patterns of a group of steps. With exact, line by line;
// else the last pattern is for the last line, and the others for lines before it, in this order,
// between which others may stand.
func matchReply(patterns, reply []string, exact bool) error {
	if exact && len(patterns) != len(reply) {
		return fmt.Errorf("%d lines; want %d", len(reply), len(patterns))
	}
	if last, got := patterns[len(patterns)-1], reply[len(reply)-1]; !Match(last, got) {
		return fmt.Errorf("last line %q; want %q", got, last)
	}
	rest := reply[:len(reply)-1]
	for _, pattern := range patterns[:len(patterns)-1] {
		for len(rest) > 0 && !Match(pattern, rest[0]) {
			if exact {
				return fmt.Errorf("line %q; want %q", rest[0], pattern)
			}
			rest = rest[1:]
		}
		if len(rest) == 0 {
			return fmt.Errorf("no line %q in its place", pattern)
		}
		rest = rest[1:]
	}
	return nil
}

// matchLines compares data with patterns of its lines, each ended by CR LF.
func matchLines(patterns []string, data string, anyOrder bool) error {
	var got []string
	for line := range strings.Lines(data) {
		text, ok := strings.CutSuffix(line, "\r\n")
		if !ok {
			return fmt.Errorf("data line %q does not end in CR LF", line)
		}
		got = append(got, text)
	}
	if len(got) != len(patterns) {
		return fmt.Errorf("%d lines of data; want %d:\n%s", len(got), len(patterns), data)
	}
	for i, pattern := range patterns {
		k := i
		for anyOrder && k < len(got) && !Match(pattern, got[k]) {
			k++
		}
		if k == len(got) || !Match(pattern, got[k]) {
			return fmt.Errorf("no data line %q in its place:\n%s", pattern, data)
		}
		got[i], got[k] = got[k], got[i]
	}
	return nil
}

var (
	reply227 = regexp.MustCompile(`^227 .*\((\d+),(\d+),(\d+),(\d+),(\d+),(\d+)\)`)
	reply229 = regexp.MustCompile(`^229 .*\(\|\|\|(\d+)\|\)`)
)

// passiveAddress returns the address that a reply to PASV or EPSV names; the server's own one is
// host.
func passiveAddress(line, host string) (h string, port int, err error) {
	if m := reply229.FindStringSubmatch(line); m != nil {
		_, err = fmt.Sscan(m[1], &port)
		return host, port, err
	}
	m := reply227.FindStringSubmatch(line)
	if m == nil {
		return "", 0, errors.New("names no address")
	}
	var high, low int
	if _, err = fmt.Sscan(m[5]+" "+m[6], &high, &low); err != nil {
		return "", 0, err
	}
	return strings.Join(m[1:5], "."), high<<8 | low, nil
}
