package ldapauth

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

const (
	maxLogin = 256 // bytes, as in the original

	place = `\L` // stands for the login in a filter
)

// A Filter is a search filter with places for the login. Its zero value matches nothing.
type Filter struct{ parts []string }

// ParseFilter understands a filter as configuration files have it: "\L" is a place, and two hexadecimal digits after a
// backslash are a character (RFC 4515).
func ParseFilter(text string) (Filter, error) {
	if strings.Contains(text, "%") {
		return Filter{}, errors.New(`"%" must not be in a filter`)
	}
	f := Filter{strings.Split(text, place)}
	for _, part := range f.parts {
		for rest := part; ; {
			i := strings.IndexByte(rest, '\\')
			if i < 0 {
				break
			}
			if i+2 >= len(rest) || !isHex(rest[i+1]) || !isHex(rest[i+2]) {
				return Filter{}, errors.New(`after a backslash comes L, for the login, or two hexadecimal digits`)
			}
			rest = rest[i+3:]
		}
	}
	if _, err := ldap.CompileFilter(f.For("joe")); err != nil {
		return Filter{}, fmt.Errorf("not a filter: %w", err)
	}
	before := ""
	for _, part := range f.parts[:len(f.parts)-1] {
		before += part
		if item := before[strings.LastIndexByte(before, '(')+1:]; !strings.Contains(item, "=") {
			return Filter{}, errors.New(`"\L" must be in a value, after the = of an attribute`)
		}
	}
	return f, nil
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

// For returns the filter for a login. Whatever the login, it is one value of the filter.
func (f Filter) For(login string) string { return strings.Join(f.parts, ldap.EscapeFilter(login)) }

// checkLogin tells why the directory is not asked about a login.
func checkLogin(login string) error {
	switch {
	case login == "":
		return errors.New("no name")
	case len(login) > maxLogin:
		return fmt.Errorf("a name longer than %d bytes", maxLogin)
	}
	for _, c := range []byte(login) {
		if !isLetterOrDigit(c) && strings.IndexByte(" -@_'.", c) < 0 {
			return fmt.Errorf("%q is in no name", c)
		}
	}
	// Directories pass over such blanks. One user would have many names, and be counted as many.
	if strings.TrimSpace(login) != login || strings.Contains(login, "  ") {
		return errors.New("blanks at the ends of the name, or two in a row")
	}
	return nil
}

func isLetterOrDigit(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
