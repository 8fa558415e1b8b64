package sqlauth

import (
	"encoding/binary"
	"strconv"
	"strings"

	"pureftpd/internal/auth"
)

// maxLogin bounds the login that a database is asked for; the session's bound is the same.
const maxLogin = 127

// values are what the tokens of one login stand for.
type values map[byte]string

func valuesOf(c auth.Credentials) values {
	client := c.Remote.Addr().Unmap()
	v := values{
		Login:      c.User,
		ServerIP:   c.Local.Addr().Unmap().String(),
		ServerPort: strconv.Itoa(int(c.Local.Port())),
		ClientIP:   client.String(),
		ClientIPv4: "",
	}
	if client.Is4() {
		number := client.As4()
		v[ClientIPv4] = strconv.FormatUint(uint64(binary.BigEndian.Uint32(number[:])), 10)
	}
	return v
}

// of returns the parameters of a statement.
func (v values) of(s Statement) []any {
	args := make([]any, len(s.Tokens))
	for i, token := range s.Tokens {
		args[i] = v[token]
	}
	return args
}

// askable tells whether a database may be asked for a login: the original's characters, and no blank at the end, which many
// databases do not see.
func askable(login string) bool {
	if login == "" || len(login) > maxLogin || strings.HasSuffix(login, " ") {
		return false
	}
	for i := range len(login) {
		c := login[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		digit := c >= '0' && c <= '9'
		if !letter && !digit && strings.IndexByte(" -_'.:@+", c) < 0 {
			return false
		}
	}
	return true
}
