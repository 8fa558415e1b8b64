package certd

import (
	"errors"
	"fmt"
	"strings"

	"pureftpd/internal/linemsg"
)

// An Action is what the server is told to do with the client.
type Action uint8

// The actions. An Answer that was not filled in denies.
const (
	Deny     Action = iota // send the client away
	Default                // use the server's own certificate
	Strict                 // use the files; send the client away if they are no good
	Fallback               // use the files, and the server's own certificate if they are no good
)

func (a Action) String() string { return actions()[a] }

func actions() [4]string { return [...]string{"deny", "default", "strict", "fallback"} }

// An Answer is the daemon's.
type Answer struct {
	Action Action
	// CertFile and KeyFile are absolute pathnames of PEM files, set with Strict and Fallback only. Both may be the same.
	CertFile, KeyFile string
}

// ParseAnswer reads an answer. Its error says why one denies that should not, or not as it was meant.
func ParseAnswer(m linemsg.Message) (Answer, error) {
	word, ok := m.Value("action")
	if !ok {
		return Answer{}, errors.New("the answer has no action line: write one of " + oneOf())
	}
	var a Answer
	for action, name := range actions() {
		if strings.EqualFold(word, name) {
			a.Action, ok = Action(action), false
		}
	}
	if ok {
		return Answer{}, fmt.Errorf("unknown action %.100q: write one of %s", word, oneOf())
	}
	if a.Action != Strict && a.Action != Fallback {
		return a, nil
	}
	var given bool
	if a.CertFile, given = path(m, "cert_file"); !given {
		return Answer{}, fmt.Errorf("action %s needs a cert_file line with an absolute pathname", a.Action)
	}
	if a.KeyFile, given = path(m, "key_file"); !given {
		a.KeyFile = a.CertFile
	}
	return a, nil
}

func oneOf() string {
	a := actions()
	return strings.Join(a[:], ", ")
}

// path returns the absolute pathname of a line; another is as good as none.
func path(m linemsg.Message, key string) (string, bool) {
	value, _ := m.Value(key)
	return value, strings.HasPrefix(value, "/")
}
