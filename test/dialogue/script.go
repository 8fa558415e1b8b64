package dialogue

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A Script is a conversation: its steps in order.
type Script []Step

// A Step is one line of a conversation.
type Step struct {
	Line int    // in the file, from 1
	Only string // "": every server; else Ours or Original
	Conn int    // number of the control connection, 1 if none is written
	Op   Op
	Text string // what follows the operator, as written
}

// The servers a step may be limited to.
const (
	Ours     = "ours"
	Original = "original"
)

// An Op is what a step does.
type Op string

// The operators. README.md tells what each does.
const (
	Login     Op = "L:"
	Send      Op = "C:" // one command line
	SendRaw   Op = "C>" // bytes, nothing added
	Act       Op = "C!" // something a client does without saying anything
	Hear      Op = "S:" // the next reply
	HearExact Op = "S=" // the next reply, all its lines
	Data      Op = "D:" // something done with the data connection
	DataSend  Op = "D>" // bytes into it
	DataAll   Op = "D=" // the bytes it must bring
	DataLines Op = "D<" // the lines it must bring
	DataSet   Op = "D?" // the lines it must bring, in any order
	Wait      Op = "W:" // time that passes
)

// fill matches $XN, which stands for the letter x N times.
var fill = regexp.MustCompile(`\$X[0-9]+`)

var stepSyntax = regexp.MustCompile(`^(?:\[(ours|original)\] )?([LCSDW])([0-9]?)([:>!=<?])(?: (.*))?$`)

// ParseScript reads a conversation. Empty lines and lines that begin with # say nothing.
func ParseScript(text string) (Script, error) {
	var script Script
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		m := stepSyntax.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("line %d: %q is no step", number, line)
		}
		step := Step{Line: number, Only: m[1], Conn: 1, Op: Op(m[2] + m[4]), Text: m[5]}
		if m[3] != "" {
			step.Conn = int(m[3][0] - '0')
		}
		if !known(step.Op) {
			return nil, fmt.Errorf("line %d: no operator %q", number, step.Op)
		}
		script = append(script, step)
	}
	return script, nil
}

func known(op Op) bool {
	switch op {
	case Login, Send, SendRaw, Act, Hear, HearExact, Data, DataSend, DataAll, DataLines, DataSet, Wait:
		return true
	}
	return false
}

// For returns the steps meant for a server, Ours or Original.
func (s Script) For(server string) Script {
	var mine Script
	for _, step := range s {
		if step.Only == "" || step.Only == server {
			mine = append(mine, step)
		}
	}
	return mine
}

// unescape returns the bytes that text stands for: \xNN, \r, \n, \t, \0 and \\ are escapes, and
// $XN is N times an x.
func unescape(text string) ([]byte, error) {
	text = fill.ReplaceAllStringFunc(text, func(f string) string {
		n, _ := strconv.Atoi(f[2:])
		return strings.Repeat("x", n)
	})
	var b []byte
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			b = append(b, text[i])
			continue
		}
		rest := text[i+1:]
		if len(rest) >= 3 && rest[0] == 'x' {
			var c byte
			if _, err := fmt.Sscanf(rest[1:3], "%02x", &c); err != nil {
				return nil, fmt.Errorf("bad escape in %q", text)
			}
			b = append(b, c)
			i += 3
			continue
		}
		if rest == "" {
			return nil, fmt.Errorf("lone backslash at the end of %q", text)
		}
		k := strings.IndexByte(`rnt0\`, rest[0])
		if k < 0 {
			return nil, fmt.Errorf("bad escape in %q", text)
		}
		b = append(b, "\r\n\t\x00\\"[k])
		i++
	}
	return b, nil
}

// Match reports whether s is what the pattern describes: `*` stands for any run of bytes,
// everything else for itself.
func Match(pattern, s string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == s
	}
	s, ok := strings.CutPrefix(s, head)
	if !ok {
		return false
	}
	for {
		part, next, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(s, part)
		}
		_, s, ok = strings.Cut(s, part)
		if !ok {
			return false
		}
		rest = next
	}
}
