package uploads

import (
	"errors"
	"fmt"
)

// The bytes around the two texts of a record.
const (
	beforeLogin = 2
	beforePath  = 1
	afterPath   = 0
)

// The longest texts of a record, in bytes.
const (
	MaxLogin  = 127       // the server cuts longer names
	MaxPath   = 4096 + 64 // the longest pathname, and the address of a virtual host before it
	maxRecord = MaxLogin + MaxPath + 3
)

// An Event says that a file was received.
type Event struct {
	Login string // the account, "ftp" for anonymous users
	Path  string // on the system; on a virtual host its address, a colon and the path below
}

// Append appends the record of the event. A text that would be read as something else is refused: a name of a file may hold
// whatever a client likes.
func (e Event) Append(b []byte) ([]byte, error) {
	switch {
	case e.Login == "" || e.Path == "":
		return b, errors.New("a login or a path is empty")
	case len(e.Login) > MaxLogin:
		return b, fmt.Errorf("the login is longer than %d bytes", MaxLogin)
	case len(e.Path) > MaxPath:
		return b, fmt.Errorf("the path is longer than %d bytes", MaxPath)
	case hasControl(e.Login) || hasControl(e.Path):
		return b, errors.New("a control character is in it, which readers refuse")
	}
	b = append(append(b, beforeLogin), e.Login...)
	b = append(append(b, beforePath), e.Path...)
	return append(b, afterPath), nil
}

func hasControl(text string) bool {
	for i := range len(text) {
		if isControl(text[i]) {
			return true
		}
	}
	return false
}

func isControl(c byte) bool { return c < ' ' || c == 0x7f }
