package authd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// verdictKey is the key of the verdict in an object, which has words where lines have numbers.
const verdictKey = "auth"

// ErrNoAnswer says that something is no answer at all.
var ErrNoAnswer = errors.New(`it is no JSON object with "auth": "ok", "unknown" or "refused"`)

// ParseJSON reads the answer of a service. Its values are those of the lines of a daemon: numbers, and a string for dir; null is as
// good as none. Only what is no answer at all is an error.
func ParseJSON(text []byte) (Answer, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		return Answer{}, fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	var word string
	if json.Unmarshal(object[verdictKey], &word) != nil {
		return Answer{}, ErrNoAnswer
	}
	switch word {
	case "ok":
	case "unknown":
		return Answer{Verdict: Unknown, Reason: "the service does not know the user"}, nil
	case "refused":
		return Answer{Reason: "the service says no", Denied: true}, nil
	default:
		return Answer{}, fmt.Errorf("%w: %.100q", ErrNoAnswer, word)
	}
	return accept(func(key string) (string, bool) {
		raw := bytes.TrimSpace(object[key])
		if len(raw) == 0 || string(raw) == "null" {
			return "", false
		}
		if key != homeKey {
			return string(raw), true
		}
		var home string
		if json.Unmarshal(raw, &home) != nil || bytes.IndexByte([]byte(home), 0) >= 0 {
			return "", false
		}
		return home, true
	}), nil
}
