package passwdfile

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// A Line is what one account takes up in a password file, understood or not.
type Line struct {
	Number int    // of the line in the file, from 1
	Tail   bool   // this is not the begin of that line, which is longer than MaxLine
	Login  string // the text before the first colon
	Value  string // the text behind it; a line without any is in no index
}

// Scan calls fn for each line of a password file that is neither empty nor a comment, as the
// original's tools see them: what exceeds MaxLine bytes is the next line, and a line ends at its
// first NUL, CR or LF. It stops at the first error of r or of fn, and returns it as it is.
func Scan(r io.Reader, fn func(Line) error) error {
	// The size of the buffer is what splits a line; its end counts. The bare interface keeps bufio
	// from taking over a larger buffer that r may have.
	in := bufio.NewReaderSize(struct{ io.Reader }{r}, MaxLine)
	number, tail := 1, false
	for {
		chunk, err := in.ReadSlice('\n')
		if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if text := cutLine(chunk); len(text) > 0 && text[0] != '#' {
			login, value, _ := strings.Cut(string(text), ":")
			if err := fn(Line{Number: number, Tail: tail, Login: login, Value: value}); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		tail = err != nil
		if !tail {
			number++
		}
	}
}

// cutLine returns what counts of a chunk: what precedes its first NUL, CR or LF.
func cutLine(chunk []byte) []byte {
	if i := bytes.IndexAny(chunk, "\x00\r\n"); i >= 0 {
		return chunk[:i]
	}
	return chunk
}
