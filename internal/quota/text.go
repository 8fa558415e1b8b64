package quota

import (
	"errors"
	"fmt"
	"strconv"
)

// ErrDamaged says that the quota file holds something that is no count. A recount puts it right.
var ErrDamaged = errors.New("the quota file is damaged")

const (
	// maxText is how much of the file is read, as Pure-FTPd does. Two numbers and what ends them need 42 bytes.
	maxText = 83
	// maxDigits is the length of the largest number.
	maxDigits = 20
)

// parse reads the text of a quota file: "FILES BYTES", ended by a line end, a blank or the end of the file. What follows is
// not looked at: it may be the rest of a longer text, whose writer was killed before it could cut it off. An empty file is a
// new one.
func parse(text []byte) (Usage, error) {
	if len(text) == 0 {
		return Usage{}, nil
	}
	files, rest, ok := number(text)
	if !ok || len(rest) == 0 || rest[0] != ' ' {
		return Usage{}, damaged(text)
	}
	bytes, rest, ok := number(rest[1:])
	if !ok || len(rest) > 0 && rest[0] != ' ' && rest[0] != '\n' && rest[0] != '\r' {
		return Usage{}, damaged(text)
	}
	return Usage{files, bytes}, nil
}

// number takes a decimal number off the text.
func number(text []byte) (n uint64, rest []byte, ok bool) {
	i := 0
	for i < len(text) && i < maxDigits && '0' <= text[i] && text[i] <= '9' {
		i++
	}
	n, err := strconv.ParseUint(string(text[:i]), 10, 64)
	return n, text[i:], err == nil
}

// damaged shows the beginning of the text, as the administrator would have to look for it.
func damaged(text []byte) error {
	return fmt.Errorf("%w: it begins with %q", ErrDamaged, text[:min(len(text), 24)])
}

// String is the usage as the quota file has it, without the line end.
func (u Usage) String() string {
	return strconv.FormatUint(u.Files, 10) + " " + strconv.FormatUint(u.Bytes, 10)
}
