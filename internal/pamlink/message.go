package pamlink

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// maxLine bounds one message. The longest is a question with a password of 512 bytes, or an answer with as many groups as
// a user can have.
const maxLine = 1 << 20

// A Hello is the first line of a helper: whether it can be asked.
type Hello struct {
	Problem string `json:"problem,omitempty"` // "" if it is ready
}

// A Question is one login. Names and passwords are bytes: nobody says that they are UTF-8.
type Question struct {
	ID       uint64 `json:"id"`
	User     []byte `json:"user"`
	Password []byte `json:"password"`
	Client   string `json:"client"` // the address, for PAM_RHOST
}

// An Outcome is what PAM made of a login.
type Outcome string

const (
	Accepted    Outcome = "accepted"     // every phase agreed
	Denied      Outcome = "denied"       // the user is not known, or the password is wrong: PAM does not tell which
	NoAccount   Outcome = "no account"   // PAM agreed, but the system knows no such user
	Expired     Outcome = "expired"      // of the account
	NewPassword Outcome = "new password" // the password is right, and has to be changed first
	Locked      Outcome = "locked"       // after too many tries
	Forbidden   Outcome = "forbidden"    // the password is right, and the user may not log in here or now
	Failed      Outcome = "failed"       // PAM could not tell
)

// An Answer is the answer to the question of the same number.
type Answer struct {
	ID      uint64  `json:"id"`
	Outcome Outcome `json:"outcome"`
	Detail  string  `json:"detail,omitempty"` // PAM's own words, and those of its modules, for the administrator
	Entry   *Entry  `json:"entry,omitempty"`  // with Accepted
}

// An Entry is the system's account of a user, from whichever source nsswitch.conf names.
type Entry struct {
	Name   string   `json:"name"`
	UID    uint32   `json:"uid"`
	GID    uint32   `json:"gid"`
	Groups []uint32 `json:"groups,omitempty"` // supplementary
	Home   string   `json:"home"`
}

// Write writes one message.
func Write(w io.Writer, message any) error {
	line, err := json.Marshal(message)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// A Reader reads messages.
type Reader struct{ lines *bufio.Scanner }

// NewReader returns a Reader.
func NewReader(r io.Reader) *Reader {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	return &Reader{lines}
}

// Read reads the next message. At the end it returns io.EOF.
func (r *Reader) Read(message any) error {
	if !r.lines.Scan() {
		if err := r.lines.Err(); err != nil {
			return fmt.Errorf("read a message: %w", err)
		}
		return io.EOF
	}
	if err := json.Unmarshal(r.lines.Bytes(), message); err != nil {
		return fmt.Errorf("read a message: %w", err) // names a field and a type, never a value
	}
	return nil
}
