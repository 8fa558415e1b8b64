package certd

import (
	"fmt"

	"pureftpd/internal/linemsg"
)

// NameKey is the key of the question.
const NameKey = "sni_name"

// NameVariable is where pure-certd's program finds the name.
const NameVariable = "CERTD_SNI_NAME"

// maxName is how long a name may be.
const maxName = 255

// ValidName reports whether a server name is one that is asked about: of letters, digits, dots, dashes and underscores.
func ValidName(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		digit := '0' <= c && c <= '9'
		if !letter && !digit && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return 0 < len(name) && len(name) <= maxName
}

// AppendRequest appends the question for a valid name.
func AppendRequest(b []byte, name string) []byte {
	return linemsg.AppendEnd(linemsg.Append(b, NameKey, name))
}

// CheckRequest is what pure-certd asks of a question before a program hears of it. A question without a name is one, for
// the program to answer.
func CheckRequest(m linemsg.Message) error {
	if name, _ := m.Value(NameKey); name != "" && !ValidName(name) {
		return fmt.Errorf("%.300q is no server name", name)
	}
	return nil
}
