package conffile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

const (
	maxFile = 1 << 20 // bytes of a file: thousands of the longest lines
	maxLine = 2048    // bytes of a line, as in the original
)

// blanks are what C takes for white space.
const blanks = " \t\n\v\f\r"

// byteOrderMark begins files that some editors write.
const byteOrderMark = "\ufeff"

// A File is a configuration file that has been read.
type File struct {
	path   string
	values map[string]value // by keyword, as the reader spells it
}

// A value is what a keyword was given.
type value struct {
	text string
	line int
}

// An Error is a mistake in a file.
type Error struct {
	File string
	Line int // 0 if it is no line's
	Text string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Text
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text)
}

// Load reads the file at path with the given keywords; a nil open is os.Open. All errors are of type *Error, or several of
// them joined.
func Load(path string, open func(path string) (*os.File, error), keywords []string) (*File, error) {
	if open == nil {
		open = os.Open
	}
	text, err := read(path, open)
	if err != nil {
		return nil, &Error{File: path, Text: "cannot be read: " + err.Error()}
	}
	return Parse(path, text, keywords)
}

func read(path string, open func(path string) (*os.File, error)) (string, error) {
	f, err := open(path)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	if len(text) > maxFile {
		return "", fmt.Errorf("it is larger than %d bytes", maxFile)
	}
	return string(text), nil
}

// Parse understands the text of a file; path is for errors. No keyword may begin with another one.
func Parse(path, text string, keywords []string) (*File, error) {
	f := &File{path, map[string]value{}}
	var mistakes []error
	number := 0
	for line := range strings.SplitSeq(strings.TrimPrefix(text, byteOrderMark), "\n") {
		number++
		if err := f.take(strings.Trim(line, blanks), number, keywords); err != nil {
			mistakes = append(mistakes, err)
		}
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return f, nil
}

// take reads one line, without the blanks around it.
func (f *File) take(line string, number int, keywords []string) error {
	if line == "" || line[0] == '#' || line[0] < ' ' || line[0] == 0x7f {
		return nil
	}
	mistake := func(format string, args ...any) error {
		return &Error{f.path, number, fmt.Sprintf(format, args...)}
	}
	keyword := find(line, keywords)
	switch {
	case len(line) > maxLine:
		return mistake("longer than %d bytes", maxLine)
	case keyword == "":
		return mistake("unknown keyword %q", firstWord(line))
	case strings.ContainsRune(line, 0):
		return mistake("%s: a zero byte in the value", keyword)
	}
	text := strings.TrimLeft(line[len(keyword):], blanks)
	if text == "" {
		return mistake("%s: the value is missing", keyword)
	}
	f.values[keyword] = value{text, number}
	return nil
}

// find returns the keyword that a line begins with, as it stands in the list, or "".
func find(line string, keywords []string) string {
	for _, k := range keywords {
		if len(line) >= len(k) && strings.EqualFold(line[:len(k)], k) {
			return k
		}
	}
	return ""
}

// firstWord is as much of a line as an error may show.
func firstWord(line string) string {
	const most = 40
	word, _, _ := strings.Cut(strings.Map(func(r rune) rune {
		if strings.ContainsRune(blanks, r) {
			return ' '
		}
		return r
	}, line), " ")
	if len(word) > most {
		word = word[:most]
	}
	return word
}

// Has tells whether the file gives a keyword.
func (f *File) Has(keyword string) bool {
	_, ok := f.values[keyword]
	return ok
}

// Text is the value of a keyword, or "" if the file does not give it.
func (f *File) Text(keyword string) string { return f.values[keyword].text }

// Mistake returns an error about the value of a keyword, with its place. If the file does not give the keyword, the error
// is about the file. It must not show the value of what may be a secret.
func (f *File) Mistake(keyword, format string, args ...any) error {
	return &Error{f.path, f.values[keyword].line, keyword + ": " + fmt.Sprintf(format, args...)}
}
