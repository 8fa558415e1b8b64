package options

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

const (
	maxLine  = 65535 // bytes of a line of a configuration file
	maxDepth = 16    // files open inside each other, the first one counted
	maxFiles = 1024  // inclusions in all: files that include each other twice would double without end
)

// A fileReader reads a configuration file and what it includes.
type fileReader struct {
	b     *build
	depth int
	files int
	stop  bool // a mistake after which reading on makes no sense
}

// read reads one file. include is the directive that named it, nil for the first one.
func (r *fileReader) read(name string, include *line) {
	if r.depth == maxDepth || r.files == maxFiles {
		r.stop = true
		r.b.mistakes.add(include.mistake(hinted("does it include itself?",
			"too many files: at most %d inside each other, %d in all", maxDepth, maxFiles)))
		return
	}
	data, err := r.b.env.ReadFile(name)
	switch {
	case err == nil:
	case include == nil:
		r.b.mistakes.add(&Error{File: name, Text: "cannot be read: " + reason(err), cause: err})
		return
	case errors.Is(err, fs.ErrNotExist):
		return // an optional part
	default:
		r.b.mistakes.add(include.mistake(&Error{Text: name + " cannot be read: " + reason(err), cause: err}))
		return
	}
	r.depth++
	r.files++
	defer func() { r.depth-- }()
	content := strings.TrimPrefix(string(data), "\ufeff") // a byte order mark, left by some editors
	if strings.HasSuffix(name, ".toml") {
		r.toml(name, content)
		return
	}
	number := 0
	for text := range strings.SplitSeq(content, "\n") {
		number++
		r.line(line{file: name, number: number, text: text})
		if r.stop {
			return
		}
	}
}

// reason is what the system said, without the name of the file.
func reason(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// A line is one line of a configuration file.
type line struct {
	file   string
	number int
	text   string
	name   string // the directive, once it has been cut off
}

// mistake completes a mistake with the line's place.
func (l line) mistake(err error) error {
	mistake, ok := errors.AsType[*Error](err)
	if !ok {
		mistake = &Error{Text: err.Error(), cause: err}
	}
	mistake.File, mistake.Line, mistake.Setting = l.file, l.number, l.name
	return mistake
}

// line carries out one line.
func (r *fileReader) line(l line) {
	if len(l.text) > maxLine {
		r.b.mistakes.add(l.mistake(hinted("is this a configuration file?", "longer than %d bytes", maxLine)))
		return
	}
	text := strings.Trim(l.text, blanks)
	if text == "" || text[0] == '#' {
		return
	}
	n := 0
	for n < len(text) && isAlnum(text[n]) {
		n++
	}
	l.name = text[:n]
	if n == 0 {
		r.b.mistakes.add(l.mistake(hinted("write NAME VALUE", "%s does not begin with a name", shorten(text))))
		return
	}
	value, err := cutSeparator(text[n:])
	switch {
	case err != nil:
	case strings.EqualFold(l.name, "Include"):
		if value = tidy(value, true); value != "" {
			r.read(value, &l)
			return
		}
		err = hinted("write Include FILE", "the value is missing")
	default:
		r.b.directive(l, value)
		return
	}
	if !strings.EqualFold(l.name, "Include") && r.b.keyword(l.name) == nil {
		err = r.b.unknown(l.name)
	}
	r.b.mistakes.add(l.mistake(err))
}

// cutSeparator takes what stands between a directive and its value away: blanks, or one '=' or ':'
// with or without blanks. Two colons begin an IPv6 address.
func cutSeparator(text string) (value string, err error) {
	value = strings.TrimLeft(text, blanks)
	separated := len(value) < len(text)
	if value != "" && (value[0] == '=' || value[0] == ':') && !(separated && strings.HasPrefix(value, "::")) {
		value, separated = strings.TrimLeft(value[1:], blanks), true
		if value != "" && (value[0] == '=' || value[0] == ':') && !strings.HasPrefix(value, "::") {
			return "", hinted("write one = or : or just a blank", "two separators")
		}
	}
	if !separated && value != "" {
		return "", hinted("write NAME VALUE with a blank between them", "unexpected %s", shorten(value))
	}
	return value, nil
}

// shorten quotes the beginning of a text.
func shorten(text string) string {
	const most = 40
	if len(text) > most {
		return fmt.Sprintf("%q...", text[:most])
	}
	return fmt.Sprintf("%q", text)
}
